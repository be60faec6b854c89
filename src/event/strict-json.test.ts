import * as fc from "fast-check";
import { expect, test } from "vitest";

import { ValidationError } from "../errors.ts";
import { findJsonFault } from "./json-fault.ts";
import { checkJsonRules } from "./json-rules.ts";
import { parseStrictJson } from "./strict-json.ts";
import { jsonValues } from "./testdata/sample-metadata.ts";

function faultOf(text: string): string {
  try {
    parseStrictJson(text);
  } catch (error) {
    if (error instanceof ValidationError)
      return error.issues.map(({ path, message }) => `${path} ${message}`).join();
    throw error;
  }
  return "none";
}

test.each([
  ['{"a":1,"a":1}', /^\$\.a is given twice$/],
  [String.raw`{"a":1,"\u0061":2}`, /^\$\.a is given twice$/],
  ['{"m":[{"x":{"k":":","k":0}}]}', /^\$\.m\[0\]\.x\.k is given twice$/],
  [String.raw`["\ud800"]`, /^\$\[0\] holds half of a surrogate pair/],
  [String.raw`{"\udc00x":1}`, /^\$\["\\udc00x"\] is a key that holds half/],
  ["[1e400]", /^\$\[0\] is not a finite number/],
  ['{"n":-1e999}', /^\$\.n is not a finite number/],
  ['{"n":12345678901234567890}', /^\$\.n is an integer beyond/],
  ['{"n":9007199254740993}', /^\$\.n is an integer beyond/],
  ['{"n":1E20}', /^\$\.n is an integer beyond/],
  ['{"metadata":{"__proto__":{"isAdmin":true}}}', /^\$\.metadata\.__proto__ is a key that could change/],
  [String.raw`{"\u005f_proto__":1}`, /^\$\.__proto__ is a key/],
  ['{"constructor":1}', /^\$\.constructor is a key/],
  ['{"a":{"prototype":1}}', /^\$\.a\.prototype is a key/],
  ["\uFEFF{}", /byte order mark/],
  ["[".repeat(65) + "]".repeat(65), /nests deeper than 64/],
  ["[".repeat(100_000), /nests deeper than 64/],
  ['{"a":'.repeat(100_000), /nests deeper than 64/],
  ["", /^\$ expects a JSON value, found the end of the text at line 1, column 1/],
  ['{"a":1,}', /^\$ expects a key in double quotes, found "}" at line 1, column 8/],
  ['{"a":\n [1,\n  tru]}', /^\$\.a\[1\] expects a JSON value, found "t" at line 3, column 3/],
  ["[1] x", /^\$ has text behind its end, found "x" at line 1, column 5/],
  ["[1 2]", /^\$ expects a comma or the array's end/],
  ['{"a" 1}', /^\$\.a expects a colon/],
  ["{'a':1}", /double quotes/],
  ["[01]", /expects a comma or the array's end/],
  ["[-]", /expects a number/],
  ["[.5]", /expects a JSON value/],
  ["[NaN]", /expects a JSON value/],
  ['["a\nb"]', /not closed or not escaped/],
  [String.raw`["\x41"]`, /not closed or not escaped/],
  ['["abc', /not closed or not escaped/],
])("%# %j", (text, expected) => {
  expect(faultOf(text)).toMatch(expected);
});

test("what JSON allows and the rules do not forbid is kept", () => {
  const text = String.raw` {"a":"\u0000\u001b\u202e\u2028😀\ud83d\ude00","b":[1.5,-0,1e-400,9007199254740991,null],"":{},"c:d":"\\\":"} `;
  expect(parseStrictJson(text)).toEqual(JSON.parse(text));
  expect(parseStrictJson("[".repeat(64) + "]".repeat(64))).toHaveLength(1);
  expect(parseStrictJson("3")).toBe(3);
});

test.each<[string, string]>([
  ["string", JSON.stringify("a".repeat(20_000_000))],
  ["escaped string", `"${String.raw`\u0041\"`.repeat(3_000_000)}"`],
  ["number", `0.${"1".repeat(20_000_000)}`],
  ["white space", `${" ".repeat(20_000_000)}1`],
])("a hostile, long %s does not exhaust the stack", (_, value) => {
  expect(faultOf(`[${value},x]`)).toMatch(/^\$\[1\] expects a JSON value, found "x"/);
});

test("agrees with JSON.parse on acceptable JSON, however it is written", () => {
  fc.assert(
    fc.property(jsonValues, fc.constantFrom(undefined, 1, "\t"), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      expect(parseStrictJson(text)).toEqual(JSON.parse(text));
    }),
  );
});

test("never accepts what JSON.parse refuses, and always says why", () => {
  const pieces = fc.constantFrom(
    ...'{}[]:,"\\ \n'.split(""),
    '"a"',
    '"b"',
    "1",
    "-0.5e3",
    "1e999",
    "true",
    "null",
    "\\u",
    "\\ud800",
    '{"a":1}',
    '"__proto__"',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const text = parts.join("");
      let valid: unknown;
      try {
        valid = JSON.parse(text);
      } catch {
        expect(faultOf(text)).not.toBe("none");
        return;
      }
      if (faultOf(text) === "none") expect(checkJsonRules(valid)).toBeUndefined();
    }),
    { numRuns: 5_000 },
  );
});

test("a key written twice is found wherever it stands", () => {
  const acceptable = fc
    .string({ minLength: 1 })
    .filter((key) => !["__proto__", "constructor", "prototype"].includes(key) && key.isWellFormed());
  const objects = fc.dictionary(acceptable, jsonValues, { minKeys: 1, maxKeys: 5 });
  fc.assert(
    fc.property(objects, fc.nat(), (object, nat) => {
      const keys = Object.keys(object);
      const key = keys[nat % keys.length] ?? "";
      const text = `[{${JSON.stringify(key)}:0,${JSON.stringify(object).slice(1)}]`;
      expect(faultOf(text)).toMatch(/is given twice$/);
    }),
  );
});

test("the careful scanner finds fault with nothing that is acceptable", () => {
  fc.assert(
    fc.property(jsonValues, (value) => {
      expect(() => findJsonFault(JSON.stringify(value))).toThrow(/disagree/);
    }),
  );
});
