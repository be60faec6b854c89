import { createHmac, hash, timingSafeEqual } from "node:crypto";
import type { Provider } from "./delivery.ts";

/** The headers by which providers prove that they know the secret. */
const PROOFS: Readonly<Record<Provider, { readonly header: string; readonly kind: "hmac" | "token" }>> = {
  github: { header: "x-hub-signature-256", kind: "hmac" },
  gitlab: { header: "x-gitlab-token", kind: "token" },
  jira: { header: "x-hub-signature", kind: "hmac" },
  confluence: { header: "x-hub-signature", kind: "hmac" },
};

const SIGNATURE = /^sha256=([0-9a-f]{64})$/i;

/**
 * Whether a delivery proves to know one of the secrets: an HMAC-SHA256 of the body's very bytes, or, for GitLab,
 * the secret itself. Two secrets at a time let one replace the other. Without any secret nothing is proven. Takes
 * as long for a wrong proof as for a right one.
 *
 * @example
 * isProven("github", new Headers({ "x-hub-signature-256": "sha256=…" }), { body, secrets: ["new", "old"] });
 */
export function isProven(
  provider: Provider,
  headers: Headers,
  { body, secrets }: { readonly body: Uint8Array; readonly secrets: readonly string[] },
): boolean {
  const { header, kind } = PROOFS[provider];
  const given = headers.get(header) ?? "";
  // Every secret is tried, so that time does not tell which one was right.
  return secrets.filter((secret) => secret !== "" && proofs[kind](given, secret, body)).length > 0;
}

const proofs = {
  hmac(given: string, secret: string, body: Uint8Array): boolean {
    const digest = createHmac("sha256", secret).update(body).digest();
    const offered = Buffer.from(SIGNATURE.exec(given)?.[1] ?? "", "hex");
    // A proof of another length is compared all the same, with what cannot be equal.
    return (
      timingSafeEqual(digest, offered.length === digest.length ? offered : Buffer.alloc(digest.length)) &&
      offered.length === digest.length
    );
  },
  token(given: string, secret: string): boolean {
    return timingSafeEqual(hash("sha256", given, "buffer"), hash("sha256", secret, "buffer"));
  },
} as const;
