import { lstatSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../event/envelope.ts";
import { type GitDir, findGitDir, gitSetting, textOf } from "./git-dir.ts";
import { type IndexEntry, objectId, parseIndex, treeId } from "./git-index.ts";
import { commitTree } from "./git-object.ts";

export { mainWorktree } from "./git-dir.ts";

/** What the working copy looked like when an event was logged; fields that cannot be told are left out. */
export interface WorkingCopy {
  readonly git_sha?: string;
  readonly branch?: string;
  /** `dirty` as in `git describe --dirty`: tracked files differ from HEAD; untracked files do not count. */
  readonly codebase_state?: JsonObject & { readonly dirty: boolean };
}

const MAX_REF_DEPTH = 5;
/** Looking at a file takes about 5 µs in a new process; a hook has 80 ms for everything. */
const MAX_FILES = 2_000;
const MAX_READ_FILES = 64;
const MAX_READ_BYTES = 4_194_304;
const ABSENT_IS_UNDEFINED = { throwIfNoEntry: false } as const;
const SYMLINK = 0o120000;
const SUBMODULE = 0o160000;
/** Doubles carry milliseconds since 1970 to about this. */
const MTIME_TOLERANCE_MS = 0.001;

/**
 * Commit, branch and cleanness of the repository around a folder, read from its files without running git.
 * `codebase_state` is left out in repositories of more than `maxFiles` tracked files, default 2,000.
 * Outside of a repository, on an unborn branch or with refs in a format that is not read, fields are missing.
 *
 * @example
 * const { git_sha, branch } = workingCopy(process.cwd());
 */
export function workingCopy(dir: string, maxFiles = MAX_FILES): WorkingCopy {
  const found = findGitDir(dir);
  if (found === undefined) return {};
  const head = readHead(found);
  if (head.git_sha === undefined) return head;
  const dirty = dirtiness(found, head.git_sha, maxFiles);
  return dirty === undefined ? head : { ...head, codebase_state: { dirty } };
}

function readHead(place: GitDir): { git_sha?: string; branch?: string } {
  const text = textOf(join(place.gitDir, "HEAD"))?.trim() ?? "";
  const ref = refTarget(text);
  // With reftables, HEAD is only a stand-in.
  if (ref === "refs/heads/.invalid") return {};
  const branch = ref?.startsWith("refs/heads/") ? { branch: ref.slice("refs/heads/".length) } : {};
  const sha = resolveValue(place, text);
  return sha === undefined ? branch : { git_sha: sha, ...branch };
}

function refTarget(value: string): string | undefined {
  const ref = /^ref: (refs\/.+)$/.exec(value)?.[1];
  return ref?.split("/").includes("..") ? undefined : ref;
}

function resolveValue(place: GitDir, start: string): string | undefined {
  let value: string | undefined = start;
  for (let depth = 0; depth < MAX_REF_DEPTH && value !== undefined; depth += 1) {
    if (/^[0-9a-f]{40}$/.test(value)) return value;
    const ref = refTarget(value);
    value = ref === undefined ? undefined : readRef(place, ref);
  }
  return undefined;
}

function readRef({ gitDir, commonDir }: GitDir, ref: string): string | undefined {
  const ofWorktree = /^refs\/(?:bisect|worktree|rewritten)\//.test(ref);
  const loose = textOf(join(ofWorktree ? gitDir : commonDir, ref))?.trim();
  if (loose) return loose;
  const packed = textOf(join(commonDir, "packed-refs")) ?? "";
  const at = packed.indexOf(` ${ref}\n`);
  return at < 40 ? undefined : packed.slice(at - 40, at);
}

/** Whether tracked files differ from HEAD; nothing when telling would take too long or is beyond this reader. */
function dirtiness(place: GitDir, sha: string, maxFiles: number): boolean | undefined {
  try {
    return isDirty(place, sha, maxFiles);
  } catch {
    // Files vanish while others work, an index may be damaged: neither may keep an event from being logged.
    return undefined;
  }
}

function isDirty(place: GitDir, sha: string, maxFiles: number): boolean | undefined {
  const indexPath = join(place.gitDir, "index");
  const written = statSync(indexPath, { throwIfNoEntry: false });
  if (place.worktree === undefined || written === undefined) return undefined;
  const index = parseIndex(readFileSync(indexPath), maxFiles);
  if (index === undefined) return undefined;
  if (index === "unwritable") return true;
  const tree = commitTree(place.commonDir, sha);
  if (tree !== undefined && tree !== treeId(index.entries)) return true;
  const changed = isChanged(index.entries, new Comparison(place, place.worktree, written.mtimeMs));
  return changed === false && tree === undefined ? undefined : changed;
}

function isChanged(entries: readonly IndexEntry[], comparison: Comparison): boolean | undefined {
  let unsure = false;
  for (const entry of entries) {
    const changed = entry.unwatched ? false : comparison.changed(entry);
    if (changed === true) return true;
    unsure ||= changed === undefined;
  }
  return unsure ? undefined : false;
}

/** Compares files with their index entries as git does: by size and time, by content where these do not tell. */
class Comparison {
  readonly #worktree: string;
  readonly #indexWritten_ms: number;
  readonly #modes: boolean;
  #files = 0;
  #bytes = 0;

  constructor(place: GitDir, worktree: string, indexWritten_ms: number) {
    this.#worktree = worktree;
    this.#indexWritten_ms = indexWritten_ms;
    this.#modes = process.platform !== "win32" && gitSetting(place.commonDir, "core", "filemode") !== "false";
  }

  changed(entry: IndexEntry): boolean | undefined {
    const path = `${this.#worktree}/${decoded(entry.path)}`;
    const stat = lstatSync(path, ABSENT_IS_UNDEFINED);
    if (stat === undefined) return true;
    if (entry.mode === SUBMODULE) return !stat.isDirectory();
    if (stat.isSymbolicLink() !== (entry.mode === SYMLINK) || stat.isDirectory()) return true;
    if (this.#modes && stat.isFile() && ((stat.mode ^ entry.mode) & 0o100) !== 0) return true;
    // A write in the same tick as the index's keeps size and time, so time alone cannot clear the file.
    const settled = entry.modified_ms < this.#indexWritten_ms - MTIME_TOLERANCE_MS;
    const same = stat.size === entry.size && Math.abs(stat.mtimeMs - entry.modified_ms) <= MTIME_TOLERANCE_MS;
    return same && settled ? false : this.#contentChanged(entry, path, stat.size);
  }

  #contentChanged(entry: IndexEntry, path: string, size: number): boolean | undefined {
    this.#files += 1;
    this.#bytes += size;
    if (this.#files > MAX_READ_FILES || this.#bytes > MAX_READ_BYTES) return undefined;
    const body = entry.mode === SYMLINK ? Buffer.from(readlinkSync(path)) : readFileSync(path);
    if (objectId("blob", body).equals(entry.oid)) return false;
    // Line-end conversion and other filters make a clean file differ from its blob.
    return body.includes(0x0d) ? undefined : true;
  }
}

function decoded(path: string): string {
  return /[\x80-\xff]/.test(path) ? Buffer.from(path, "latin1").toString() : path;
}
