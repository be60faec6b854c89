import { NotFoundError } from "../errors.ts";
import { GLOBAL_STREAM, type JsonObject, type StoredEvent } from "../event/envelope.ts";
import { isEventOf } from "../event/registry.ts";
import { type EventRef, refOf } from "../projection/diff/event-ref.ts";
import type { StateChange } from "../projection/diff/state-change.ts";
import { stateChanges } from "../projection/diff/state-changes.ts";
import type { OrchestrationState } from "../projection/state/orchestration-state.ts";
import { type Cause, causesOf, type Effect, effectsOf } from "./causes.ts";
import type { Past, PastOptions } from "./past.ts";

/** What was said later about an event. */
export interface EventAmendment {
  readonly kind: "voided" | "completed";
  readonly by: EventRef;
  /** Why it is void. */
  readonly why?: string;
  /** What was added. */
  readonly adds?: JsonObject;
}

/** Why an event happened, and what came of it. */
export interface Explanation {
  /** As it is stored. */
  readonly event: StoredEvent;
  readonly summary: string;
  /** What it goes back to, nearest cause first. */
  readonly causes: readonly Cause[];
  /** What goes back to it. */
  readonly effects: readonly Effect[];
  /** Effects that are left out. */
  readonly more_effects: number;
  /** What was going on just before, as far as it had been recorded. */
  readonly at_the_time: Pick<OrchestrationState, "current_phase" | "active_agents" | "blocked_agents">;
  /** The state behind the event before it. */
  readonly state_before: OrchestrationState;
  /** What it changed in the state. */
  readonly changes: readonly StateChange[];
  readonly amendments: readonly EventAmendment[];
}

/**
 * An event with its causes, its effects, and the state around it. Links that events do not name themselves are
 * inferred from what they are about, and marked so.
 * @throws NotFoundError for an unknown id.
 */
export async function explain(past: Past, eventId: string, options: PastOptions = {}): Promise<Explanation> {
  const event = await past.getEvent(eventId);
  if (event === undefined) {
    throw new NotFoundError("ESO_NOT_FOUND", `there is no event ${eventId}`, {
      hint: "eso query finds events and shows their ids.",
      details: { what: eventId },
    });
  }
  const stream = event.issue_key ?? GLOBAL_STREAM;
  const stateAt = (sequence: number): Promise<OrchestrationState> =>
    past.history.stateAt(stream, { kind: "sequence", sequence }, options);
  const before = await stateAt(event.event_sequence - 1);
  const after = await stateAt(event.event_sequence);
  const { effects, more } = await effectsOf(past, event, options);
  const { current_phase, active_agents, blocked_agents } = before;
  return {
    event,
    summary: refOf(event).summary,
    causes: await causesOf(past, event, options),
    effects,
    more_effects: more,
    at_the_time: { current_phase, active_agents, blocked_agents },
    state_before: before,
    changes: stateChanges(before, after),
    amendments: await amendmentsOf(past, event, options),
  };
}

async function amendmentsOf(past: Past, event: StoredEvent, options: PastOptions): Promise<EventAmendment[]> {
  const issueKey = event.issue_key ?? GLOBAL_STREAM;
  const amendments: EventAmendment[] = [];
  const eventTypes = ["StoreEventVoided", "StoreFactSeen"];
  for await (const one of past.queryEvents({ issueKey, eventTypes }, options)) {
    if (isEventOf(one, "StoreEventVoided") && one.metadata.voided_event_id === event.event_id) {
      const { why } = one.metadata;
      amendments.push({ kind: "voided", by: refOf(one), ...(why === undefined ? {} : { why }) });
    } else if (isEventOf(one, "StoreFactSeen") && one.metadata.fact === event.event_id) {
      const { adds } = one.metadata;
      amendments.push({ kind: "completed", by: refOf(one), ...(adds === undefined ? {} : { adds }) });
    }
  }
  return amendments;
}
