import * as fc from "fast-check";
import { expect, test } from "vitest";

import { aalenJohansen, incidenceAt } from "./aalen-johansen.ts";
import { kaplanMeier, quantileOf, restrictedMean, type Spell } from "./kaplan-meier.ts";

/** Weeks in remission on 6-MP (Freireich and others, 1963); a minus marks a patient still in remission. */
const REMISSION = [6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35];
const REMISSION_SPELLS: readonly Spell[] = REMISSION.map((weeks) => ({
  duration: Math.abs(weeks),
  ended: weeks > 0,
}));

const spells = fc.array(fc.record({ duration: fc.integer({ min: 0, max: 20 }), ended: fc.boolean() }), {
  minLength: 1,
  maxLength: 40,
});

test("the published remission curve, with Greenwood's errors", () => {
  const curve = kaplanMeier(REMISSION_SPELLS);
  const row = ({ time, at_risk, ended, survival, variance }: (typeof curve)[number]) => [
    time,
    at_risk,
    ended,
    survival,
    Math.sqrt(variance),
  ];
  const expected = [
    [6, 21, 3, 18 / 21, 0.0763603548],
    [7, 17, 1, (18 / 21) * (16 / 17), 0.0869355],
    [10, 15, 1, (18 / 21) * (16 / 17) * (14 / 15), 0.0963481],
    [13, 12, 1, (18 / 21) * (16 / 17) * (14 / 15) * (11 / 12), 0.1068142],
    [16, 11, 1, (18 / 21) * (16 / 17) * (14 / 15) * (10 / 12), 0.1140541],
    [22, 7, 1, (18 / 21) * (16 / 17) * (14 / 15) * (10 / 12) * (6 / 7), 0.1282347],
    [23, 6, 1, (18 / 21) * (16 / 17) * (14 / 15) * (10 / 12) * (5 / 7), 0.1345939],
  ];
  expect(curve.map(row).map((figures) => figures.slice(0, 3))).toEqual(
    expected.map((figures) => figures.slice(0, 3)),
  );
  curve.forEach((step, index) => {
    expect(step.survival).toBeCloseTo(expected[index]?.[3] ?? Number.NaN, 9);
    expect(Math.sqrt(step.variance)).toBeCloseTo(expected[index]?.[4] ?? Number.NaN, 5);
  });
  expect(quantileOf(curve, 0.5)).toEqual({ value: 23, low: 13, high: null });
  expect(curve[0]?.low).toBeCloseTo(0.619718, 6);
  expect(curve[0]?.high).toBeCloseTo(0.9515517, 6);
});

test("without open spells the curve is the share that takes longer, and the mean is the mean", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 40 }), (durations) => {
      const all = durations.map((duration) => ({ duration, ended: true }));
      const curve = kaplanMeier(all);
      for (const { time, survival } of curve)
        expect(survival).toBeCloseTo(
          durations.filter((duration) => duration > time).length / durations.length,
          9,
        );
      const { mean } = restrictedMean(curve, all, 31);
      expect(mean).toBeCloseTo(durations.reduce((sum, one) => sum + one, 0) / durations.length, 9);
    }),
  );
});

test("the curve falls, lies within its band, and open spells only ever raise it", () => {
  fc.assert(
    fc.property(spells, (some) => {
      const curve = kaplanMeier(some);
      let before = 1;
      for (const { survival, low, high } of curve) {
        expect(survival).toBeLessThan(before);
        expect(low).toBeLessThanOrEqual(survival + 1e-12);
        expect(high).toBeGreaterThanOrEqual(survival - 1e-12);
        before = survival;
      }
      const ended = kaplanMeier(some.filter((spell) => spell.ended));
      for (const { time, survival } of ended) {
        const here = curve.findLast((step) => step.time <= time)?.survival ?? 1;
        expect(here).toBeGreaterThanOrEqual(survival - 1e-9);
      }
    }),
  );
});

test("averaging only what has ended misleads; the estimate does not", () => {
  // A hundred pieces of work of 1 to 100 hours, begun at once, looked at after 20 hours.
  const seen = Array.from({ length: 100 }, (_, index) => ({
    duration: Math.min(index + 1, 20),
    ended: index < 20,
  }));
  const finished = seen.filter(({ ended }) => ended).map(({ duration }) => duration);
  expect(finished.reduce((sum, one) => sum + one, 0) / finished.length).toBe(10.5);
  expect(quantileOf(kaplanMeier(seen), 0.5).value).toBeNull();
  expect(quantileOf(kaplanMeier(seen), 0.1).value).toBe(10);
});

test("incidences and what is left add up to one; one cause alone is the Kaplan-Meier curve", () => {
  const competing = fc.array(
    fc.record({
      duration: fc.integer({ min: 0, max: 20 }),
      cause: fc.constantFrom("resolved", "escalated", null),
    }),
    { minLength: 1, maxLength: 40 },
  );
  fc.assert(
    fc.property(competing, (some) => {
      const curve = aalenJohansen(some);
      for (const { incidence, survival } of curve)
        expect(Object.values(incidence).reduce((sum, one) => sum + one, survival)).toBeCloseTo(1, 9);
      const single = some.map(({ duration, cause }) => ({ duration, ended: cause !== null }));
      const merged = aalenJohansen(
        some.map(({ duration, cause }) => ({ duration, cause: cause === null ? null : "any" })),
      );
      kaplanMeier(single).forEach(({ time, survival }) =>
        expect(incidenceAt(merged, "any", time)).toBeCloseTo(1 - survival, 9),
      );
    }),
  );
});

test("a small example of competing ends, by hand", () => {
  const curve = aalenJohansen([
    { duration: 1, cause: "merged" },
    { duration: 2, cause: null },
    { duration: 3, cause: "closed" },
    { duration: 4, cause: "merged" },
    { duration: 5, cause: null },
  ]);
  // 1/5; then 4/5 of which 1/3 closes; then 8/15 of which 1/2 merges.
  expect(incidenceAt(curve, "merged", 1)).toBeCloseTo(0.2, 12);
  expect(incidenceAt(curve, "closed", 3)).toBeCloseTo(4 / 15, 12);
  expect(incidenceAt(curve, "merged", 5)).toBeCloseTo(0.2 + 4 / 15, 12);
  expect(curve.at(-1)?.survival).toBeCloseTo(4 / 15, 12);
});
