import * as fc from "fast-check";
import { expect, test } from "vitest";

import { EVENT_TYPE_NAMES } from "./registry.ts";
import { suggest } from "./suggest.ts";

test.each([
  ["AgentFaild", "AgentFailed"],
  ["agent_failed", "AgentFailed"],
  ["PRmergde", "PRMerged"],
  ["CommitsCreated", "CommitCreated"],
  ["Orchestration-Started", "OrchestrationStarted"],
])("%s means %s", (word, meant) => {
  expect(suggest(word, EVENT_TYPE_NAMES)[0]).toBe(meant);
});

test("nothing is suggested for what resembles nothing", () => {
  expect(suggest("Kartoffelsalat", EVENT_TYPE_NAMES)).toEqual([]);
  expect(suggest("", EVENT_TYPE_NAMES)).toEqual([]);
});

test("any single slip of the finger is understood", () => {
  const slip = fc.tuple(
    fc.constantFrom(...EVENT_TYPE_NAMES),
    fc.nat(),
    fc.constantFrom("drop", "double", "swap"),
  );
  fc.assert(
    fc.property(slip, ([name, nat, kind]) => {
      const at = nat % (name.length - 1);
      const [a = "", b = ""] = [name[at], name[at + 1]];
      const middle = { drop: b, double: a + a + b, swap: b + a }[kind];
      const typed = name.slice(0, at) + middle + name.slice(at + 2);
      expect(suggest(typed, EVENT_TYPE_NAMES)).toContain(name);
    }),
  );
});

test("hostile words cost nothing", () => {
  expect(suggest("A".repeat(10_000_000), EVENT_TYPE_NAMES)).toEqual([]);
});
