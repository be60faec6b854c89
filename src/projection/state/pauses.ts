import { normalIsoTime } from "../../event/iso-time.ts";
import type { EventOf } from "../../event/registry.ts";
import { newestOf } from "./look-back.ts";
import type { PauseState } from "./orchestration-state.ts";
import { hasEnded, reopen } from "./run-end.ts";
import { present } from "./present.ts";
import type { Reducers } from "./reducer.ts";
import { loggedSeconds, secondsBetween } from "./seconds.ts";
import type { StateEdit } from "./state-edit.ts";

export const pauseReducers: Reducers<"OrchestrationPaused" | "OrchestrationResumed"> = {
  OrchestrationPaused(edit, { event_id, timestamp, metadata }) {
    const { state } = edit;
    const begun = present({ event_id, reason: metadata.pause_reason, paused_at: timestamp });
    const over = newestOf(state.pauses).find(
      ({ paused_at, resumed_at = "" }) => paused_at === undefined && resumed_at > timestamp,
    );
    if (over?.resumed_at !== undefined) {
      // Recorded behind its own end.
      const { resumed_at } = over;
      replace(edit, over, { ...begun, resumed_at, seconds: secondsBetween(timestamp, resumed_at) });
    } else if (state.completed_at !== null) {
      if (timestamp <= state.completed_at) closeByEnd(edit, begun, state.completed_at);
    } else if (!newestOf(state.pauses).some(({ resumed_at = "" }) => resumed_at > timestamp)) {
      edit.put("pauses", begun);
      edit.set("status", "paused");
    }
  },

  OrchestrationResumed(edit, event) {
    const { state } = edit;
    const { timestamp, metadata } = event;
    const late = state.completed_at !== null && timestamp <= state.completed_at;
    endPauses(edit, event);
    if (late) return;
    if (hasEnded(state)) reopen(edit);
    edit.set("status", "in_progress");
    if (metadata.resume_phase !== undefined) edit.set("current_phase", metadata.resume_phase);
  },
};

function endPauses(edit: StateEdit, event: EventOf<"OrchestrationResumed">): void {
  const { timestamp } = event;
  const unended = newestOf(edit.state.pauses).filter(({ resumed_at }) => resumed_at === undefined);
  const earlier = unended.filter(({ paused_at = "" }) => paused_at <= timestamp);
  // The record says that it goes on, whatever the clocks say. Where pauses overlap, one begins where the other ends.
  const ended = earlier.length > 0 ? earlier : unended.filter(({ seconds }) => seconds === undefined);
  if (ended.length === 0) endUnknown(edit, event);
  for (const [index, pause] of ended.entries()) close(edit, pause, ended[index + 1]?.paused_at ?? timestamp);
}

/** Nothing is known of the pause's beginning but what the event itself says. */
function endUnknown(
  edit: StateEdit,
  { event_id, timestamp, metadata }: EventOf<"OrchestrationResumed">,
): void {
  const from = normalIsoTime(metadata.paused_at ?? "");
  const to = normalIsoTime(metadata.resumed_at ?? "") ?? timestamp;
  const told = loggedSeconds(metadata.pause_duration_seconds);
  const seconds = told ?? (from === undefined ? undefined : secondsBetween(from, to));
  const before = newestOf(edit.state.pauses).findLast((pause) => pause.resumed_at !== undefined)?.resumed_at;
  const counted =
    before !== undefined && seconds !== undefined && secondsBetween(before, timestamp) < seconds;
  const pause = present({ event_id, resumed_at: timestamp, seconds: counted ? undefined : seconds });
  replace(edit, undefined, pause);
}

/** The end of a run ends its pauses. */
export function endOpenPauses(edit: StateEdit, timestamp: string): void {
  const open = newestOf(edit.state.pauses).filter(({ resumed_at }) => resumed_at === undefined);
  for (const [index, pause] of open.entries())
    closeByEnd(edit, pause, open[index + 1]?.paused_at ?? timestamp);
}

function close(edit: StateEdit, pause: PauseState, resumed_at: string): void {
  const seconds = secondsBetween(pause.paused_at ?? resumed_at, resumed_at);
  replace(edit, edit.find("pauses", pause.event_id), { ...pause, resumed_at, seconds });
}

function closeByEnd(edit: StateEdit, pause: PauseState, timestamp: string): void {
  const seconds = secondsBetween(pause.paused_at ?? timestamp, timestamp);
  replace(edit, edit.find("pauses", pause.event_id), { ...pause, seconds });
}

function replace(edit: StateEdit, known: PauseState | undefined, pause: PauseState): void {
  if (known !== undefined && known.event_id !== pause.event_id) edit.take("pauses", known.event_id);
  edit.put("pauses", pause);
  const sum = edit.state.paused_seconds - (known?.seconds ?? 0) + (pause.seconds ?? 0);
  // Milliseconds as fractions of a second do not add up exactly.
  edit.set("paused_seconds", Math.round(Math.max(0, sum) * 1_000) / 1_000);
}
