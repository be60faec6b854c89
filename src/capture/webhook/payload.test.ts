import * as fc from "fast-check";
import { expect, it } from "vitest";

import { decodeDelivery, encodeDelivery, PROVIDERS } from "./delivery.ts";
import { addressOf, at, hostOf, idOf, nameOf, timeOf } from "./payload.ts";

it("reads moments in every form that providers use", () => {
  const moment = "2016-08-22T20:27:22.000Z";
  for (const form of [
    "2016-08-22 20:27:22 UTC",
    "2016-08-22T20:27:22Z",
    "2016-08-23T01:57:22.000+0530",
    "2016-08-22T22:27:22+02:00",
    1_471_897_642_000,
  ]) {
    expect(timeOf(form), String(form)).toBe(moment);
  }
  for (const none of [
    "",
    "yesterday",
    "2016",
    null,
    {},
    Number.NaN,
    -1,
    1e300,
    "+275760-09-13T00:00:00Z",
    "2016-13-45T99:99:99Z",
  ]) {
    expect(timeOf(none), JSON.stringify(none)).toBeUndefined();
  }
});

it("gives any time back that it gave", () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true }),
      (date) => {
        expect(timeOf(date.toISOString())).toBe(date.toISOString());
        expect(timeOf(date.getTime())).toBe(date.toISOString());
      },
    ),
  );
});

it("reads own fields only", () => {
  expect(at({}, "toString")).toBeUndefined();
  expect(at({ a: { b: 1 } }, "a", "b")).toBe(1);
  expect(at({ a: null }, "a", "b")).toBeUndefined();
  expect(at([1], "0")).toBeUndefined();
});

it("takes names, ids and addresses that can be used as such", () => {
  expect(nameOf("  a\n b ")).toBe("a b");
  expect(nameOf(" ")).toBeUndefined();
  expect(nameOf("\ud800x")).toBe("\ufffdx");
  expect([idOf(12), idOf("99:27935d01-92a7"), idOf(1.5), idOf("a b"), idOf("")]).toEqual([
    "12",
    "99:27935d01-92a7",
    undefined,
    undefined,
    undefined,
  ]);
  expect([addressOf("https://a.example/x"), addressOf("data:text/html,x"), addressOf("x")]).toEqual([
    "https://a.example/x",
    undefined,
    undefined,
  ]);
  expect(hostOf(undefined, "no address", "https://A.example:8443/x")).toBe("a.example:8443");
});

it("keeps deliveries byte for byte", () => {
  const delivery = fc.record({
    provider: fc.constantFrom(...PROVIDERS),
    event: fc.string(),
    delivery_id: fc.string(),
    received_at: fc.constant("2026-11-24T12:00:00.000Z"),
    body: fc.oneof(
      fc.uint8Array(),
      fc.string().map((text) => new Uint8Array(Buffer.from(text))),
    ),
  });
  fc.assert(
    fc.property(delivery, (one) => {
      const kept = decodeDelivery(encodeDelivery(one));
      expect({ ...kept, body: [...(kept?.body ?? [])] }).toEqual({ ...one, body: [...one.body] });
    }),
  );
  expect(decodeDelivery("{")).toBeUndefined();
  expect(decodeDelivery('{"provider":"x","received_at":"y"}')).toBeUndefined();
});
