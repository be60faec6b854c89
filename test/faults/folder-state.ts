import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** Every file of a folder with its bytes. No process may have the folder's store open. */
export type FolderState = ReadonlyMap<string, Buffer>;

/** Takes a copy of a folder's files in memory. */
export function stateOf(base: string): FolderState {
  return new Map(filesIn(base).map((name) => [name, readFileSync(join(base, name))]));
}

/**
 * Brings a folder back to a state. Files keep their inodes, so that the store does not take itself for a copy;
 * what the state does not have is removed.
 */
export function bringBack(base: string, state: FolderState): void {
  for (const name of filesIn(base)) if (!state.has(name)) rmSync(join(base, name));
  for (const [name, bytes] of state) overwrite(join(base, name), bytes);
}

/** Replaces a file's bytes in place. */
export function overwrite(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, existsSync(path) ? "r+" : "w+", 0o600);
  try {
    if (fstatSync(file).size > bytes.length) ftruncateSync(file, bytes.length);
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done, done);
  } finally {
    closeSync(file);
  }
}

/** Paths of all files below a folder, relative to it. */
export function filesIn(base: string): string[] {
  return readdirSync(base, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(base.length + 1))
    .sort();
}
