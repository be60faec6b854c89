import type { EventOf } from "../../event/registry.ts";
import type { OrchestrationState, PhaseVisit } from "./orchestration-state.ts";
import type { Reducers } from "./reducer.ts";
import { hasEnded } from "./run-end.ts";
import type { StateEdit } from "./state-edit.ts";

type Ended = EventOf<"PhaseCompleted"> | EventOf<"PhaseFailed">;

export const phaseReducers: Reducers<"PhaseStarted" | "PhaseCompleted" | "PhaseFailed"> = {
  PhaseStarted(edit, { timestamp, metadata: { phase } }) {
    const { state } = edit;
    const last = lastVisit(state, phase);
    if (last?.ended_at !== undefined && timestamp < last.ended_at) {
      healStart(edit, phase, timestamp);
      return;
    }
    if (last?.status === "open")
      edit.put("phases", { ...last, started_at: earlier(last.started_at, timestamp) });
    else edit.put("phases", { phase, visit: next(last), status: "open", started_at: timestamp });
    if (!hasEnded(state)) edit.set("current_phase", phase);
  },

  PhaseCompleted(edit, event) {
    const { phase, next_phase } = event.metadata;
    const isLate = isBehind(edit.state, event);
    endVisit(edit, event, "completed");
    edit.put("completed_phases", phase);
    if (!isLate && !hasEnded(edit.state)) edit.set("current_phase", next_phase ?? null);
  },

  // The run stays in a phase that failed until it is told to go elsewhere: it may try again.
  PhaseFailed: (edit, event) => endVisit(edit, event, "failed"),
};

/** The run is known to have gone on to another phase after this event. */
function isBehind({ current_phase, phases }: OrchestrationState, { timestamp, metadata }: Ended): boolean {
  if (current_phase === null || current_phase === metadata.phase) return false;
  const visit = phases.findLast(({ phase }) => phase === current_phase);
  return visit?.started_at !== undefined && visit.started_at > timestamp;
}

function endVisit(
  edit: StateEdit,
  { timestamp, metadata: { phase } }: Ended,
  status: "completed" | "failed",
): void {
  const last = lastVisit(edit.state, phase);
  const isRepeated = last?.ended_at !== undefined && timestamp <= last.ended_at;
  if (isRepeated) return;
  // What failed and then succeeds without a new start was tried again.
  const isSame = last?.status === "open" || last?.status === "failed";
  const visit = isSame ? last : { phase, visit: next(last) };
  edit.put("phases", { ...visit, status, ended_at: timestamp });
}

/** A start recorded behind the end of its visit. */
function healStart(edit: StateEdit, phase: string, timestamp: string): void {
  const visit = edit.state.phases.find(
    (one) => one.phase === phase && one.ended_at !== undefined && timestamp < one.ended_at,
  );
  if (visit !== undefined && visit.started_at === undefined)
    edit.put("phases", { ...visit, started_at: timestamp });
}

function lastVisit({ phases }: OrchestrationState, phase: string): PhaseVisit | undefined {
  return phases.findLast((visit) => visit.phase === phase);
}

function next(last: PhaseVisit | undefined): number {
  return (last?.visit ?? 0) + 1;
}

function earlier(known: string | undefined, timestamp: string): string {
  return known !== undefined && known < timestamp ? known : timestamp;
}
