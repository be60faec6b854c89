import type { EventOf } from "../../event/registry.ts";
import { newestOf } from "./look-back.ts";
import { present } from "./present.ts";
import type { Reducers } from "./reducer.ts";
import type { StateEdit } from "./state-edit.ts";

/** Errors, and what was tried against them. */
export const troubleReducers: Reducers<
  "ErrorOccurred" | "RecoveryAttempted" | "RecoverySucceeded" | "RecoveryFailed"
> = {
  ErrorOccurred(edit, { event_id, timestamp, metadata }) {
    const { error_type, error_message, error_fingerprint } = metadata;
    edit.put("errors", present({ event_id, error_type, error_message, error_fingerprint, timestamp }));
  },

  RecoveryAttempted(edit, { event_id, timestamp, metadata: { recovery_from } }) {
    const over = newestOf(edit.state.recoveries).find(
      (one) =>
        one.recovery_from === recovery_from && one.attempted_at === undefined && one.timestamp > timestamp,
    );
    // A try goes by the event that began it, whenever that was recorded.
    if (over !== undefined) edit.take("recoveries", over.event_id);
    const tried = {
      recovery_from,
      status: "attempted",
      timestamp,
      ...over,
      attempted_at: timestamp,
    } as const;
    edit.put("recoveries", { ...tried, event_id });
  },

  RecoverySucceeded: (edit, event) => endRecovery(edit, event, "succeeded"),
  RecoveryFailed: (edit, event) => endRecovery(edit, event, "failed"),
};

function endRecovery(
  edit: StateEdit,
  { event_id, timestamp, metadata }: EventOf<"RecoverySucceeded"> | EventOf<"RecoveryFailed">,
  status: "succeeded" | "failed",
): void {
  const { recovery_from } = metadata;
  // One try follows on another: what ends is the last.
  const tried = newestOf(edit.state.recoveries).findLast(
    (one) => one.recovery_from === recovery_from && one.status === "attempted" && one.timestamp <= timestamp,
  );
  edit.put("recoveries", { event_id, recovery_from, ...tried, status, timestamp });
}
