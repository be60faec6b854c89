import type { EventOf } from "../../event/registry.ts";
import type { GapState } from "./orchestration-state.ts";
import { inline, present } from "./present.ts";
import type { Reducers } from "./reducer.ts";
import type { StateEdit } from "./state-edit.ts";

/** An escalated gap stands in two lists until it is resolved: it is open, and it is escalated. */
export const gapReducers: Reducers<"GapIdentified" | "GapResolved" | "GapEscalated"> = {
  GapIdentified(edit, event) {
    const { timestamp } = event;
    const { gap_id } = event.metadata;
    const resolved = edit.find("resolved_gaps", gap_id);
    if (resolved?.resolved_at !== undefined && timestamp <= resolved.resolved_at) {
      edit.put("resolved_gaps", {
        ...described(event),
        ...resolved,
        identified_at: first(resolved, timestamp),
      });
      return;
    }
    if (resolved !== undefined) edit.take("resolved_gaps", gap_id);
    const known = edit.find("identified_gaps", gap_id);
    putOpen(edit, { ...known, ...described(event), identified_at: first(known, timestamp) });
  },

  GapResolved(edit, { timestamp, metadata: { gap_id, resolved_by } }) {
    const open = edit.find("identified_gaps", gap_id);
    // It was found again since.
    if (open?.identified_at !== undefined && timestamp < open.identified_at) return;
    const resolved = edit.find("resolved_gaps", gap_id);
    edit.take("identified_gaps", gap_id);
    edit.take("escalated_gaps", gap_id);
    edit.take("pending_tasks", `gap ${gap_id}`);
    edit.put("resolved_gaps", {
      ...(open ?? { gap_id }),
      ...present({ resolved_at: timestamp, resolved_by }),
      ...resolved,
    });
  },

  GapEscalated(edit, { timestamp, metadata }) {
    const { gap_id, gap_type, severity, escalation_reason } = metadata;
    const escalated = present({ gap_id, gap_type, severity, escalated_at: timestamp, escalation_reason });
    const resolved = edit.find("resolved_gaps", gap_id);
    if (resolved?.resolved_at !== undefined && timestamp <= resolved.resolved_at) {
      edit.put("resolved_gaps", { ...escalated, ...resolved });
      return;
    }
    // Nobody escalates what is settled.
    if (resolved !== undefined) edit.take("resolved_gaps", gap_id);
    putOpen(edit, { ...edit.find("identified_gaps", gap_id), ...escalated });
  },
};

function described({ metadata }: EventOf<"GapIdentified">): GapState {
  const { gap_id, gap_type, severity, description, blocking } = metadata;
  return present({ gap_id, gap_type, severity, description: inline(description), blocking });
}

function first(known: GapState | undefined, timestamp: string): string {
  const { identified_at } = known ?? {};
  return identified_at !== undefined && identified_at < timestamp ? identified_at : timestamp;
}

function putOpen(edit: StateEdit, gap: GapState): void {
  const { gap_id, gap_type, description, blocking } = gap;
  edit.put("identified_gaps", gap);
  if (gap.escalated_at !== undefined) edit.put("escalated_gaps", gap);
  const known = edit.find("pending_tasks", `gap ${gap_id}`);
  if (blocking !== true) edit.take("pending_tasks", `gap ${gap_id}`);
  else {
    const task = `close gap: ${description ?? gap_type ?? gap_id}`;
    const since = known?.since ?? gap.identified_at ?? gap.escalated_at ?? "";
    edit.put("pending_tasks", { kind: "gap", ref: gap_id, task, since });
  }
}
