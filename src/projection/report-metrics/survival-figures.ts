import { seconds } from "../metrics/durations.ts";
import type { Interval } from "../metrics/intervals.ts";
import {
  kaplanMeier,
  type Quantile,
  quantileOf,
  restrictedMean,
  type Spell,
} from "../statistics/kaplan-meier.ts";

/**
 * How long things take, those that have not ended yet taken into account: an average of what has ended says "fast"
 * whenever the slow ones are still open.
 */
export interface SurvivalFigures {
  /** Begun; ends without a start are not among them. */
  readonly n: number;
  readonly ended: number;
  /** Not seen to end: still going on, begun again, or overtaken by the end of their run. */
  readonly censored: number;
  /** Seconds by which half have ended, with its 95 % interval; null where the record does not reach that far. */
  readonly median_seconds: Quantile;
  /** Seconds by which nine of ten have ended. */
  readonly p90_seconds: number | null;
  /** Mean of the time spent up to `until_seconds`, the longest time seen; null where there is nothing. */
  readonly restricted_mean: { readonly mean_seconds: number; readonly until_seconds: number } | null;
}

/**
 * The figures of durations in milliseconds.
 *
 * @example
 * ```ts
 * survivalOf([{ duration: 5_000, ended: true }, { duration: 9_000, ended: false }]).median_seconds.value; // 5
 * ```
 */
export function survivalOf(spells: readonly Spell[]): SurvivalFigures {
  const n = spells.length;
  const ended = spells.reduce((sum, one) => sum + (one.ended ? 1 : 0), 0);
  const curve = kaplanMeier(spells);
  const median = quantileOf(curve, 0.5);
  const until = spells.reduce((longest, { duration }) => Math.max(longest, duration), 0);
  return {
    n,
    ended,
    censored: n - ended,
    median_seconds: {
      value: inSeconds(median.value),
      low: inSeconds(median.low),
      high: inSeconds(median.high),
    },
    p90_seconds: inSeconds(quantileOf(curve, 0.9).value),
    restricted_mean:
      n === 0
        ? null
        : { mean_seconds: seconds(restrictedMean(curve, spells, until).mean), until_seconds: seconds(until) },
  };
}

function inSeconds(ms: number | null): number | null {
  return ms === null ? null : seconds(ms);
}

/** What an interval tells of how long things of its kind take; an end without a start tells nothing. */
export function spellOf({ status }: Pick<Interval, "status">, duration: number): Spell | undefined {
  if (status === "orphan_end") return undefined;
  return { duration, ended: status === "complete" || status === "failed" };
}

/** The figures of the active time of intervals. */
export function activeSurvival(
  intervals: readonly Pick<Interval, "status" | "active_ms">[],
): SurvivalFigures {
  return survivalOf(intervals.flatMap((one) => spellOf(one, one.active_ms) ?? []));
}
