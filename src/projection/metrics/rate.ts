/** The 97.5th percentile of the normal distribution. */
const Z = 1.959963984540054;

/** How often something succeeded. With few of them say the counts: the interval shows how little a rate tells. */
export interface Rate {
  readonly successes: number;
  readonly n: number;
  /** Null where there is nothing to judge. */
  readonly rate: number | null;
  /** Wilson's 95 % interval. */
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * A success rate with Wilson's 95 % interval.
 *
 * @example
 * ```ts
 * rateOf(9, 10); // { successes: 9, n: 10, rate: 0.9, low: 0.596, high: 0.982 }, rounded
 * ```
 */
export function rateOf(successes: number, n: number): Rate {
  if (n === 0) return { successes, n, rate: null, low: null, high: null };
  const rate = successes / n;
  const square = (Z * Z) / n;
  const centre = (rate + square / 2) / (1 + square);
  const half = (Z / (1 + square)) * Math.sqrt((rate * (1 - rate)) / n + square / (4 * n));
  // Rounding leaves 1e-17 where the bound is exactly the end of the range.
  const low = successes === 0 ? 0 : centre - half;
  return { successes, n, rate, low, high: successes === n ? 1 : centre + half };
}
