import type { StoredEvent } from "../event/envelope.ts";
import { runEffect } from "../event/run-effect.ts";
import { nextRuns, type OpenRun } from "./run-context.ts";

/** The open runs of a stream after an event that is stored already. */
export function followRuns(runs: readonly OpenRun[], event: StoredEvent): readonly OpenRun[] {
  return nextRuns(runs, {
    sequence: event.event_sequence,
    effect: runEffect(event.event_type, event.metadata),
    correlation_id: event.correlation_id,
    session_id: event.session_id,
    phase: event.phase,
  });
}
