import type { StoredEvent } from "../../event/envelope.ts";
import { type EventOf, isEventOf, knownEvent } from "../../event/registry.ts";
import type { RunState } from "./orchestration-state.ts";
import type { StateEdit } from "./state-edit.ts";

type Changes = Partial<RunState>;

/** A run that was started before the current one, whenever that was recorded. */
export function startOther(edit: StateEdit, event: EventOf<"OrchestrationStarted">, id: string): void {
  const known = edit.find("runs", id);
  placeRun(edit, known === undefined ? startedOnly(event, id) : after(known, event));
}

function startedOnly({ session_id, timestamp }: StoredEvent, correlation_id: string): RunState {
  return {
    correlation_id,
    session_id,
    status: "in_progress",
    started_at: timestamp,
    completed_at: null,
    events: 1,
    commits: 0,
    agents: 0,
    failed_agents: 0,
    open_gaps: [],
  };
}

/** What an event changes in a run that is not the current one. */
export function applyToOther(edit: StateEdit, event: StoredEvent, run: RunState): void {
  placeRun(edit, after(run, event));
}

function after(run: RunState, event: StoredEvent): RunState {
  return { ...run, events: run.events + 1, ...changes(run, event) };
}

function changes(run: RunState, event: StoredEvent): Changes {
  if (knownEvent(event) === undefined) return {};
  const { timestamp, event_type } = event;
  const isLate = run.completed_at !== null && timestamp < run.completed_at;
  if (isEventOf(event, "GapIdentified")) return { open_gaps: withGap(run, event.metadata.gap_id) };
  if (isEventOf(event, "GapResolved")) return { open_gaps: withoutGap(run, event.metadata.gap_id) };
  switch (event_type) {
    case "OrchestrationStarted":
      return started(run, event);
    case "OrchestrationCompleted":
      return isLate ? {} : { status: "completed", completed_at: timestamp };
    case "OrchestrationFailed":
      return isLate ? {} : { status: "failed", completed_at: timestamp };
    case "OrchestrationPaused":
      return run.completed_at === null ? { status: "paused" } : {};
    case "OrchestrationResumed":
      return isLate ? {} : { status: "in_progress", completed_at: null };
    case "CommitCreated":
      return { commits: run.commits + 1 };
    case "AgentSpawned":
      return { agents: run.agents + 1 };
    case "AgentFailed":
      return { failed_agents: run.failed_agents + 1 };
    default:
      return {};
  }
}

function started(run: RunState, { timestamp, session_id }: StoredEvent): Changes {
  if (run.started_at === null) return { started_at: timestamp, session_id };
  return timestamp < run.started_at ? { started_at: timestamp } : {};
}

function withGap({ open_gaps }: RunState, gap: string): readonly string[] {
  return open_gaps.includes(gap) ? open_gaps : [...open_gaps, gap];
}

function withoutGap({ open_gaps }: RunState, gap: string): readonly string[] {
  return open_gaps.filter((open) => open !== gap);
}

/** A run that was taken up again after another one, as one. */
export function mergeRuns(earlier: RunState, later: RunState): RunState {
  return {
    ...later,
    started_at: earlier.started_at ?? later.started_at,
    events: earlier.events + later.events,
    commits: earlier.commits + later.commits,
    agents: earlier.agents + later.agents,
    failed_agents: earlier.failed_agents + later.failed_agents,
    open_gaps: [...new Set([...earlier.open_gaps, ...later.open_gaps])],
  };
}

function beginOf({ started_at, completed_at }: RunState): string {
  return started_at ?? completed_at ?? "";
}

/** Runs stand in the order of their starts. */
export function placeRun(edit: StateEdit, run: RunState): void {
  const id = run.correlation_id ?? "";
  const known = edit.find("runs", id);
  if (known !== undefined && known.started_at !== run.started_at) edit.take("runs", id);
  edit.putInOrder("runs", run, (other) => beginOf(other) > beginOf(run));
}
