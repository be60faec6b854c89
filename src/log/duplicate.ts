import { isDeepStrictEqual } from "node:util";

import type { StoredEvent } from "../event/envelope.ts";
import { GIVEN, type PreparedEvent } from "../event/prepared.ts";
import { ConflictError } from "../errors.ts";
import { inputDigest, prunedInput } from "./pruned-fact.ts";

/** `given` of a first record whose bits were lost with a derived file: compare only what the newcomer gave. */
export const GIVEN_UNKNOWN = 0x8000;

const FILLABLE = [
  [GIVEN.timestamp, "timestamp"],
  [GIVEN.session_id, "session_id"],
  [GIVEN.correlation_id, "correlation_id"],
  [GIVEN.phase, "phase"],
] as const;

/** The fields whose rendered form stands in a prepared event's fragments. */
const RENDERED = [
  "causation_id",
  "actor",
  "metadata",
  "git_sha",
  "branch",
  "codebase_state",
  "traceparent",
  "idempotency_key",
  "source",
] as const;

type Rendered = Partial<Record<(typeof RENDERED)[number], unknown>>;

/** A digest of what the caller gave for a stored event, in the fields that the store never fills. */
export function storedInputDigest(stored: StoredEvent): string {
  return inputDigest(Object.fromEntries(RENDERED.map((field) => [field, stored[field]])));
}

/** What a prepared event says in the fields that the store never fills. */
export function renderedFields(event: PreparedEvent): Rendered {
  return JSON.parse(`{${`${event.actor_json}${event.body_json}`.slice(1)}}`) as Rendered;
}

/**
 * Whether a newcomer is the same append as one that was recorded before: the same given fields with the
 * same values. Fields that the store filled count as not given; an id counts only when both gave one.
 */
export function sameInput(newcomer: PreparedEvent, stored: StoredEvent, storedGiven: number): boolean {
  if (newcomer.event_type !== stored.event_type || newcomer.issue_key !== stored.issue_key) return false;
  const pruned = prunedInput(stored);
  if (pruned !== undefined) return inputDigest(renderedFields(newcomer)) === pruned;
  const bothGaveId = (newcomer.given & storedGiven & GIVEN.event_id) !== 0;
  if (bothGaveId && newcomer.event_id !== stored.event_id) return false;
  for (const [bit, field] of FILLABLE) {
    const gives = (newcomer.given & bit) !== 0;
    if (gives && newcomer[field] !== stored[field]) return false;
    if (storedGiven !== GIVEN_UNKNOWN && gives !== ((storedGiven & bit) !== 0)) return false;
  }
  const fields = renderedFields(newcomer);
  return RENDERED.every((field) => isDeepStrictEqual(fields[field], stored[field]));
}

/** The error for an id or natural key that stands for another fact already. */
export function duplicateConflict(newcomer: PreparedEvent, stored: StoredEvent): ConflictError {
  const byId = newcomer.event_id === stored.event_id;
  const what = byId ? `event_id ${newcomer.event_id}` : `idempotency_key ${newcomer.idempotency_key ?? ""}`;
  return new ConflictError(
    "ESO_CONFLICT",
    `${what} already stands for another ${stored.event_type} (${stored.issue_key ?? "global"} sequence ${stored.event_sequence}); nothing was written`,
    {
      hint: byId
        ? "Use a new event_id for a new fact; retry a lost append with exactly the input of the first try."
        : 'Use a new key for a new fact, or onDuplicate: "same-fact" to record what this sighting adds.',
      details: { stream: newcomer.stream, expected: "an unused id", actual: stored.event_id },
    },
  );
}
