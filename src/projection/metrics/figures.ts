import type { Json } from "../../event/envelope.ts";
import type { Interval } from "./intervals.ts";

/** How sure starts and ends are of one another. */
export interface PairingFigures {
  /** Paired by order of time for want of an id. */
  readonly inferred: number;
  /** Of these, how many could have been paired otherwise. */
  readonly ambiguous: number;
  /** Ends without a start: counted as ends, left out of durations. */
  readonly unmatched_ends: number;
  /** Ends that lie before their start; their duration counts as 0. */
  readonly clock_skew: number;
}

/** Pairings as they are gathered. */
export type Pairings = { -readonly [K in keyof PairingFigures]: number };

export function pairings(): Pairings {
  return { inferred: 0, ambiguous: 0, unmatched_ends: 0, clock_skew: 0 };
}

export function addPairing(sum: Pairings, interval: Interval): void {
  if (interval.inferred) sum.inferred++;
  if (interval.ambiguous) sum.ambiguous++;
  if (interval.clock_skew) sum.clock_skew++;
  if (interval.status === "orphan_end") sum.unmatched_ends++;
}

/** What numbers in a row come to. */
export interface ScoreFigures {
  readonly n: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** The first and the newest one. */
  readonly first: number;
  readonly last: number;
}

/** Numbers as they are gathered, each with its moment. */
export interface Scores {
  n: number;
  sum: number;
  min: number;
  max: number;
  first: number;
  first_ms: number;
  last: number;
  last_ms: number;
}

/** Takes note of a number. */
export function addScore(scores: Scores | undefined, value: number, at_ms: number): Scores {
  if (scores === undefined)
    return {
      n: 1,
      sum: value,
      min: value,
      max: value,
      first: value,
      first_ms: at_ms,
      last: value,
      last_ms: at_ms,
    };
  scores.n++;
  scores.sum += value;
  scores.min = Math.min(scores.min, value);
  scores.max = Math.max(scores.max, value);
  // At one moment the values decide: whatever was recorded first, the answer is the same.
  if (at_ms < scores.first_ms || (at_ms === scores.first_ms && value < scores.first))
    Object.assign(scores, { first: value, first_ms: at_ms });
  if (at_ms > scores.last_ms || (at_ms === scores.last_ms && value > scores.last))
    Object.assign(scores, { last: value, last_ms: at_ms });
  return scores;
}

/** What two sets of numbers come to together. */
export function mergedScores(a: Scores | undefined, b: Scores | undefined): Scores | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const first = a.first_ms < b.first_ms || (a.first_ms === b.first_ms && a.first <= b.first) ? a : b;
  const last = a.last_ms > b.last_ms || (a.last_ms === b.last_ms && a.last >= b.last) ? a : b;
  return {
    n: a.n + b.n,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    first: first.first,
    first_ms: first.first_ms,
    last: last.last,
    last_ms: last.last_ms,
  };
}

export function scoreFigures(scores: Scores | undefined): ScoreFigures | null {
  if (scores === undefined) return null;
  const { n, sum, min, max, first, last } = scores;
  return { n, mean: rounded(sum / n), min, max, first, last };
}

/** Without the dust that adding fractions leaves. */
export function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

/** The numbers of an object, by key; a measure may be written as `{ pct: 81.5 }`. */
export function numbersIn(value: Json | undefined): readonly (readonly [string, number])[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, one]) => {
    const number = numberIn(one);
    return number === undefined ? [] : [[key, number] as const];
  });
}

function numberIn(value: Json): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const pct = (value as { readonly pct?: Json }).pct;
  return typeof pct === "number" ? pct : undefined;
}

/** Adds to a count by name. */
export function count(counts: Map<string, number>, name: string, more = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + more);
}

/** Counts as an object, the largest first. */
export function countsOf(counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)));
}
