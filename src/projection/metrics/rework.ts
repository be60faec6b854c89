import type { Interval } from "./intervals.ts";
import { visitsIn } from "./phase-metrics.ts";
import { rounded } from "./figures.ts";
import { type Rate, rateOf } from "./rate.ts";

/** The phases that rework shows in. */
const TEST = "TEST";
const FIX = "FIX";

/** How often work had to be done again. */
export interface ReworkFigures {
  /**
   * Of the runs that have ended and came to TEST: those whose first visit there was completed, without a test run
   * that failed and without a visit to FIX in the whole run.
   */
  readonly first_pass: Rate;
  /** Visits to TEST after a visit to FIX, in all runs, and the most in one run. */
  readonly loops: number;
  readonly most_loops: number;
  /** Runs with at least one such loop. */
  readonly runs_with_loops: number;
  readonly runs: number;
  /** Time in FIX and in second and later visits, of the active time in all phases; null when there is none. */
  readonly share: number | null;
}

/** Rework as it is gathered. */
export interface ReworkSum {
  first_pass: number;
  ended: number;
  loops: number;
  most_loops: number;
  runs_with_loops: number;
  runs: number;
  again_ms: number;
  active_ms: number;
}

export function reworkSum(): ReworkSum {
  return {
    first_pass: 0,
    ended: 0,
    loops: 0,
    most_loops: 0,
    runs_with_loops: 0,
    runs: 0,
    again_ms: 0,
    active_ms: 0,
  };
}

/** Takes note of a run; `isRed` says whether tests failed. */
export function addRework(
  sum: ReworkSum,
  run: readonly Interval[],
  isRed: (test: Interval) => boolean,
): void {
  const visits = visitsIn(run);
  if (visits.length === 0) return;
  sum.runs++;
  const loops = loopsIn(visits.map(({ name }) => name));
  sum.loops += loops;
  sum.most_loops = Math.max(sum.most_loops, loops);
  if (loops > 0) sum.runs_with_loops++;
  const seen = new Set<string>();
  for (const { name, active_ms } of visits) {
    sum.active_ms += active_ms;
    if (name === FIX || seen.has(name)) sum.again_ms += active_ms;
    seen.add(name);
  }
  const test = visits.find(({ name }) => name === TEST);
  const ended = run.some(({ kind, outcome }) => kind === "run" && outcome !== null);
  if (test === undefined || !ended) return;
  sum.ended++;
  const redWithin = run.some(
    (one) =>
      one.kind === "test" && one.ended_ms >= test.started_ms && one.ended_ms <= test.ended_ms && isRed(one),
  );
  if (test.status === "complete" && !redWithin && !seen.has(FIX)) sum.first_pass++;
}

/** How often TEST was come to after FIX. */
function loopsIn(phases: readonly string[]): number {
  let loops = 0;
  let fixed = false;
  for (const phase of phases) {
    if (phase === TEST && fixed) loops++;
    if (phase === TEST || phase === FIX) fixed = phase === FIX;
  }
  return loops;
}

export function reworkFigures(sum: ReworkSum): ReworkFigures {
  const { first_pass, ended, again_ms, active_ms, ...counts } = sum;
  return {
    first_pass: rateOf(first_pass, ended),
    ...counts,
    share: active_ms === 0 ? null : rounded(again_ms / active_ms),
  };
}
