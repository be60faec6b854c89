import * as fc from "fast-check";
import { expect, test } from "vitest";

import { maskedMessage } from "./masked-message.ts";

test("what differs from one time to the next is masked", () => {
  expect(maskedMessage("timeout after 3021 ms at /srv/app/pay.ts:41")).toBe("timeout after <n> ms at <path>");
  expect(maskedMessage("job 6f1d2c3b-1111-4222-8333-444455556666 lost at 2026-11-24T10:00:00.123Z")).toBe(
    "job <id> lost at <time>",
  );
  expect(maskedMessage("GET https://api.example.com/v1/items/42?x=1 gave 503")).toBe("GET <url> gave <n>");
  expect(maskedMessage("commit 4f2a9c1e8d7b is not on ../main/feature.ts")).toBe(
    "commit <hash> is not on <path>",
  );
  expect(maskedMessage("cannot read C:\\temp\\a.txt")).toBe("cannot read <path>");
  expect(maskedMessage("facade and and/or decade\n  stay")).toBe("facade and and/or decade stay");
});

test("numbers do not tell messages apart", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.nat(), fc.nat(), (text, a, b) => {
      const words = text.replaceAll(/[0-9a-f]/gi, "x");
      expect(maskedMessage(`took ${a} ms: ${words}`)).toBe(maskedMessage(`took ${b} ms: ${words}`));
      expect(maskedMessage(text).length).toBeLessThanOrEqual(200);
    }),
  );
});

test("hostile messages take no longer than others", () => {
  for (const piece of ["a/", "0", "-", "a1b2", "/.", " ", "\\a", "https://", "2026-11-24T10:00"]) {
    expect(maskedMessage(piece.repeat(65_535)).length).toBeLessThanOrEqual(200);
  }
});
