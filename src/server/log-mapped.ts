import { ConflictError, ValidationError } from "../errors.ts";
import type { EventInput } from "../event/envelope.ts";
import type { MappedEvent } from "../capture/webhook/mapping.ts";
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

/**
 * Logs what a payload told, each fact once. Events whose payload does not name the issue go where a fact that is
 * known to belong to the same issue went.
 *
 * @throws what the store throws for anything but an event that it refuses.
 */
export async function logMapped(store: EventStore, events: readonly MappedEvent[]): Promise<Logged[]> {
  const logged: Logged[] = [];
  for (const event of events) logged.push(await logOne(store, await withIssue(store, event)));
  return logged;
}

async function logOne(store: EventStore, input: EventInput): Promise<Logged> {
  const { event_type, issue_key } = input;
  try {
    const { duplicate } = await store.logEvent(input, { onDuplicate: "same-fact" });
    return { event_type, issue_key, known: duplicate };
  } catch (error) {
    if (!(error instanceof ValidationError || error instanceof ConflictError)) throw error;
    return { event_type, issue_key, known: false, rejection: error.message };
  }
}

/** The event with its issue, if a recorded fact tells it. */
export async function withIssue(store: EventStore, { input, sameIssueAs = [] }: MappedEvent): Promise<EventInput> {
  if (input.issue_key !== undefined) return input;
  for (const key of sameIssueAs) {
    const line = await store.log.findByKey(key);
    const event = line && (await store.getEvent(eventIdOf(line.bytes)));
    if (event?.issue_key !== undefined) return { ...input, issue_key: event.issue_key };
  }
  return input;
}

function eventIdOf(bytes: Uint8Array): string {
  return (JSON.parse(Buffer.from(bytes).toString()) as { event_id: string }).event_id;
}
