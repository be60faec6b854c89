import { hash } from "node:crypto";
import { join } from "node:path";

import type { EngineCore } from "./core.ts";
import { writeAtomic } from "./write-atomic.ts";

/** Bytes that stood where nothing acknowledged belongs; kept, never interpreted. */
export interface Fragment {
  /** The file they were found in, relative to the store. */
  readonly file: string;
  readonly offset: number;
  readonly length: number;
  readonly sha256: string;
  /** Their copy's name in `.store/quarantine`. */
  readonly kept_as: string;
}

/** Bytes to keep, and where they stood. */
export interface FoundBytes {
  readonly file: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Copies bytes to quarantine before the place they stood in is cut; the copy is on disk on return. */
export function keepFragment(core: EngineCore, found: FoundBytes): Fragment {
  const { file, offset, bytes } = found;
  const sha256 = hash("sha256", bytes);
  const kept_as = `${sha256.slice(0, 16)}-${offset}`;
  core.disk.makeFolder(core.layout.quarantine);
  writeAtomic(core.disk, join(core.layout.quarantine, kept_as), bytes);
  return { file: file.slice(core.layout.base.length + 1), offset, length: bytes.length, sha256, kept_as };
}
