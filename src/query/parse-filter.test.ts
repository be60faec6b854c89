import { expect, test } from "vitest";

import { ValidationError } from "../errors.ts";
import { parseFilter } from "./parse-filter.ts";

function issuesOf(input: unknown): readonly { path: string; message: string }[] {
  try {
    parseFilter(input);
  } catch (error) {
    if (error instanceof ValidationError) return error.issues;
    throw error;
  }
  return [];
}

test("an empty filter asks for everything in the order of record", () => {
  expect(parseFilter({})).toEqual({
    equals: [],
    commit: undefined,
    timestamp: undefined,
    recorded: undefined,
    words: [],
    order: undefined,
    limit: undefined,
    after: undefined,
    includeVoided: false,
  });
});

test("keys that are undefined count as left out", () => {
  expect(parseFilter({ issueKey: undefined, limit: undefined, order: undefined })).toEqual(parseFilter({}));
});

test.each([
  ["2026-11-24", "2026-11-24", "2026-11-24T00:00:00.000Z", "2026-11-25T00:00:00.000Z"],
  [
    "2026-11-24T10:00:00Z",
    "2026-11-24T12:00:00+01:00",
    "2026-11-24T10:00:00.000Z",
    "2026-11-24T11:00:00.000Z",
  ],
  [new Date(5), new Date(7), "1970-01-01T00:00:00.005Z", "1970-01-01T00:00:00.007Z"],
])("the range from %s to %s", (...[fromTimestamp, toTimestamp, from, to]) => {
  const { timestamp } = parseFilter({ fromTimestamp, toTimestamp });
  expect(timestamp).toEqual({ from: Date.parse(from), to: Date.parse(to) });
});

test.each([
  "yesterday",
  "2026-02-30",
  "2026-11-24T10:00:00",
  "24.11.2026",
  "",
  5,
  new Date(Number.NaN),
  null,
])("%s is no time", (fromTimestamp) => {
  expect(issuesOf({ fromTimestamp })).toMatchObject([{ path: "$.fromTimestamp" }]);
});

test.each([
  [{ issueKey: "" }, "$.issueKey"],
  [{ issueKey: [] }, "$.issueKey"],
  [{ issueKey: ["PROJ-1", 5] }, "$.issueKey"],
  [{ eventTypes: null }, "$.eventTypes"],
  [{ commitSha: "abc12" }, "$.commitSha"],
  [{ commitSha: "nothex1234" }, "$.commitSha"],
  [{ commitSha: "a".repeat(41) }, "$.commitSha"],
  [{ text: "?!" }, "$.text"],
  [{ text: "a".repeat(1_001) }, "$.text"],
  [{ order: "up" }, "$.order"],
  [{ limit: 0 }, "$.limit"],
  [{ limit: 1.5 }, "$.limit"],
  [{ limit: "10" }, "$.limit"],
  [{ after: 5 }, "$.after"],
  [{ includeVoided: "yes" }, "$.includeVoided"],
  [{ sessionId: Array.from({ length: 1_001 }, String) }, "$.sessionId"],
  ["PROJ-1", "$"],
  [["PROJ-1"], "$"],
  [null, "$"],
  [JSON.parse('{"__proto__":{"limit":1}}'), "$.__proto__"],
])("%j is refused", (input, path) => {
  expect(issuesOf(input)).toMatchObject([{ path }]);
});

test("an unknown key is refused with the likeliest one, and everything wrong is named at once", () => {
  const issues = issuesOf({ issuekey: "PROJ-1", limit: -1 });
  expect(issues.map(({ path }) => path)).toEqual(["$.issuekey", "$.limit"]);
  expect(issues[0]?.message).toContain("issueKey");
});

test("a pattern is only ever text", () => {
  const started = performance.now();
  expect(parseFilter({ text: "^(a+)+$", agentName: "^(a+)+$" }).words).toEqual(["a"]);
  expect(performance.now() - started).toBeLessThan(100);
});
