import * as fc from "fast-check";
import { expect, test } from "vitest";

import { normalIsoTime } from "./iso-time.ts";
import { isoTimes } from "./testdata/sample-metadata.ts";

test.each([
  ["2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00.000Z"],
  ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"],
  ["2026-01-31T12:00Z", "2026-01-31T12:00:00.000Z"],
  ["2026-01-31T12:00:00.123456789Z", "2026-01-31T12:00:00.123Z"],
  ["2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00.000Z"],
  ["2026-01-31T12:00:00.000-0930", "2026-01-31T21:30:00.000Z"],
  ["2024-02-29T23:59:59-00:01", "2024-03-01T00:00:59.000Z"],
])("%s is %s", (text, normal) => {
  expect(normalIsoTime(text)).toBe(normal);
});

test.each([
  "2026-02-29T12:00:00Z",
  "1900-02-29T12:00:00Z",
  "2026-04-31T12:00:00Z",
  "2026-13-01T12:00:00Z",
  "2026-01-31T24:00:00Z",
  "2026-01-31T12:60:00Z",
  "2026-01-31T12:00:60Z",
  "2026-01-31T12:00:00",
  "2026-01-31 12:00:00Z",
  "2026-01-31",
  "2026-01-31T12:00:00Z\n",
  "+012026-01-31T12:00:00Z",
  "9999-12-31T23:59:59-01:00",
  "0000-01-01T00:00:00+01:00",
  "yesterday",
  "",
])("%j is no time", (text) => {
  expect(normalIsoTime(text)).toBeUndefined();
});

test("normalising keeps the instant, and normal times as they are", () => {
  fc.assert(
    fc.property(isoTimes, (text) => {
      const normal = normalIsoTime(text) ?? "";
      const withColon = text.replace(/([+-]\d\d)(\d\d)$/, "$1:$2");
      expect(Date.parse(normal)).toBe(Date.parse(withColon));
      expect(normalIsoTime(normal)).toBe(normal);
    }),
  );
});
