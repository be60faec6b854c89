import { NotFoundError, ValidationError, type ValidationIssue } from "../errors.ts";
import { type Actor, GLOBAL_STREAM, type JsonObject, type StoredEvent } from "../event/envelope.ts";
import { FieldReader } from "../event/envelope-rules.ts";
import { checkJsonRules } from "../event/json-rules.ts";
import { type EventOf, isEventOf, isStoreEventType } from "../event/registry.ts";
import type { EventLog, Placement } from "../log/event-log.ts";
import { storeEvent } from "../log/store-event.ts";
import type { QueryFilter } from "../query/filter.ts";

/** What voiding works with. */
export interface VoidParts {
  /** Writes the housekeeping event. */
  append(request: Parameters<EventLog["append"]>[0]): Promise<readonly Placement[]>;
  getEvent(eventId: string): Promise<StoredEvent | undefined>;
  queryEvents(filter: QueryFilter): AsyncIterable<StoredEvent>;
}

/** Why an event is void, and who says so. */
export interface VoidOptions {
  readonly why: string;
  /** Default the store itself. */
  readonly actor?: Actor | undefined;
}

/** What was voided, and by which event. */
export interface Voided {
  readonly event: StoredEvent;
  /** The StoreEventVoided that says so: its place, reason and author. */
  readonly by: {
    readonly event_id: string;
    readonly event_sequence: number;
    readonly why: string | undefined;
    readonly actor: Actor;
    readonly recorded_at: string;
  };
  /** It was void before, and nothing was written. */
  readonly already: boolean;
}

const STORE_ITSELF: Actor = { type: "system", id: "eso" };
const WHY_LENGTH_MAX = 8_192;

/**
 * Says of a wrongly logged event that it does not count: folds, queries and reports leave it out from now on. Its
 * line stays as it is.
 * @throws NotFoundError for an unknown id.
 * @throws ValidationError for the store's own housekeeping, or when no reason is given; nothing is written.
 */
export async function voidEvent(parts: VoidParts, eventId: string, options: VoidOptions): Promise<Voided> {
  const { why, actor = STORE_ITSELF } = options;
  check({ actor: { ...actor }, why });
  const event = await parts.getEvent(eventId);
  if (event === undefined) throw unknownEvent(eventId);
  if (isStoreEventType(event.event_type)) throw housekeeping(event);
  const before = await voidedBy(parts, event);
  if (before !== undefined) return { event, by: factsOf(before), already: true };
  const text = {
    type: "StoreEventVoided",
    stream: streamOf(event),
    session_id: event.session_id,
    metadata: { voided_event_id: event.event_id, why },
    actor,
  } as const;
  const [placement] = await parts.append({
    events: [storeEvent(text)],
    expectedSequence: "any",
    onDuplicate: "conflict",
  });
  if (placement === undefined) throw new Error("the engine acknowledged nothing");
  const { event_id, event_sequence, recorded_at } = placement;
  return { event, by: { event_id, event_sequence, why, actor, recorded_at }, already: false };
}

/** The first event that voids another one. */
async function voidedBy(
  parts: VoidParts,
  event: StoredEvent,
): Promise<EventOf<"StoreEventVoided"> | undefined> {
  const filter: QueryFilter = {
    issueKey: streamOf(event),
    eventTypes: "StoreEventVoided",
    includeVoided: true,
  };
  for await (const one of parts.queryEvents(filter)) {
    if (isEventOf(one, "StoreEventVoided") && one.metadata.voided_event_id === event.event_id) return one;
  }
  return undefined;
}

function factsOf(event: EventOf<"StoreEventVoided">): Voided["by"] {
  const { event_id, event_sequence, metadata, actor, recorded_at } = event;
  return { event_id, event_sequence, why: metadata.why, actor, recorded_at };
}

function streamOf(event: StoredEvent): string {
  return event.issue_key ?? GLOBAL_STREAM;
}

/** The same rules as at the door, which housekeeping does not go through. */
function check(given: JsonObject): void {
  const issues: ValidationIssue[] = [];
  const fault = checkJsonRules(given);
  if (fault !== undefined) issues.push(fault);
  const fields = new FieldReader(given, issues);
  fields.actor();
  fields.requiredText("why", WHY_LENGTH_MAX);
  const [first] = issues;
  if (first === undefined) return;
  throw new ValidationError(
    "ESO_INVALID_EVENT",
    `the event cannot be voided: ${first.path} ${first.message}`,
    {
      hint: "Say in a sentence what is wrong with the event, and who says so.",
      details: { issues },
    },
  );
}

function unknownEvent(eventId: string): NotFoundError {
  return new NotFoundError("ESO_NOT_FOUND", `there is no event ${eventId}`, {
    hint: "eso query --json shows the ids of events; give the whole id.",
    details: { what: eventId },
  });
}

function housekeeping({ event_id, event_type }: StoredEvent): ValidationError {
  const message = "is the store's own record, which cannot be voided";
  return new ValidationError("ESO_INVALID_EVENT", `${event_type} ${event_id} ${message}`, {
    hint: "An event that was voided by mistake is logged again with eso log.",
    details: { issues: [{ path: "$.event_type", message }] },
  });
}
