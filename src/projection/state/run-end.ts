import type { EventOf } from "../../event/registry.ts";
import type { OrchestrationState } from "./orchestration-state.ts";
import { loggedSeconds, secondsBetween } from "./seconds.ts";
import type { StateEdit } from "./state-edit.ts";

/** Whether the current run is over. */
export function hasEnded({ status }: OrchestrationState): boolean {
  return status === "completed" || status === "failed";
}

/** Ends the current run, unless it is known to have ended later. Says whether it did. */
export function endRun(
  edit: StateEdit,
  event: EventOf<"OrchestrationCompleted"> | EventOf<"OrchestrationFailed">,
): boolean {
  const { state } = edit;
  const { timestamp, metadata } = event;
  if (state.completed_at !== null && timestamp < state.completed_at) return false;
  edit.set("status", event.event_type === "OrchestrationCompleted" ? "completed" : "failed");
  edit.set("completed_at", timestamp);
  edit.set("current_phase", null);
  const { started_at } = state;
  const told = "duration_seconds" in metadata ? metadata.duration_seconds : undefined;
  const logged = typeof told === "number" ? loggedSeconds(told) : undefined;
  edit.set(
    "duration_seconds",
    started_at === null ? (logged ?? null) : secondsBetween(started_at, timestamp),
  );
  return true;
}

/** A run that had ended goes on. */
export function reopen(edit: StateEdit): void {
  edit.set("completed_at", null);
  edit.set("duration_seconds", null);
  dropNextActions(edit);
}

export function dropNextActions(edit: StateEdit): void {
  const actions = edit.state.pending_tasks.filter(({ kind }) => kind === "next_action");
  for (const { kind, ref } of actions) edit.take("pending_tasks", `${kind} ${ref}`);
}
