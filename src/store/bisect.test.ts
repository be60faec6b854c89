import * as fc from "fast-check";
import { expect, test } from "vitest";

import { HISTORY_ISSUE, storedHistory } from "./testdata/stored-history.ts";
import { bisect } from "./bisect.ts";
import { questionOf } from "./condition.ts";

const CONDITIONS = [
  "size(failed_agents) > 0",
  'status == "failed"',
  '"CODE" in completed_phases',
  "size(identified_gaps) >= 2 || worklog_seconds > 600",
  "size(runs) > 1",
  "events > 40",
  "!exists",
  "last_sequence >= 33",
  "tests.exists(t, t.failed > 0)",
];

const cases = fc.record({
  seed: fc.integer({ min: 0, max: 5_000 }),
  size: fc.integer({ min: 1, max: 100 }),
  condition: fc.constantFrom(...CONDITIONS),
  from: fc.nat(20),
});

test("every state is looked at in a short range: what turns is what a scan finds", async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ seed, size, condition, from }) => {
      const { store } = await storedHistory(seed, size);
      const expected = await turnsOf(store, { condition, size, from: Math.min(from, size) });
      const found = await bisect(store, HISTORY_ISSUE, { condition, from: { sequence: from } });
      expect(found.exact).toBe(true);
      const turns = found.sequence === undefined ? [] : [found.sequence, ...found.flips.map(sequenceOf)];
      expect(turns).toEqual(expected);
      const outcome = expected.length === 0 ? "never_true" : "found";
      expect(found.outcome).toBe(expected[0] === found.range.from ? "true_at_start" : outcome);
    }),
    { numRuns: 60 },
  );
});

test("a long range is searched in few looks, and every turn that is named is one", async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ seed, condition, from }) => {
      const scanMax = from < 10 ? 10 : 60;
      const size = 150;
      const { store } = await storedHistory(seed, size);
      const expected = await turnsOf(store, { condition, size, from: 0 });
      const found = await bisect(store, HISTORY_ISSUE, { condition, scanMax });
      expect(found.probes).toBeLessThanOrEqual(40 + (1 + found.flips.length) * (1 + scanMax / 10));
      if (found.outcome === "found") expect(expected).toContain(found.sequence);
      if (found.outcome === "found") expect(found.event?.event_sequence).toBe(found.sequence);
      // A condition that stays true is found where it turned, as by a scan.
      if (expected.length === 1) expect(found.sequence).toBe(expected[0]);
      expect(found.flips.length).toBeLessThanOrEqual(Math.max(0, expected.length - 1));
      for (const { sequence, after } of found.flips) {
        if (after === undefined) expect(expected).toContain(sequence);
        else expect(expected.some((turn) => turn > after && turn <= sequence)).toBe(true);
      }
      const all = await bisect(store, HISTORY_ISSUE, { condition, scanMax, exhaustive: true });
      expect([all.exact, all.sequence]).toEqual([true, expected[0]]);
    }),
    { numRuns: 40 },
  );
});

test("a condition can be a function, and a state that cannot answer counts as false", async () => {
  const { store } = await storedHistory(1, 60);
  const byFunction = await bisect(store, HISTORY_ISSUE, { condition: (state) => state.last_sequence >= 7 });
  expect([byFunction.sequence, byFunction.state_before?.last_sequence]).toEqual([7, 6]);
  const unanswered = await bisect(store, HISTORY_ISSUE, { condition: "phases[0].nonsense == 1" });
  expect(unanswered.outcome).toBe("never_true");
  expect(unanswered.unanswered?.reason).toContain("nonsense");
});

/** Every place where the condition changes, looked for the plain way; the first one is where it turns true. */
async function turnsOf(
  store: Awaited<ReturnType<typeof storedHistory>>["store"],
  { condition, size, from }: { readonly condition: string; readonly size: number; readonly from: number },
): Promise<readonly number[]> {
  const turns: number[] = [];
  let holds = false;
  const question = await questionOf(condition);
  for (let sequence = from; sequence <= size; sequence++) {
    const state = await store.reconstructState(HISTORY_ISSUE, { sequence });
    if (question.holds(state) === holds) continue;
    holds = !holds;
    turns.push(sequence);
  }
  return turns;
}

function sequenceOf({ sequence }: { readonly sequence: number }): number {
  return sequence;
}
