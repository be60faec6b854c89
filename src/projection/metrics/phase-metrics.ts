import type { Projection } from "../projection.ts";
import {
  addDuration,
  type DurationFigures,
  durationFigures,
  type Durations,
  durations,
} from "./durations.ts";
import { addPairing, type PairingFigures, type Pairings, pairings, rounded } from "./figures.ts";
import { type Interval, type IntervalLog, intervalLog, intervalsByRun, noteEvent } from "./intervals.ts";
import { type Rate, rateOf } from "./rate.ts";

/** What is known of the visits to a phase. Every visit counts by itself. */
export interface PhaseFigures extends PairingFigures {
  readonly phase: string;
  readonly visits: number;
  /** Visits by runs that had been in the phase before. */
  readonly revisits: number;
  readonly completed: number;
  readonly failed: number;
  readonly open: number;
  /** Begun again before they ended. */
  readonly abandoned: number;
  /** Not ended when the run was. */
  readonly truncated: number;
  readonly success: Rate;
  readonly wall: DurationFigures;
  /** Without the pauses of the run. */
  readonly active: DurationFigures;
  /** Of the active time of all phases, finished or not; null when there is none. */
  readonly share: number | null;
}

/** The way from the end of one phase to the start of the next. */
export interface HandOffFigures {
  readonly from: string;
  readonly to: string;
  readonly count: number;
  readonly average_seconds: number | null;
  readonly median_seconds: number | null;
  readonly longest_seconds: number | null;
  readonly total_seconds: number;
}

export interface PhaseMetrics {
  /** In the order in which runs first came to them. */
  readonly phases: readonly PhaseFigures[];
  /** Those that cost most time first. */
  readonly hand_offs: readonly HandOffFigures[];
  /** Phases that ended without another one after them, in runs that go on: they still wait. */
  readonly waiting: number;
  readonly runs: RunFigures;
}

/** What is known of runs as a whole. */
export interface RunFigures extends PairingFigures {
  readonly started: number;
  readonly completed: number;
  readonly failed: number;
  readonly open: number;
  readonly success: Rate;
  readonly wall: DurationFigures;
  readonly active: DurationFigures;
}

/**
 * How long phases took, how they ended, and how long the work lay between them.
 *
 * @example
 * ```ts
 * const { phases, hand_offs } = await store.project(phaseMetrics, { issueKey: "PROJ-123" });
 * for (const { phase, visits, active } of phases) console.log(phase, visits, active.median_seconds, active.open);
 * ```
 */
export const phaseMetrics: Projection<IntervalLog, PhaseMetrics> = {
  name: "phase-metrics",
  version: 1,
  initial: () => intervalLog("phase"),
  apply(log, event) {
    noteEvent(log, event);
    return log;
  },
  result: resultOf,
};

interface Sum extends Pairings {
  started: number;
  completed: number;
  failed: number;
  open: number;
  abandoned: number;
  truncated: number;
  readonly wall: Durations;
  readonly active: Durations;
}

interface PhaseSum extends Sum {
  revisits: number;
  /** How early in a run it comes, summed over runs, and in how many. */
  places: number;
  placed: number;
}

function emptySum(): Sum {
  const counts = { started: 0, completed: 0, failed: 0, open: 0, abandoned: 0, truncated: 0 };
  return { ...pairings(), ...counts, wall: durations(), active: durations() };
}

function resultOf(log: IntervalLog): PhaseMetrics {
  const runs = emptySum();
  const phases = new Map<string, PhaseSum>();
  const handOffs = new Map<string, HandOff>();
  let waiting = 0;
  for (const intervals of intervalsByRun(log)) {
    const visits = visitsIn(intervals);
    const run = intervals.filter(({ kind }) => kind === "run");
    for (const one of run) add(runs, one);
    addVisits(phases, visits);
    for (const one of intervals)
      if (one.kind === "phase" && one.started_ms === null) add(sumOf(phases, one.name), one);
    const last = addHandOffs(handOffs, visits);
    if (last !== undefined && last.outcome !== null && run.some(({ status }) => status === "open")) waiting++;
  }
  return {
    phases: figuresOf(phases),
    hand_offs: [...handOffs.values()].map(handOffFigures).sort(mostFirst),
    waiting,
    runs: runFigures(runs),
  };
}

