import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { RunEffect } from "../event/prepared.ts";
import { countedFrom, eventsBefore, nextRuns, type OpenRun, type RunFact } from "./run-context.ts";

const phase = fc.constantFrom("PLAN", "CODE");
const effect: fc.Arbitrary<RunEffect | undefined> = fc.oneof(
  { weight: 8, arbitrary: fc.constant(undefined) },
  fc.record({ kind: fc.constant("open" as const), phase: fc.option(phase) }),
  fc.constant<RunEffect>({ kind: "close" }),
  fc.record({ kind: fc.constant("phase" as const), phase: fc.option(phase) }),
  fc.record({ kind: fc.constant("summarised" as const), phase: fc.option(phase) }),
  fc.constant<RunEffect>({ kind: "aside" }),
);
const facts = fc
  .array(
    fc.record({
      effect,
      correlation_id: fc.constantFrom("newest", "newest", "newest", "a", "b", undefined),
      phase: fc.constantFrom("present", "present", "present", "PLAN", "CODE", undefined),
    }),
    { maxLength: 60 },
  )
  .map((all) => all.map((fact, index) => ({ ...fact, session_id: "s", sequence: index + 1 })));

/** An event's run and phase as its line says them: most leave both to the log. */
function placed(fact: RunFact, runs: readonly OpenRun[]): RunFact {
  const newest = runs.at(-1);
  const correlation_id = fact.correlation_id === "newest" ? newest?.correlation_id : fact.correlation_id;
  const opened = fact.effect?.kind === "open" ? (correlation_id ?? `run-${fact.sequence}`) : correlation_id;
  const run = runs.find((one) => one.correlation_id === opened);
  return {
    ...fact,
    correlation_id: opened,
    phase: fact.phase === "present" ? (run?.phase ?? undefined) : fact.phase,
  };
}

/** What is known of the runs at a place, however their numbers are kept. */
function known(runs: readonly OpenRun[], sequence: number) {
  return runs.map((run) => {
    const events = eventsBefore(run, sequence + 1, run === runs.at(-1));
    const { correlation_id, phase: present, run_from, phase_from } = run;
    return { correlation_id, present, ...events, run_from, phase_from };
  });
}

test("whoever reads only the events that change the runs knows as much as who reads all", () => {
  fc.assert(
    fc.property(facts, (all) => {
      let runs: readonly OpenRun[] = [];
      let followed: readonly OpenRun[] = [];
      for (const given of all) {
        const fact = placed(given, runs);
        const next = nextRuns(runs, fact);
        if (next !== runs) followed = nextRuns(followed, fact);
        runs = next;
        expect(known(followed, fact.sequence)).toEqual(known(runs, fact.sequence));
      }
    }),
  );
});

test("a range begins with the first event that counts, or with the next", () => {
  fc.assert(
    fc.property(facts, (all) => {
      let runs: readonly OpenRun[] = [];
      for (const given of all) {
        const fact = placed(given, runs);
        runs = nextRuns(runs, fact);
        const newest = known(runs, fact.sequence).at(-1);
        if (newest === undefined) continue;
        const { sequence } = fact;
        expect(newest.run <= sequence - newest.run_from + 1).toBe(true);
        expect(newest.phase <= sequence - newest.phase_from + 1).toBe(true);
        if (newest.run === 0) expect(newest.run_from).toBe(sequence + 1);
        if (newest.phase === 0) expect(newest.phase_from).toBe(sequence + 1);
      }
    }),
  );
});

test("a routine event of the newest run leaves the very same list", () => {
  const fact = { session_id: "s", correlation_id: "r", phase: "CODE" };
  const runs = nextRuns([], {
    ...fact,
    sequence: 1,
    effect: { kind: "open", phase: "CODE" },
    phase: undefined,
  });
  expect(nextRuns(runs, { ...fact, sequence: 2, effect: undefined })).toBe(runs);
});

test("runs kept by a version that did not count are counted from where they were met", () => {
  const kept = JSON.parse('[{"correlation_id":"r","session_id":"s","phase":"CODE"}]') as Partial<OpenRun>[];
  const runs = countedFrom(kept, 41);
  expect(known(runs, 41)).toEqual([
    { correlation_id: "r", present: "CODE", run: 0, phase: 0, run_from: 42, phase_from: 42 },
  ]);
  expect(known(countedFrom(runs, 50), 50)).toEqual(known(runs, 50));
});
