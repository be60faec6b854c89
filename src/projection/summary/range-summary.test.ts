import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { JsonObject, StoredEvent } from "../../event/envelope.ts";
import { EVENT_TYPE_NAMES } from "../../event/registry.ts";
import { metadataOf } from "../../event/testdata/sample-metadata.ts";
import { countInWords } from "./counted-words.ts";
import { oneLine } from "./one-line.ts";
import { rangeSummary, type SummaryLine } from "./range-summary.ts";

function lineOf(event_type: string, metadata: JsonObject, sequence: number): SummaryLine {
  const event: StoredEvent = {
    event_id: "11111111-1111-4111-8111-111111111111",
    event_type,
    event_version: "1.0.0",
    timestamp: "2026-11-24T10:00:00.000Z",
    event_sequence: sequence,
    session_id: "s",
    actor: { type: "agent", id: "a" },
    metadata,
    recorded_at: "2026-11-24T10:00:00.000Z",
    position: sequence,
    prev_hash: "",
  };
  return { sequence, event_type, read: () => event };
}

const linesOf = (...events: readonly (readonly [string, JsonObject])[]): SummaryLine[] =>
  events.map(([type, metadata], index) => lineOf(type, metadata, index + 1));

const STORE_TYPES = ["StoreFactSeen", "StoreRecovered", "StoreOfTomorrow"];
const lines = fc
  .array(
    fc.oneof(
      fc.constantFrom(...EVENT_TYPE_NAMES).chain((type) => fc.tuple(fc.constant(type), metadataOf(type))),
      fc.tuple(fc.constantFrom(...STORE_TYPES, "DeployDone"), fc.constant({})),
    ),
    { maxLength: 40 },
  )
  .map((events) => linesOf(...(events as [string, JsonObject][])));

const isOfTheWork = (type: string): boolean => !/^Store|SummaryCreated$/.test(type);

test("counts are those of the range, without summaries and the store's own words", () => {
  fc.assert(
    fc.property(lines, (range) => {
      const { counts } = rangeSummary(range);
      const types = range.map(({ event_type }) => event_type).filter(isOfTheWork);
      for (const type of new Set(types))
        expect(counts[type]).toBe(types.filter((one) => one === type).length);
      expect(Object.keys(counts)).toHaveLength(new Set(types).size);
    }),
  );
});

test("highlights are few, short, on one line, and of this range", () => {
  fc.assert(
    fc.property(lines, (range) => {
      const { highlights, text } = rangeSummary(range);
      expect(highlights.length).toBeLessThanOrEqual(5);
      for (const one of [...highlights, text]) {
        expect(one.length).toBeGreaterThan(0);
        expect(one.length).toBeLessThan(1_200);
        expect(one.isWellFormed()).toBe(true);
      }
      for (const one of highlights) expect(one).toBe(oneLine(one, 160));
    }),
  );
});

test("what failed comes before what needs attention, and that before what was made", () => {
  const commit = ["CommitCreated", { commit_sha: "abcdef1", commit_message: "fix" }] as const;
  const failed = ["AgentFailed", { agent_name: "coder", failure_reason: "no memory" }] as const;
  const red = ["TestRunCompleted", { test_suite: "unit", passed: 3, failed: 2 }] as const;
  const green = ["TestRunCompleted", { test_suite: "unit", passed: 5, failed: 0 }] as const;
  const range = linesOf(failed, commit, commit, green, commit, red, commit, commit, commit);
  const { highlights, text } = rangeSummary(range);
  expect(highlights).toEqual([
    "agent coder failed: no memory",
    "tests unit ran: 3 passed, 2 failed",
    "commit abcdef1: fix",
    "commit abcdef1: fix",
    "commit abcdef1: fix",
  ]);
  expect(text).toBe("1 agent failed, 6 commits, 2 test runs");
});

test("many kinds are told as the most frequent and the number of the rest", () => {
  const range = linesOf(...EVENT_TYPE_NAMES.filter(isOfTheWork).map((type) => [type, {}] as const)).filter(
    ({ event_type }) =>
      !/Failed|Occurred|Completed|Identified|Escalated|Commit|PR|Gap|Blocked|Paused|Restored/.test(
        event_type,
      ),
  );
  expect(rangeSummary(range).text).toMatch(/ and \d+ more$/);
  expect(rangeSummary([]).text).toBe("nothing but the store's own notes");
});

test("more types of one's own than anybody reads are counted together", () => {
  const range = linesOf(...Array.from({ length: 80 }, (_, index) => [`Type${index}`, {}] as const));
  const { counts } = rangeSummary(range);
  expect(Object.keys(counts)).toHaveLength(61);
  expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(80);
});

test("a number of events reads as words", () => {
  expect(countInWords("AgentFailed", 1)).toBe("1 agent failed");
  expect(countInWords("AgentFailed", 2)).toBe("2 agents failed");
  expect(countInWords("DeployDone", 2)).toBe("2 × deploy done");
});

test("a text on one line keeps whole characters", () => {
  expect(oneLine("a\n\tb", 9)).toBe("a b");
  expect(oneLine("👩👩👩", 4)).toBe("👩…");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 30 }), (text, max) => {
      const line = oneLine(text.toWellFormed(), max);
      expect(line.length).toBeLessThanOrEqual(max);
      expect(line.isWellFormed()).toBe(true);
    }),
  );
});
