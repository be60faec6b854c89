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

/**
 * The value again; `[forgotten]` where the key is gone, was made anew since, or is not of this place. Undefined for a
 * text that is not sealed.
 */
export function openValue(
  text: string,
  find: (pseudonym: string) => Buffer | undefined,
  place: SealedPlace,
): string | undefined {
  const [, pseudonym = "", base64 = ""] = SEALED.exec(text) ?? [];
  if (pseudonym === "") return undefined;
  const key = find(pseudonym);
  const bytes = Buffer.from(base64, "base64url");
  const whole = bytes.length >= NONCE_BYTES + TAG_BYTES && bytes.toString("base64url") === base64;
  if (key === undefined || !whole) return FORGOTTEN;
  try {
    const cipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(`${place.event}\n${place.field}`))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([cipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), cipher.final()]).toString();
  } catch (error) {
    if (error instanceof Error) return FORGOTTEN;
    throw error;
  }
}
