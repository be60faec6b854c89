import type { MappedEvent } from "../capture/webhook/mapping.ts";
import { ConflictError, ValidationError } from "../errors.ts";
import { type EventInput, GLOBAL_STREAM } from "../event/envelope.ts";
import type { EventStore } from "../store/event-store.ts";

/** An event that was offered to the store. */
export interface Logged {
  readonly event_type: string;
  readonly issue_key: string | undefined;
  /** The fact was recorded before, by anyone. */
  readonly known: boolean;
  /** Why the store refused it; nothing was written then. */
  readonly rejection?: string;
}

const ONCE = { onDuplicate: "same-fact" } as const;

/**
 * Logs what a payload told, each fact once. Events whose payload does not name the issue go where a fact that is
 * known to belong to the same issue went.
 *
 * @throws what the store throws for anything but an event that it refuses.
 */
export async function logMapped(store: EventStore, events: readonly MappedEvent[]): Promise<Logged[]> {
  const inputs: EventInput[] = [];
  for (const event of events) inputs.push(await withIssue(store, event));
  return (await logTogether(store, inputs)) ?? (await logSingly(store, inputs));
}

/** All of them at once, or undefined when the store refuses one. */
async function logTogether(store: EventStore, inputs: readonly EventInput[]): Promise<Logged[] | undefined> {
  if (inputs.length === 0) return [];
  try {
    const acks = await store.logEvents(inputs, ONCE);
    return inputs.map((input, at) => loggedOf(input, acks[at]?.duplicate === true));
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

async function logSingly(store: EventStore, inputs: readonly EventInput[]): Promise<Logged[]> {
  const logged: Logged[] = [];
  for (const input of inputs) {
    try {
      logged.push(loggedOf(input, (await store.logEvent(input, ONCE)).duplicate));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // A fact that was told in another way, such as a test run that was taken for a check, has been told.
      const known = error instanceof ConflictError;
      logged.push({ ...loggedOf(input, known), ...(known ? {} : { rejection: error.message }) });
    }
  }
  return logged;
}

function loggedOf({ event_type, issue_key }: EventInput, known: boolean): Logged {
  return { event_type, issue_key, known };
}

function isRefusal(error: unknown): error is ValidationError | ConflictError {
  return error instanceof ValidationError || error instanceof ConflictError;
}

/** The event with its issue, if its payload or a recorded fact tells it. */
export async function withIssue(
  store: EventStore,
  { input, sameIssueAs = [] }: MappedEvent,
): Promise<EventInput> {
  if (input.issue_key !== undefined) return input;
  for (const key of sameIssueAs) {
    const stream = (await store.log.findByKey(key))?.stream;
    if (stream !== undefined && stream !== GLOBAL_STREAM) return { ...input, issue_key: stream };
  }
  return input;
}
