import type { StoredEvent } from "../../event/envelope.ts";
import { isEventOf, isStoreEventType, knownEvent } from "../../event/registry.ts";
import type { Projection } from "../projection.ts";
import { unblockRun } from "./agents.ts";
import { notStarted, type OrchestrationState } from "./orchestration-state.ts";
import { applyToOther } from "./other-runs.ts";
import { reducerOf } from "./reducers.ts";
import { startRun } from "./runs.ts";
import { StateEdit, type Touched } from "./state-edit.ts";

/** Raised whenever the same events would give another state: snapshots of an older one are made anew. */
export const STATE_VERSION = 1;

/**
 * Changes a state by one event; `touched` is told of every place that changes. Never fails: what an event leaves
 * open stays open, and types that are not known, or newer than what is known of them, only count.
 */
export function applyEvent(state: OrchestrationState, event: StoredEvent, touched?: Touched): void {
  const edit = new StateEdit(state, touched);
  edit.set("exists", true);
  edit.set("last_sequence", event.event_sequence);
  edit.set("last_timestamp", event.timestamp);
  if (isStoreEventType(event.event_type)) return;
  if (isEventOf(event, "OrchestrationStarted")) {
    startRun(edit, event);
    nameIssue(edit, event);
    return;
  }
  const { correlation_id } = event;
  const isNamed = correlation_id !== undefined && correlation_id !== state.correlation_id;
  const other = isNamed ? edit.find("runs", correlation_id) : undefined;
  if (other === undefined) applyToCurrent(edit, event);
  else applyToOther(edit, event, other);
}

function applyToCurrent(edit: StateEdit, event: StoredEvent): void {
  const { state } = edit;
  edit.set("events", state.events + 1);
  const reduce = knownEvent(event) === undefined ? undefined : reducerOf(event.event_type);
  if (reduce === undefined) return;
  if (state.session_id === null) edit.set("session_id", event.session_id);
  if (state.status === "not_started" && event.correlation_id !== undefined)
    edit.set("correlation_id", event.correlation_id);
  nameIssue(edit, event);
  unblockRun(edit, event);
  reduce(edit, event);
}

function nameIssue(edit: StateEdit, { issue_key }: StoredEvent): void {
  if (edit.state.issue_key === null && issue_key !== undefined) edit.set("issue_key", issue_key);
}

/** The state of an issue's work, folded from its stream. */
export const orchestrationState: Projection<OrchestrationState> = {
  name: "orchestration-state",
  version: STATE_VERSION,
  initial: () => notStarted(null),
  apply(state, event) {
    applyEvent(state, event);
    return state;
  },
  result: (state) => state,
};
