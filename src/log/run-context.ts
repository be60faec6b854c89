import type { RunEffect } from "../event/prepared.ts";

/** An orchestration that has started and not ended, as far as the log knows. */
export interface OpenRun {
  readonly correlation_id: string;
  readonly session_id: string;
  readonly phase: string | null;
}

/** Forgotten beyond this many: a stream whose runs never end must not grow its head for ever. */
const OPEN_RUNS_MAX = 16;

/** The run that an event belongs to: the one it names, else the newest. */
export function runOf(runs: readonly OpenRun[], correlationId: string | undefined): OpenRun | undefined {
  if (correlationId === undefined) return runs.at(-1);
  return runs.findLast((run) => run.correlation_id === correlationId);
}

/** The stream's open runs after an event with this effect. */
export function nextRuns(runs: readonly OpenRun[], effect: RunEffect, run: OpenRun): readonly OpenRun[] {
  const others = runs.filter((open) => open.correlation_id !== run.correlation_id);
  if (effect.kind === "open") return [...others, { ...run, phase: effect.phase }].slice(-OPEN_RUNS_MAX);
  if (effect.kind === "close" || others.length === runs.length) return others;
  const { phase } = effect;
  return runs.map((open) => (open.correlation_id === run.correlation_id ? { ...open, phase } : open));
}
