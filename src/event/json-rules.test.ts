import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { checkJsonRules } from "./json-rules.ts";
import { jsonValues } from "./testdata/sample-metadata.ts";

const cyclic: Record<string, unknown> = {};
cyclic["self"] = { again: cyclic };

class Money {
  readonly amount = 1;
}

test.each<[unknown, string, RegExp]>([
  [undefined, "$", /undefined/],
  [{ f: () => 1 }, "$.f", /function/],
  [{ n: 1n }, "$.n", /bigint/],
  [{ s: Symbol("s") }, "$.s", /symbol/],
  [{ at: new Date() }, "$.at", /Date, not a plain object/],
  [{ m: new Map() }, "$.m", /Map/],
  [{ m: new Money() }, "$.m", /not a plain object/],
  [{ n: Number.NaN }, "$.n", /not a finite number/],
  [{ n: [0, Number.NEGATIVE_INFINITY] }, "$.n[1]", /not a finite number/],
  [{ n: 2 ** 53 }, "$.n", /beyond/],
  [{ list: [1, undefined] }, "$.list[1]", /undefined/],
  [{ list: Array.from({ length: 2 }).fill(0, 1) }, "$.list[0]", /undefined/],
  [[[], Array(3)], "$[1][0]", /undefined/],
  [{ t: "a\ud800" }, "$.t", /surrogate/],
  [{ "\udfff": 1 }, '$["\\udfff"]', /surrogate/],
  [JSON.parse('{"a":{"__proto__":1}}'), "$.a.__proto__", /prototype/],
  [{ constructor: 1 }, "$.constructor", /prototype/],
  [Object.create({ inherited: 1 }), "$", /not a plain object/],
  [{ ["a b"]: { '"': [Number.NaN] } }, String.raw`$["a b"]["\""][0]`, /finite/],
])("%# names the path", (value, path, message) => {
  expect(checkJsonRules(value)).toEqual({ path, message: expect.stringMatching(message) });
});

test("cycles and deep nesting end at the depth limit", () => {
  expect(checkJsonRules(cyclic)?.message).toMatch(/deeper than 64/);
  let deep: unknown = 1;
  for (let level = 0; level < 64; level++) deep = [deep];
  expect(checkJsonRules(deep)).toBeUndefined();
  expect(checkJsonRules([deep])?.message).toMatch(/deeper than 64/);
});

test("undefined properties, objects without prototype and of other realms are fine", () => {
  expect(checkJsonRules({ a: undefined, b: Object.assign(Object.create(null), { c: 1 }) })).toBeUndefined();
  expect(checkJsonRules(runInNewContext("({ a: [1, { b: 2 }] })"))).toBeUndefined();
});

test("accepts all JSON that can be kept, and rendering keeps it", () => {
  fc.assert(
    fc.property(jsonValues, (value) => {
      expect(checkJsonRules(value)).toBeUndefined();
    }),
  );
});

test("whatever is accepted survives rendering unchanged", () => {
  fc.assert(
    fc.property(
      fc.anything({ withBigInt: true, withDate: true, withSparseArray: true, withNullPrototype: true }),
      (value) => {
        if (checkJsonRules(value) !== undefined) return;
        const again: unknown = JSON.parse(JSON.stringify(value));
        expect(JSON.stringify(again)).toBe(JSON.stringify(value));
        expect(checkJsonRules(again)).toBeUndefined();
      },
    ),
    { numRuns: 2_000 },
  );
});
