import * as fc from "fast-check";
import { expect, test } from "vitest";

import { folded, hasWord, wordsOf } from "./words.ts";

test.each([
  ["Login-Timeout, again", ["login", "timeout", "again"]],
  ["snake_case v2", ["snake", "case", "v2"]],
  ["naïve CAFÉ", ["naive", "cafe"]],
  ["e\u0301te\u0301", ["ete"]],
  ["İstanbul", ["istanbul"]],
  ["ﬁle ①", ["file", "1"]],
  ["日本語 テスト", ["日本語", "テスト"]],
  ["🚀 !?", []],
])("the words of %j", (text, words) => {
  expect(wordsOf(folded(text))).toEqual(words);
});

test("a word is found exactly where a word of the text begins with it", () => {
  const texts = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 40 }),
    fc.string({
      unit: fc.constantFrom("a", "b", "é", "ß", "1", " ", "_", "𝐀", "日", "\u0301", "Σ", "ﬁ"),
      maxLength: 30,
    }),
  );
  fc.assert(
    fc.property(texts, texts, (query, text) => {
      const within = folded(text);
      for (const word of wordsOf(folded(query))) {
        expect(hasWord(within, word)).toBe(wordsOf(within).some((other) => other.startsWith(word)));
      }
    }),
    { numRuns: 2_000 },
  );
});
