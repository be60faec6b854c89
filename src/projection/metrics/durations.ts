import type { Interval } from "./intervals.ts";

/**
 * How long things lasted, in seconds. Averages and medians of what has finished flatter whoever is still at work:
 * `open` and `cut_short` say how many they leave out.
 */
export interface DurationFigures {
  /** Ended well or badly; what follows up to `total_seconds` is about these. */
  readonly finished: number;
  readonly average_seconds: number | null;
  readonly median_seconds: number | null;
  readonly longest_seconds: number | null;
  readonly total_seconds: number;
  /** Not ended yet, and how long they have lasted so far. */
  readonly open: number;
  readonly open_seconds: number;
  /** Begun again, or overtaken by the end of their run, before they ended; and how long they lasted until then. */
  readonly cut_short: number;
  readonly cut_short_seconds: number;
}

/** Durations as they are gathered. */
export interface Durations {
  readonly finished_ms: number[];
  open: number;
  open_ms: number;
  cut_short: number;
  cut_short_ms: number;
}

export function durations(): Durations {
  return { finished_ms: [], open: 0, open_ms: 0, cut_short: 0, cut_short_ms: 0 };
}

/** Takes note of an interval's duration; an end without a start has none. */
export function addDuration(sum: Durations, { status }: Pick<Interval, "status">, duration_ms: number): void {
  if (status === "complete" || status === "failed") sum.finished_ms.push(duration_ms);
  else if (status === "open") {
    sum.open++;
    sum.open_ms += duration_ms;
  } else if (status !== "orphan_end") {
    sum.cut_short++;
    sum.cut_short_ms += duration_ms;
  }
}

/** The figures of all of them together. */
export function durationFigures(...sums: readonly Durations[]): DurationFigures {
  const n = sums.reduce((all, { finished_ms }) => all + finished_ms.length, 0);
  const sorted = new Float64Array(n);
  let filled = 0;
  const cut = { open: 0, open_ms: 0, cut_short: 0, cut_short_ms: 0 };
  for (const sum of sums) {
    sorted.set(sum.finished_ms, filled);
    filled += sum.finished_ms.length;
    for (const key of ["open", "open_ms", "cut_short", "cut_short_ms"] as const) cut[key] += sum[key];
  }
  sorted.sort();
  const total_ms = sorted.reduce((total, one) => total + one, 0);
  return {
    finished: n,
    average_seconds: n === 0 ? null : seconds(total_ms / n),
    median_seconds: n === 0 ? null : seconds((sorted[(n - 1) >> 1]! + sorted[n >> 1]!) / 2),
    longest_seconds: n === 0 ? null : seconds(sorted[n - 1]!),
    total_seconds: seconds(total_ms),
    open: cut.open,
    open_seconds: seconds(cut.open_ms),
    cut_short: cut.cut_short,
    cut_short_seconds: seconds(cut.cut_short_ms),
  };
}

/** To the millisecond. */
export function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
