import * as fc from "fast-check";
import { expect, test } from "vitest";

import { shellWord } from "./shell-word.ts";
import { splitCommand } from "./split-command.ts";
import { UsageError } from "./usage-error.ts";

test("words that are quoted for a shell are read as they were", () => {
  const word = fc.string({ minLength: 1, unit: "grapheme" });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      expect(splitCommand(words.map(shellWord).join(" "))).toEqual(words);
    }),
  );
});

test.each([
  ["./apply.sh  --all", ["./apply.sh", "--all"]],
  [`sh -c 'jq . >> "a b"'`, ["sh", "-c", 'jq . >> "a b"']],
  [`a "b \\"c\\" \\\\ d" e\\ f ''`, ["a", 'b "c" \\ d', "e f", ""]],
  [`a'b'"c"d`, ["abcd"]],
])("%s", (text, words) => expect(splitCommand(text)).toEqual(words));

test.each([
  "a | b",
  "a > b",
  "a; b",
  "a && b",
  "a $HOME",
  "a `b`",
  "ls *",
  "a 'b",
  'a "b',
  "",
  "  ",
  "a\nb",
  "~/a",
])("%j is refused", (text) => expect(() => splitCommand(text)).toThrow(UsageError));
