import { Z_95 } from "./normal.ts";

/** How long something took, or how long it has taken so far when its end was not seen. */
export interface Spell {
  readonly duration: number;
  /** False: censored, it was still going on when it was last seen. */
  readonly ended: boolean;
}

/** The survival function behind one time at which something ended. */
export interface SurvivalStep {
  readonly time: number;
  readonly at_risk: number;
  readonly ended: number;
  /** Share that takes longer than this time. */
  readonly survival: number;
  /** Greenwood's variance of it. */
  readonly variance: number;
  /** 95 % interval on the log(-log) scale; both ends are the survival itself where it is 0 or 1. */
  readonly low: number;
  readonly high: number;
}

/** A quantile with the interval that the confidence band gives it; null where the curve never gets there. */
export interface Quantile {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface RestrictedMean {
  /** Mean of what was spent up to `until`, open spells taken into account. */
  readonly mean: number;
  readonly standard_error: number;
  readonly until: number;
  readonly n: number;
  readonly open: number;
}

/**
 * Kaplan and Meier's estimate of how long things take, with those that have not ended yet. Averaging only what has
 * ended says "fast" whenever the slow ones are still open.
 *
 * @example
 * ```ts
 * const curve = kaplanMeier([{ duration: 5, ended: true }, { duration: 9, ended: false }]);
 * quantileOf(curve, 0.5).value; // 5
 * ```
 */
export function kaplanMeier(spells: readonly Spell[]): readonly SurvivalStep[] {
  const sorted = [...spells].sort((a, b) => a.duration - b.duration);
  const steps: SurvivalStep[] = [];
  let survival = 1;
  let greenwood = 0;
  for (let index = 0; index < sorted.length;) {
    const time = (sorted[index] as Spell).duration;
    const at_risk = sorted.length - index;
    let ended = 0;
    for (; sorted[index]?.duration === time; index++) if (sorted[index]?.ended === true) ended++;
    if (ended === 0) continue;
    survival *= 1 - ended / at_risk;
    greenwood += ended / (at_risk * (at_risk - ended));
    const variance = survival === 0 ? 0 : survival ** 2 * greenwood;
    steps.push({ time, at_risk, ended, survival, variance, ...band(survival, greenwood) });
  }
  return steps;
}

function band(survival: number, greenwood: number): { low: number; high: number } {
  if (survival <= 0 || survival >= 1) return { low: survival, high: survival };
  const width = (Z_95 * Math.sqrt(greenwood)) / Math.abs(Math.log(survival));
  return { low: survival ** Math.exp(width), high: survival ** Math.exp(-width) };
}

/** The time by which a share `p` has ended: 0.5 for the median. */
export function quantileOf(curve: readonly SurvivalStep[], p: number): Quantile {
  // What is left after 0.1 and 0.9 is not exactly 0.9 and 0.1.
  const left = 1 - p + 1e-12;
  const first = (of: (step: SurvivalStep) => number): number | null =>
    curve.find((step) => of(step) <= left)?.time ?? null;
  return {
    value: first((step) => step.survival),
    low: first((step) => step.low),
    high: first((step) => step.high),
  };
}

/** The area under the curve up to `until`, with its standard error (Klein and Moeschberger, 4.5.2). */
export function restrictedMean(
  curve: readonly SurvivalStep[],
  spells: readonly Spell[],
  until: number,
): RestrictedMean {
  const within = curve.filter(({ time }) => time < until);
  const areas = within.map((step, index) => step.survival * ((within[index + 1]?.time ?? until) - step.time));
  const before = Math.min(until, within[0]?.time ?? until);
  const mean = before + areas.reduce((sum, area) => sum + area, 0);
  let variance = 0;
  let behind = 0;
  for (let index = within.length - 1; index >= 0; index--) {
    const { at_risk, ended } = within[index] as SurvivalStep;
    behind += areas[index] as number;
    if (at_risk > ended) variance += (behind ** 2 * ended) / (at_risk * (at_risk - ended));
  }
  const open = spells.reduce((sum, { ended }) => sum + (ended ? 0 : 1), 0);
  return { mean, standard_error: Math.sqrt(variance), until, n: spells.length, open };
}
