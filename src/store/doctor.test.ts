import { describe, expect, it } from "vitest";

import type { LogFigures, StoreFacts } from "../log/store-facts.ts";
import { diagnose } from "./doctor.ts";

const NOW = Date.parse("2026-11-24T12:00:00.000Z");
const GOOD: StoreFacts & { log: LogFigures } = {
  path: "/data/events",
  place: "folder",
  writable: true,
  free_bytes: 50 * 1024 ** 3,
  store: { store_id: "s", format_version: 1 },
  texts: true,
  exposed: { count: 0, examples: [] },
  unsafe: { count: 0, examples: [] },
  lock: "free",
  head: "good",
  journals: { files: 1, unreadable: [] },
  log: {
    position: 7,
    recorded_at: "2026-11-24T11:00:00.000Z",
    covered: 7,
    indexed: 7,
    index_problem: undefined,
  },
};

function verdicts(changes: Partial<StoreFacts>): Record<string, string> {
  const findings = diagnose({ ...GOOD, ...changes }, NOW);
  return Object.fromEntries(
    findings.filter(({ verdict }) => verdict !== "ok").map(({ check, verdict }) => [check, verdict]),
  );
}

describe("diagnose", () => {
  it("has nothing to say about a good store", () => {
    expect(verdicts({})).toEqual({});
  });

  it.each<[string, string, Partial<StoreFacts>]>([
    ["writable", "fail", { writable: false }],
    ["disk", "warn", { free_bytes: 500 * 1024 ** 2 }],
    ["disk", "fail", { free_bytes: 1024 ** 2 }],
    ["file system", "fail", { network: "lies on NFS" }],
    ["format", "fail", { store: { problem: "format 99" } }],
    ["permissions", "warn", { exposed: { count: 4, examples: ["a", "b", "c"] } }],
    ["links", "fail", { unsafe: { count: 1, examples: ["a"] } }],
    ["README.md", "warn", { texts: false }],
    ["lock", "warn", { lock: "held" }],
    ["lock", "fail", { lock: { problem: "no database" } }],
    ["head", "warn", { head: "suspect" }],
    ["journal", "fail", { journals: { files: 2, unreadable: ["1"] } }],
    ["journal", "warn", { journals: { files: 0, unreadable: [] } }],
    ["events", "fail", { log: { problem: "damaged at byte 12" } }],
    ["catalogue", "warn", { log: { ...GOOD.log, covered: "lost" } }],
    ["query index", "warn", { log: { ...GOOD.log, index_problem: "no room" } }],
    ["query index", "warn", { log: { ...GOOD.log, position: 1_000_000, indexed: 0 } }],
    ["clock", "warn", { log: { ...GOOD.log, recorded_at: "2026-11-24T12:00:10.000Z" } }],
  ])("names %s as %s", (check, verdict, changes) => {
    expect(verdicts(changes)).toEqual({ [check]: verdict });
  });

  it("says what to do about everything that is not well", () => {
    const findings = diagnose({ ...GOOD, writable: false, head: "absent", lock: "held", texts: false }, NOW);
    for (const { verdict, advice } of findings) expect(advice === undefined).toBe(verdict === "ok");
  });

  it("asks for a store where there is none", () => {
    const findings = diagnose(
      { path: "/data/my events", place: "folder", writable: true, free_bytes: undefined },
      NOW,
    );
    expect(findings[0]).toMatchObject({ verdict: "fail", advice: "eso init --store '/data/my events'" });
  });
});
