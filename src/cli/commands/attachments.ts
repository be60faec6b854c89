import { hash } from "node:crypto";
import { extname, resolve } from "node:path";

import type { BlobReference } from "../../store/blobs.ts";
import type { Arguments } from "../arguments.ts";
import { readBytes } from "../read-input.ts";
import { UsageError } from "../usage-error.ts";

/** Held in memory while it is hashed and written. */
export const ATTACHMENT_BYTES_MAX = 268_435_456;

/** A file on its way into the store, and what will stand for it in the metadata. */
export interface Attachment {
  readonly field: string;
  readonly bytes: Buffer;
  readonly reference: BlobReference;
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ".csv": "text/csv",
  ".diff": "text/x-diff",
  ".gz": "application/gzip",
  ".html": "text/html",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".json": "application/json",
  ".jsonl": "application/jsonl",
  ".md": "text/markdown",
  ".patch": "text/x-diff",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".xml": "application/xml",
  ".yaml": "application/yaml",
  ".yml": "application/yaml",
  ".zip": "application/zip",
  ".zst": "application/zstd",
};

/** Reads the files behind `--attach field=@file`. */
export async function attachmentsOf(given: Arguments, cwd: string): Promise<Attachment[]> {
  const attachments: Attachment[] = [];
  for (const word of given.texts("attach")) {
    const { field, file } = partsOf(word);
    if (attachments.some((other) => other.field === field))
      throw new UsageError(`--attach ${field} is given twice`);
    const bytes = await readBytes(resolve(cwd, file), ATTACHMENT_BYTES_MAX);
    const reference = {
      $blob: hash("sha256", bytes),
      bytes: bytes.length,
      media_type: mediaTypeOf(file, bytes),
    };
    attachments.push({ field, bytes, reference });
  }
  return attachments;
}

function partsOf(word: string): { field: string; file: string } {
  const { field, file } = /^(?<field>[^=]+)=@(?<file>.+)$/s.exec(word)?.groups ?? {};
  if (field !== undefined && file !== undefined) return { field, file };
  throw new UsageError(
    `--attach ${word} does not name a field and a file`,
    "Write --attach comment_body=@review.md.",
  );
}

function mediaTypeOf(file: string, bytes: Buffer): string {
  const known = MEDIA_TYPES[extname(file).toLowerCase()];
  return known ?? (isText(bytes) ? "text/plain" : "application/octet-stream");
}

function isText(bytes: Buffer): boolean {
  try {
    return !new TextDecoder("utf-8", { fatal: true }).decode(bytes).includes("\0");
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
