import type { JsonObject, StoredEvent } from "../../event/envelope.ts";
import { fold } from "../projection.ts";
import { orchestrationState } from "./apply-event.ts";
import type { OrchestrationState } from "./orchestration-state.ts";

/** An event in short: what a test is about, and what differs from the usual. */
export type Given = readonly [
  type: string,
  clock: string,
  metadata?: JsonObject,
  rest?: Partial<Pick<StoredEvent, "event_id" | "correlation_id" | "causation_id" | "session_id" | "actor">>,
];

/** A moment of the tests' day, `10:05` or `10:05:30.250`. */
export function at(clock: string): string {
  return new Date(`2026-03-02T${clock}${clock.length === 5 ? ":00" : ""}Z`).toISOString();
}

/** Stored events in the order given; their ids are `e1`, `e2` and so on. */
export function given(...events: readonly Given[]) {
  const stored = events.map(([event_type, clock, metadata = {}, rest = {}], index): StoredEvent => ({
    event_id: `e${index + 1}`,
    event_type,
    event_version: "1.0.0",
    timestamp: at(clock),
    event_sequence: index + 1,
    issue_key: "PROJ-1",
    session_id: "session",
    actor: { type: "system", id: "test" },
    metadata,
    recorded_at: at("12:00"),
    position: index + 1,
    prev_hash: "0".repeat(64),
    ...rest,
  }));
  return { events: stored, state: (): OrchestrationState => fold(orchestrationState, stored) };
}
