import * as fc from "fast-check";
import { expect, test } from "vitest";

import { notStarted, type OrchestrationState } from "../state/orchestration-state.ts";
import { applyDiff } from "./apply-diff.ts";
import { longestRising } from "./longest-rising.ts";
import { stateChanges } from "./state-changes.ts";

const LETTERS = "a b c d e f g h i j k l".split(" ");
const gaps = fc.uniqueArray(
  fc.record({ gap_id: fc.constantFrom(...LETTERS), severity: fc.constantFrom("low", "high") }),
  {
    selector: ({ gap_id }) => gap_id,
  },
);
const states: fc.Arbitrary<OrchestrationState> = fc
  .record({
    status: fc.constantFrom("in_progress", "failed", "paused"),
    current_phase: fc.option(fc.constantFrom("PLAN", "CODE")),
    worklog_seconds: fc.nat(3),
    completed_phases: fc.uniqueArray(fc.constantFrom("PLAN", "CODE", "TEST", "FIX")),
    identified_gaps: gaps,
    resolved_gaps: gaps,
  })
  .map((fields) => ({ ...notStarted("PROJ-1"), ...fields }));

test("the changes between any two states lead from one to the other, and change neither", () => {
  fc.assert(
    fc.property(states, states, (before, after) => {
      const copies = structuredClone([before, after]);
      const changes = stateChanges(before, after);
      expect(applyDiff(before, changes)).toEqual(after);
      expect(applyDiff(after, stateChanges(after, before))).toEqual(before);
      expect([before, after]).toEqual(copies);
      expect(stateChanges(before, structuredClone(before))).toEqual([]);
    }),
  );
});

test("every path leads to what the change says", () => {
  fc.assert(
    fc.property(states, states, (before, after) => {
      for (const change of stateChanges(before, after)) {
        const [key = "", index] = change.path.slice(1).split("/");
        const at = (state: object): unknown => {
          const value: unknown = state[key as keyof typeof state];
          return index === undefined ? value : (value as readonly unknown[])[Number(index)];
        };
        if (change.kind === "removed") expect(at(before)).toEqual(change.before);
        else expect(at(after)).toEqual(change.after);
      }
    }),
  );
});

test("as few items as possible are moved, and steady ones never are", () => {
  const list = fc.uniqueArray(fc.constantFrom(...LETTERS), { minLength: 1 });
  fc.assert(
    fc.property(list, fc.array(fc.nat(11)), (ids, picks) => {
      const taken = new Set(picks.map((pick) => ids[pick % ids.length]!));
      const reordered = [...ids.filter((id) => !taken.has(id)), ...taken];
      const [before, after] = [ids, reordered].map((of) => ({
        ...notStarted("PROJ-1"),
        completed_phases: of,
      }));
      const steady = stateChanges(before!, after!, (_key, id) => !taken.has(id));
      expect(steady.every((change) => change.kind === "moved" && taken.has(change.id))).toBe(true);
      expect(applyDiff(before!, steady)).toEqual(after);
      expect(stateChanges(before!, after!).length).toBeLessThanOrEqual(steady.length);
    }),
  );
});

test("the longest rising subsequence rises, and none is longer", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(99), { maxLength: 10 }), (values) => {
      const places = longestRising(values);
      const picked = values.filter((_, place) => places.has(place));
      expect(picked).toEqual(picked.toSorted((a, b) => a - b));
      let longest = 0;
      for (let mask = 0; mask < 2 ** values.length; mask++) {
        const some = values.filter((_, place) => (mask >> place) % 2 === 1);
        if (some.every((value, at) => at === 0 || value > some[at - 1]!))
          longest = Math.max(longest, some.length);
      }
      expect(picked.length).toBe(longest);
    }),
    { numRuns: 50 },
  );
});
