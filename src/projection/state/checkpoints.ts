import type { EventOf } from "../../event/registry.ts";
import { inline, present } from "./present.ts";
import type { Reducers } from "./reducer.ts";
import type { StateEdit } from "./state-edit.ts";

type Summary = EventOf<"PhaseSummaryCreated"> | EventOf<"OrchestrationSummaryCreated">;

/** Marks in the history: points to go back to, and what happened until then in short. */
export const checkpointReducers: Reducers<
  "CheckpointCreated" | "CheckpointRestored" | "PhaseSummaryCreated" | "OrchestrationSummaryCreated"
> = {
  CheckpointCreated(edit, { timestamp, metadata }) {
    const { checkpoint_id, checkpoint_phase: phase, checkpoint_reason: reason, git_sha } = metadata;
    const known = edit.find("checkpoints", checkpoint_id);
    const created = present({ checkpoint_id, phase, reason, git_sha, created_at: timestamp });
    const isNews = known?.created_at === undefined || known.created_at <= timestamp;
    edit.put("checkpoints", isNews ? { ...known, ...created } : { ...created, ...known });
  },

  // The work goes on from there; what was done is not undone in the record.
  CheckpointRestored(edit, { timestamp, metadata: { checkpoint_id } }) {
    const known = edit.find("checkpoints", checkpoint_id);
    if (known?.restored_at !== undefined && known.restored_at > timestamp) return;
    edit.put("checkpoints", { checkpoint_id, ...known, restored_at: timestamp });
  },

  PhaseSummaryCreated: (edit, event) => putSummary(edit, event, event.metadata.phase),
  OrchestrationSummaryCreated: (edit, event) => putSummary(edit, event, undefined),
};

function putSummary(edit: StateEdit, { event_id, metadata }: Summary, phase: string | undefined): void {
  const { from_sequence, to_sequence, text } = metadata;
  edit.put("summaries", present({ event_id, phase, from_sequence, to_sequence, text: inline(text) }));
}
