import type { StoredEvent } from "../../event/envelope.ts";
import { addMark, marksByStream, type MarkTable, markTable, type RunKey } from "./mark-table.ts";
import { type IntervalKind, marksOf } from "./marks.ts";
import { groupedBy, type Mark, pairAcrossRuns, pairMarks, type Pair } from "./pairing.ts";

/**
 * How an interval stands: it ended well or badly; the same began again; its run ended first; nothing is known of its
 * end; or nothing is known of its start.
 */
export type IntervalStatus = "complete" | "failed" | "abandoned" | "truncated" | "open" | "orphan_end";

/** Something that lasted, within a run of a stream. */
export interface Interval {
  readonly kind: IntervalKind;
  readonly stream: string;
  /** The run; null for events of no run. */
  readonly correlation_id: string | null;
  /** Agent, phase, gap, suite, type of check, what is recovered from; the run's id; "" for a pause. */
  readonly name: string;
  /** The model of an agent, or the agent that checks. */
  readonly tag: string | undefined;
  readonly status: IntervalStatus;
  /** What its end said; null without one. */
  readonly outcome: "complete" | "failed" | null;
  /** Epoch milliseconds; null for an end without a start. */
  readonly started_ms: number | null;
  /** Epoch milliseconds: the end, or until when it is known to have lasted. */
  readonly ended_ms: number;
  readonly wall_ms: number;
  /** Without the run's pauses. */
  readonly active_ms: number;
  /** The end was found by order, not by an id. */
  readonly inferred: boolean;
  /** There was more than one start that the end could have meant. */
  readonly ambiguous: boolean;
  /** The end's clock said less than the start's; the duration counts as 0. */
  readonly clock_skew: boolean;
  /** The start is what another event implied. */
  readonly implied: boolean;
  /** What the fold said when it noted the two events. */
  readonly start: number | undefined;
  readonly end: number | undefined;
}

/** Starts and ends as a fold gathers them. All are kept, since a record that changes things may come late. */
export interface IntervalLog {
  readonly kinds: ReadonlySet<IntervalKind>;
  readonly marks: MarkTable;
  /** The greatest moment seen, epoch milliseconds. */
  last_ms: number;
}

/** A log without events; runs and pauses are always noted, since the others depend on them. */
export function intervalLog(...kinds: readonly IntervalKind[]): IntervalLog {
  const all = new Set<IntervalKind>(["run", "pause", ...kinds]);
  return { kinds: all, marks: markTable(), last_ms: Number.NEGATIVE_INFINITY };
}

/** Notes an event; `extra`, a number from 1 on, comes back as the interval's `start` or `end`. */
export function noteEvent(log: IntervalLog, event: StoredEvent, extra?: number): void {
  const at_ms = Date.parse(event.timestamp);
  log.last_ms = Math.max(log.last_ms, at_ms);
  for (const text of marksOf(event)) {
    if (log.kinds.has(text.kind)) addMark(log.marks, text, { event, at_ms, extra });
  }
}

/**
 * Every interval that starts and ends make up, as of a moment: default the greatest one seen. The one place where
 * they are made, for all metrics. The order in which the events were recorded does not matter, but where clocks
 * disagree.
 */
export function* constructIntervals(
  log: IntervalLog,
  asOf_ms = log.last_ms,
): Generator<Interval, void, undefined> {
  for (const run of intervalsByRun(log, asOf_ms)) yield* run;
}

/** The same, all of one run at a time. */
export function* intervalsByRun(
  log: IntervalLog,
  asOf_ms = log.last_ms,
): Generator<readonly Interval[], void, undefined> {
  for (const runs of marksByStream(log.marks)) {
    const pairs = pairsOf(runs);
    const frames = framesOf(runs, pairs, asOf_ms);
    for (const [run, placed] of groupedBy(pairs, ({ run }) => run)) {
      const [frame, marks] = [frames.get(run)!, runs.get(run)!];
      yield placed.flatMap(({ pair }) => (isFaded(pair, marks) ? [] : [intervalOf(pair, frame, asOf_ms)]));
    }
  }
}

interface Placed {
  readonly run: RunKey;
  readonly pair: Pair;
}

type Runs = ReadonlyMap<RunKey, readonly Mark[]>;