/** The visits to phases whose start is known, in the order in which they began. */
export function visitsIn(intervals: readonly Interval[]): (Interval & { started_ms: number })[] {
  return intervals
    .filter(
      (one): one is Interval & { started_ms: number } => one.kind === "phase" && one.started_ms !== null,
    )
    .sort((a, b) => a.started_ms - b.started_ms || a.ended_ms - b.ended_ms || (a.name < b.name ? -1 : 1));
}

function sumOf(phases: Map<string, PhaseSum>, name: string): PhaseSum {
  const sum = phases.get(name) ?? { ...emptySum(), revisits: 0, places: 0, placed: 0 };
  phases.set(name, sum);
  return sum;
}

function addVisits(phases: Map<string, PhaseSum>, visits: readonly Interval[]): void {
  const seen = new Set<string>();
  for (const visit of visits) {
    const sum = sumOf(phases, visit.name);
    add(sum, visit);
    if (seen.has(visit.name)) sum.revisits++;
    else {
      sum.places += seen.size;
      sum.placed++;
    }
    seen.add(visit.name);
  }
}

function add(sum: Sum, interval: Interval): void {
  const { status, outcome, wall_ms, active_ms } = interval;
  if (status !== "orphan_end") sum.started++;
  if (outcome === "complete") sum.completed++;
  else if (outcome === "failed") sum.failed++;
  else if (status === "open" || status === "abandoned" || status === "truncated") sum[status]++;
  addDuration(sum.wall, interval, wall_ms);
  addDuration(sum.active, interval, active_ms);
  addPairing(sum, interval);
}

interface HandOff {
  readonly from: string;
  readonly to: string;
  readonly waits: Durations;
}

/** Notes the waits between visits; gives the visit after which none began. */
function addHandOffs(
  handOffs: Map<string, HandOff>,
  visits: readonly (Interval & { started_ms: number })[],
): Interval | undefined {
  let last: Interval | undefined;
  for (const [at, visit] of visits.entries()) {
    if (visit.outcome === null) continue;
    let after = at + 1;
    while (after < visits.length && visits[after]!.started_ms < visit.ended_ms) after++;
    const next = visits[after];
    if (next === undefined) last = visit;
    // An implied start says that the phase was handed over, not when somebody took it up.
    if (next === undefined || next.implied) continue;
    const key = JSON.stringify([visit.name, next.name]);
    const known = handOffs.get(key) ?? { from: visit.name, to: next.name, waits: durations() };
    handOffs.set(key, known);
    addDuration(known.waits, { status: "complete" }, next.started_ms - visit.ended_ms);
  }
  return visits.some(({ status }) => status === "open") ? undefined : last;
}

function mostFirst(a: HandOffFigures, b: HandOffFigures): number {
  const [one, other] = [a, b].map(({ from, to }) => JSON.stringify([from, to])) as [string, string];
  return b.total_seconds - a.total_seconds || b.count - a.count || (one < other ? -1 : 1);
}

function handOffFigures({ from, to, waits }: HandOff): HandOffFigures {
  const { finished, average_seconds, median_seconds, longest_seconds, total_seconds } =
    durationFigures(waits);
  return { from, to, count: finished, average_seconds, median_seconds, longest_seconds, total_seconds };
}

function figuresOf(phases: ReadonlyMap<string, PhaseSum>): PhaseFigures[] {
  const spent = [...phases.values()].map(({ active }) => spentMs(active));
  const all_ms = spent.reduce((total, one) => total + one, 0);
  const place = ({ places, placed }: PhaseSum): number => (placed === 0 ? Number.MAX_VALUE : places / placed);
  return [...phases]
    .sort(([a, one], [b, other]) => place(one) - place(other) || (a < b ? -1 : 1))
    .map(([phase, sum]) => {
      const { started, wall, active, places: _, placed: __, ...counts } = sum;
      return {
        phase,
        visits: started,
        ...counts,
        success: rateOf(sum.completed, sum.completed + sum.failed),
        wall: durationFigures(wall),
        active: durationFigures(active),
        share: all_ms === 0 ? null : rounded(spentMs(active) / all_ms),
      };
    });
}

/** All time, whatever became of it. */
function spentMs({ finished_ms, open_ms, cut_short_ms }: Durations): number {
  return finished_ms.reduce((total, one) => total + one, open_ms + cut_short_ms);
}

function runFigures(sum: Sum): RunFigures {
  const { abandoned: _, truncated: __, wall, active, ...counts } = sum;
  return {
    ...counts,
    success: rateOf(sum.completed, sum.completed + sum.failed),
    wall: durationFigures(wall),
    active: durationFigures(active),
  };
}
