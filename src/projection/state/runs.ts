import type { EventOf } from "../../event/registry.ts";
import { notStarted, type ListKey, type OrchestrationState, type RunState } from "./orchestration-state.ts";
import { mergeRuns, placeRun, startOther } from "./other-runs.ts";
import { endOpenPauses, pauseReducers } from "./pauses.ts";
import type { Reducers } from "./reducer.ts";
import { dropNextActions, endRun, reopen } from "./run-end.ts";
import { secondsBetween } from "./seconds.ts";
import type { StateEdit } from "./state-edit.ts";

type Started = EventOf<"OrchestrationStarted">;

/** The lists that begin anew with a run. */
const LISTS_OF_RUN = Object.entries(notStarted(null))
  .filter(([key, value]) => Array.isArray(value) && key !== "runs")
  .map(([key]) => key as ListKey);

export const runReducers: Reducers<
  | "OrchestrationStarted"
  | "OrchestrationCompleted"
  | "OrchestrationFailed"
  | "OrchestrationPaused"
  | "OrchestrationResumed"
> = {
  ...pauseReducers,
  OrchestrationStarted: heal,

  OrchestrationCompleted(edit, event) {
    if (!endRun(edit, event)) return;
    endOpenPauses(edit, event.timestamp);
    dropNextActions(edit);
  },

  OrchestrationFailed(edit, event) {
    if (!endRun(edit, event)) return;
    endOpenPauses(edit, event.timestamp);
    for (const action of event.metadata.next_actions ?? [])
      edit.put("pending_tasks", { kind: "next_action", ref: action, task: action, since: event.timestamp });
  },
};

/** Opens a run, or tells more of one that is known. */
export function startRun(edit: StateEdit, event: Started): void {
  const { state } = edit;
  const id = event.correlation_id ?? event.event_id;
  if (isStartOf(state, event, id)) {
    edit.set("events", state.events + 1);
    heal(edit, event);
  } else if (state.started_at !== null && event.timestamp < state.started_at) startOther(edit, event, id);
  else {
    shelve(edit);
    open(edit, event, id);
  }
}

/** Whether the start belongs to what is there already. */
function isStartOf(state: OrchestrationState, { timestamp }: Started, id: string): boolean {
  if (state.correlation_id !== null) return state.correlation_id === id;
  return state.started_at === null && state.completed_at !== null && timestamp <= state.completed_at;
}

/** A start recorded behind other events of its run, or a run that is started once more. */
function heal(edit: StateEdit, { event_id, correlation_id, session_id, timestamp, metadata }: Started): void {
  const { state } = edit;
  const isFirst = state.started_at === null;
  edit.set("correlation_id", correlation_id ?? event_id);
  if (isFirst) edit.set("session_id", session_id);
  if (state.started_at === null || timestamp < state.started_at) edit.set("started_at", timestamp);
  const goesOn = state.completed_at !== null && timestamp > state.completed_at;
  if (goesOn) reopen(edit);
  if (state.completed_at !== null) {
    edit.set("duration_seconds", secondsBetween(state.started_at ?? timestamp, state.completed_at));
    return;
  }
  if (state.status !== "paused") edit.set("status", "in_progress");
  if (goesOn || (isFirst && state.phases.length === 0 && state.current_phase === null))
    edit.set("current_phase", metadata.initial_phase);
}

/** Moves the current run among the others; what was done without a run is left behind. */
function shelve(edit: StateEdit): void {
  const { state } = edit;
  if (state.status === "not_started") return;
  const run = inShort(state);
  const known = edit.find("runs", run.correlation_id ?? "");
  placeRun(edit, known === undefined ? run : mergeRuns(known, run));
}

function inShort(state: OrchestrationState): RunState {
  const ended = state.completed_agents.length + state.failed_agents.length;
  return {
    correlation_id: state.correlation_id,
    session_id: state.session_id,
    status: state.status,
    started_at: state.started_at,
    completed_at: state.completed_at,
    events: state.events,
    commits: state.commits.length,
    agents: state.active_agents.length + state.blocked_agents.length + ended,
    failed_agents: state.failed_agents.length,
    open_gaps: state.identified_gaps.map(({ gap_id }) => gap_id),
  };
}

function open(edit: StateEdit, { session_id, timestamp, metadata }: Started, id: string): void {
  for (const key of LISTS_OF_RUN) edit.clear(key);
  edit.set("correlation_id", id);
  edit.set("session_id", session_id);
  edit.set("status", "in_progress");
  edit.set("current_phase", metadata.initial_phase);
  edit.set("started_at", timestamp);
  edit.set("completed_at", null);
  edit.set("duration_seconds", null);
  edit.set("paused_seconds", 0);
  edit.set("worklog_seconds", 0);
  edit.set("events", 1);
}
