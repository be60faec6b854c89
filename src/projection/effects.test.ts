import * as fc from "fast-check";
import { expect, test } from "vitest";

import { EVENT_TYPE_NAMES } from "../event/registry.ts";
import { EFFECTS, type EffectClass, type EffectLists, effectRules } from "./effects.ts";

const STRICTNESS: readonly EffectClass[] = ["pure", "idempotent", "once", "forbidden"];
const LISTS = fc.record({
  pure: fc.subarray([...EVENT_TYPE_NAMES, "MyType"]),
  idempotent: fc.subarray([...EVENT_TYPE_NAMES, "MyType"]),
  once: fc.subarray([...EVENT_TYPE_NAMES, "MyType"]),
  forbidden: fc.subarray([...EVENT_TYPE_NAMES, "MyType"]),
});

const of = (effect: EffectClass) => EVENT_TYPE_NAMES.filter((type) => EFFECTS[type] === effect).sort();

test("every type has a class; nothing is forbidden unless somebody says so", () => {
  expect(Object.keys(EFFECTS).sort()).toEqual([...EVENT_TYPE_NAMES].sort());
  expect(of("forbidden")).toEqual([]);
  expect(of("once")).toEqual(
    "CommentPosted CommitCreated ConfluencePageCreated IssueTransitioned PRClosed PRCreated PRMerged WorklogAdded".split(
      " ",
    ),
  );
  expect(of("idempotent")).toEqual(["DocumentationCreated"]);
  expect(of("none")).toEqual(["EventsReplayed", "OrchestrationSummaryCreated", "PhaseSummaryCreated"]);
});

test("a type has the strictest class of the lists that name it, else its default", () => {
  fc.assert(
    fc.property(LISTS, fc.constantFrom(...EVENT_TYPE_NAMES, "MyType"), (lists: EffectLists, type) => {
      const usual = effectRules()(type);
      const named = STRICTNESS.filter((effect) => lists[effect as keyof EffectLists]?.includes(type));
      expect(effectRules(lists)(type)).toBe(usual === "none" ? "none" : (named.at(-1) ?? usual));
    }),
  );
});

test("housekeeping is never acted on, whatever the lists say", () => {
  const effectOf = effectRules({ pure: ["StoreRecovered", "StoreNewThing", "EventsReplayed"] });
  for (const type of ["StoreRecovered", "StoreNewThing", "EventsReplayed"])
    expect(effectOf(type)).toBe("none");
});
