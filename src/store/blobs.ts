import { hash } from "node:crypto";

import { IntegrityError, NotFoundError } from "../errors.ts";
import type { BlobStore } from "../log/blob-store.ts";

/** What stands in metadata for an attached text or file. */
export interface BlobReference {
  readonly $blob: string;
  readonly bytes: number;
  readonly media_type: string;
}

/** Keeps an attachment and gives the reference to put into an event's metadata. */
export function attach(blobs: BlobStore, bytes: Uint8Array, media_type: string): BlobReference {
  const $blob = hash("sha256", bytes);
  blobs.put($blob, bytes);
  return { $blob, bytes: bytes.length, media_type };
}

/**
 * The bytes behind a reference.
 * @throws NotFoundError when they are not in the store, IntegrityError when they are not what was attached.
 */
export function attachment(blobs: BlobStore, reference: BlobReference): Uint8Array {
  const name = reference.$blob;
  const bytes = /^[0-9a-f]{64}$/.test(name) ? blobs.get(name) : undefined;
  if (bytes === undefined) {
    throw new NotFoundError("ESO_NOT_FOUND", `the attachment ${name} is not in this store`, {
      hint: "Bring .store/blobs back from a backup of the store that the event was logged in.",
      details: { what: name },
    });
  }
  if (hash("sha256", bytes) !== name) {
    throw new IntegrityError("ESO_LOG_DAMAGED", `the attachment ${name} is not what was attached`, {
      hint: "Bring .store/blobs back from a backup.",
      details: { file: `.store/blobs/${name}`, offset: 0 },
    });
  }
  return bytes;
}

/** Attachments that live as long as the store object; for the memory engine. */
export function memoryBlobs(): BlobStore {
  const held = new Map<string, Uint8Array>();
  return {
    put: (sha256, bytes) => void held.set(sha256, Uint8Array.from(bytes)),
    get: (sha256) => held.get(sha256),
  };
}
