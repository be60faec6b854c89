import { expect, test } from "vitest";

import { rateOf } from "./rate.ts";

/** Newcombe, Statistics in Medicine 17 (1998), table I, method 3; Wilson's score interval. */
const PUBLISHED = [
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
] as const;

test("Wilson's interval is as published", () => {
  for (const [successes, n, low, high] of PUBLISHED) {
    const rate = rateOf(successes, n);
    expect(rate.low).toBeCloseTo(low, 4);
    expect(rate.high).toBeCloseTo(high, 4);
    // Failures are the mirror image.
    const mirrored = rateOf(n - successes, n);
    expect(mirrored.low).toBeCloseTo(1 - high, 4);
    expect(mirrored.high).toBeCloseTo(1 - low, 4);
  }
});

test("nothing says nothing, and a bound lies within the range", () => {
  expect(rateOf(0, 0)).toEqual({ successes: 0, n: 0, rate: null, low: null, high: null });
  for (const n of [1, 2, 10, 1e6]) {
    expect(rateOf(0, n).low).toBe(0);
    expect(rateOf(n, n).high).toBe(1);
  }
});
