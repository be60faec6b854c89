import { createHmac } from "node:crypto";

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { isProven } from "./signature.ts";

const SECRET = "It's a Secret to Everybody";
const BODY = Buffer.from("Hello, World!");
const DIGEST = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

const github = (
  signature: string | undefined,
  secrets: readonly string[] = [SECRET],
  body: Uint8Array = BODY,
) => {
  const headers = new Headers(signature === undefined ? {} : { "x-hub-signature-256": signature });
  return isProven("github", headers, { body, secrets });
};

describe("isProven", () => {
  it("holds for GitHub's published example", () => {
    expect(github(`sha256=${DIGEST}`)).toBe(true);
    expect(github(`sha256=${DIGEST.toUpperCase()}`)).toBe(true);
  });

  it("holds for either of two secrets", () => {
    expect(github(`sha256=${DIGEST}`, ["new", SECRET])).toBe(true);
    expect(github(`sha256=${DIGEST}`, [SECRET, "old"])).toBe(true);
    expect(github(`sha256=${DIGEST}`, ["new", "old"])).toBe(false);
  });

  it("does not hold without header, with SHA-1, cut, longer, or without a secret", () => {
    const sha1 = createHmac("sha1", SECRET).update(BODY).digest("hex");
    const wrong = [
      undefined,
      "",
      DIGEST,
      `sha1=${sha1}`,
      `sha256=${DIGEST.slice(0, 62)}`,
      `sha256=${DIGEST}00`,
      "sha256=",
      "sha256=zz",
    ];
    for (const signature of wrong) expect(github(signature), signature).toBe(false);
    expect(github(`sha256=${DIGEST}`, [])).toBe(false);
    const ofNothing = createHmac("sha256", "").update(BODY).digest("hex");
    expect(github(`sha256=${ofNothing}`, [""])).toBe(false);
  });

  it("holds for every body and secret, and for none with a flipped bit", () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 });
    const secret = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(bytes, secret, fc.nat(), (body, key, place) => {
        const hex = createHmac("sha256", key).update(body).digest("hex");
        expect(github(`sha256=${hex}`, [key], body)).toBe(true);
        const flipped = body.slice();
        flipped[place % body.length]! ^= 1 << (place % 8);
        expect(github(`sha256=${hex}`, [key], flipped)).toBe(false);
      }),
    );
  });

  it("looks at the bytes, not at what they mean", () => {
    const body = Buffer.from('{"a": 1}');
    const hex = createHmac("sha256", SECRET).update(body).digest("hex");
    expect(github(`sha256=${hex}`, [SECRET], Buffer.from('{"a":1}'))).toBe(false);
  });

  it("takes each provider's own header only", () => {
    const headers = new Headers({ "x-hub-signature": `sha256=${DIGEST}` });
    const given = { body: BODY, secrets: [SECRET] };
    expect(isProven("jira", headers, given)).toBe(true);
    expect(isProven("confluence", headers, given)).toBe(true);
    expect(isProven("github", headers, given)).toBe(false);
  });

  it("takes GitLab's token as it is", () => {
    const token = (value: string) =>
      isProven("gitlab", new Headers({ "x-gitlab-token": value }), {
        body: BODY,
        secrets: [SECRET, "other"],
      });
    expect([token(SECRET), token("other"), token("othe"), token(""), token(`${SECRET}x`)]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
