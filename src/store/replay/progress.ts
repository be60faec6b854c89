import type { ReplayBegin, ReplayEntry, ReplayFinish } from "../../log/replay-journal.ts";

/** What became of an event so far; `started`: its handler was called, and nobody knows what came of it. */
export type KnownOutcome = "started" | "done" | "failed" | "unknown";

/** What a journal says of a replay. */
export interface ReplayProgress {
  readonly begin: ReplayBegin | undefined;
  /** By sequence. */
  readonly outcomes: ReadonlyMap<number, { readonly outcome: KnownOutcome; readonly error?: string }>;
  readonly finish: ReplayFinish | undefined;
  /** The sequence of the recorded EventsReplayed. */
  readonly markerSequence: number | undefined;
}

/** Nothing has been done yet. */
export const NO_PROGRESS: ReplayProgress = {
  begin: undefined,
  outcomes: new Map(),
  finish: undefined,
  markerSequence: undefined,
};

/** Reads a journal. */
export function progressOf(entries: readonly ReplayEntry[]): ReplayProgress {
  const outcomes = new Map<number, { outcome: KnownOutcome; error?: string }>();
  for (const entry of entries) {
    if (entry.kind === "intent") outcomes.set(entry.sequence, { outcome: "started" });
    if (entry.kind === "outcome") {
      const { sequence, outcome, error } = entry;
      outcomes.set(sequence, { outcome, ...(error === undefined ? {} : { error }) });
    }
  }
  return {
    begin: entries.find((entry) => entry.kind === "begin"),
    outcomes,
    finish: entries.findLast((entry) => entry.kind === "finish"),
    markerSequence: entries.find((entry) => entry.kind === "end")?.marker_sequence,
  };
}