function pairsOf(runs: Runs): Placed[] {
  const placed: Placed[] = [];
  const left = new Map<Mark, RunKey>();
  for (const [run, own] of runs) {
    const byKind = groupedBy(own, ({ kind }) => kind);
    for (const pair of [...byKind.values()].flatMap((marks) => pairMarks(marks))) {
      if (runs.size === 1 || !isHalf(pair)) placed.push({ run, pair });
      else left.set((pair.start ?? pair.end)!, run);
    }
  }
  for (const marks of groupedBy(left.keys(), ({ kind }) => kind).values()) {
    for (const { again_ms: _, ...pair } of pairAcrossRuns(marks)) {
      placed.push({ run: left.get((pair.start ?? pair.end)!)!, pair });
    }
  }
  return placed;
}

function isHalf({ start, end, again_ms }: Pair): boolean {
  return again_ms === undefined && (start === undefined || end === undefined);
}

/** Whether a phase was only announced, and the run went on with another one. */
function isFaded({ start, end }: Pair, marks: readonly Mark[]): boolean {
  if (start?.implied !== true || end !== undefined) return false;
  return marks.some(
    ({ kind, name, at_ms, sequence }) =>
      kind === "phase" &&
      name !== start.name &&
      (at_ms > start.at_ms || (at_ms === start.at_ms && sequence > start.sequence)),
  );
}

/** What the intervals of a run are seen against. */
interface Frame extends RunKey {
  /** When the run ended, in order. */
  readonly ends_ms: readonly number[];
  readonly pauses: (readonly [from_ms: number, to_ms: number])[];
}

function framesOf(runs: Runs, pairs: readonly Placed[], asOf_ms: number): ReadonlyMap<RunKey, Frame> {
  const frames = new Map<RunKey, Frame>();
  for (const [run, marks] of runs) {
    const ends = marks.filter(({ kind, edge }) => kind === "run" && edge !== "start");
    const ends_ms = ends.map(({ at_ms }) => at_ms).sort((a, b) => a - b);
    frames.set(run, { ...run, ends_ms, pauses: [] });
  }
  for (const { run, pair } of pairs) {
    const frame = frames.get(run)!;
    if (pair.start?.kind !== "pause") continue;
    frame.pauses.push([pair.start.at_ms, spanOf(pair, frame, asOf_ms).ended_ms]);
  }
  return frames;
}

type Span = Pick<Interval, "status" | "ended_ms">;

/** How an interval stands and until when it is known to have lasted. */
function spanOf({ start, end, again_ms }: Pair, { ends_ms }: Frame, asOf_ms: number): Span {
  if (start === undefined) return { status: "orphan_end", ended_ms: end?.at_ms ?? asOf_ms };
  if (end !== undefined)
    return { status: end.edge === "failed" ? "failed" : "complete", ended_ms: end.at_ms };
  const runEnd_ms = ends_ms.find((at_ms) => at_ms >= start.at_ms);
  if (again_ms !== undefined && again_ms <= (runEnd_ms ?? again_ms))
    return { status: "abandoned", ended_ms: again_ms };
  if (runEnd_ms !== undefined) return { status: "truncated", ended_ms: runEnd_ms };
  return { status: "open", ended_ms: Math.max(asOf_ms, start.at_ms) };
}

function intervalOf(pair: Pair, frame: Frame, asOf_ms: number): Interval {
  const { start, end, inferred = false, ambiguous = false } = pair;
  const { kind, name, tag } = (start ?? end)!;
  const { status, ended_ms } = spanOf(pair, frame, asOf_ms);
  const started_ms = start?.at_ms ?? null;
  const from_ms = started_ms ?? ended_ms;
  const wall_ms = Math.max(0, ended_ms - from_ms);
  return {
    kind,
    stream: frame.stream,
    correlation_id: frame.correlation_id,
    name,
    tag: tag ?? end?.tag,
    status,
    outcome: end === undefined ? null : end.edge === "failed" ? "failed" : "complete",
    started_ms,
    ended_ms,
    wall_ms,
    active_ms: wall_ms - pausedBetween(frame, from_ms, ended_ms),
    inferred,
    ambiguous,
    clock_skew: ended_ms < from_ms,
    implied: start?.implied ?? false,
    start: start?.extra,
    end: end?.extra,
  };
}

/** Pauses of a run follow one another, so their parts add up. */
function pausedBetween({ pauses }: Frame, from_ms: number, to_ms: number): number {
  let paused_ms = 0;
  for (const [pausedFrom_ms, pausedTo_ms] of pauses) {
    paused_ms += Math.max(0, Math.min(to_ms, pausedTo_ms) - Math.max(from_ms, pausedFrom_ms));
  }
  return paused_ms;
}
