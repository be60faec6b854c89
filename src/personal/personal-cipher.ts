import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";

import type { SubjectKey } from "./subject-keys.ts";

/** What stands for a value whose key is gone. */
export const FORGOTTEN = "[forgotten]";

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEALED = /^personal:v1:([0-9a-f]{16}):([A-Za-z0-9_-]+)$/;

/** The place that a sealed value belongs to; it can be opened nowhere else. */
export interface SealedPlace {
  /** The event's natural key or id. */
  readonly event: string;
  readonly field: string;
}

/**
 * Encrypts a value with AES-256-GCM for one place in one event. The same value in the same place gives the same
 * text, so that a repeated append is still the same input.
 */
export function sealValue(value: string, { key, pseudonym }: SubjectKey, place: SealedPlace): string {
  const bound = `${place.event}\n${place.field}`;
  const nonce = createHmac("sha256", key).update(`${bound}\n${value}`).digest().subarray(0, NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(bound));
  const sealed = Buffer.concat([nonce, cipher.update(value, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `personal:v1:${pseudonym}:${sealed.toString("base64url")}`;
}

/** Whether a text is a sealed value, and whose. */
export function pseudonymIn(text: string): string | undefined {
  return SEALED.exec(text)?.[1];
}

/** The value again; `[forgotten]` without the key, and undefined for a text that is not sealed, or not for this place. */
export function openValue(
  text: string,
  find: (pseudonym: string) => Buffer | undefined,
  place: SealedPlace,
): string | undefined {
  const [, pseudonym = "", base64 = ""] = SEALED.exec(text) ?? [];
  if (pseudonym === "") return undefined;
  const key = find(pseudonym);
  if (key === undefined) return FORGOTTEN;
  const bytes = Buffer.from(base64, "base64url");
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString("base64url") !== base64) return undefined;
  try {
    const cipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(`${place.event}\n${place.field}`))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([cipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), cipher.final()]).toString();
  } catch (error) {
    // Not of this place, or changed: verification names the line; a reader sees what is stored.
    if (error instanceof Error) return undefined;
    throw error;
  }
}
