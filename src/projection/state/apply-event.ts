import type { StoredEvent } from "../../event/envelope.ts";
import type { Projection } from "../projection.ts";
import { notStarted, type OrchestrationState } from "./orchestration-state.ts";
import { StateEdit, type Touched } from "./state-edit.ts";

/** Raised whenever the same events would give another state: snapshots of an older one are made anew. */
export const STATE_VERSION = 1;

/** Changes a state by one event; `touched` is told of every place that changes. */
export function applyEvent(state: OrchestrationState, event: StoredEvent, touched?: Touched): void {
  const edit = new StateEdit(state, touched);
  edit.set("exists", true);
  edit.set("last_sequence", event.event_sequence);
  edit.set("last_timestamp", event.timestamp);
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
