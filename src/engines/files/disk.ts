import {
  chmodSync,
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fsync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";

import { ConfigError, EsoError, StorageError } from "../../errors.ts";

export type EntryKind = "file" | "folder" | "other";

/**
 * The file system as the engine uses it. Every call that can change what survives a power loss goes through
 * here, so that a simulator can stand in and replay each legal state after a crash.
 */
export interface Disk {
  /** Opens a regular file; never follows a link, never hangs on a pipe. `create` also makes it, mode 0600. */
  open(path: string, mode: "read" | "write" | "create"): number;
  close(file: number): void;
  /** Reads at `offset` until `into` is full or the file ends; gives the number of bytes read. */
  read(file: number, into: Uint8Array, offset: number): number;
  /** Writes all bytes at `offset`, continuing after short writes. */
  write(file: number, bytes: Uint8Array, offset: number): void;
  size(file: number): number;
  inode(file: number): number;
  truncate(file: number, size: number): void;
  /** Data, and the size where it changed, reach the device before this returns. */
  sync(file: number): void;
  syncAsync(file: number): Promise<void>;
  /** Entries created, renamed or removed in this folder reach the device. */
  syncFolder(path: string): void;
  /** Like `sync` or `syncFolder` by path, without blocking the event loop. */
  syncPathAsync(path: string): Promise<void>;
  /** Makes one folder, mode 0700; false when it is there already. */
  makeFolder(path: string): boolean;
  rename(from: string, to: string): void;
  remove(path: string): void;
  list(path: string): string[];
  kind(path: string): EntryKind | undefined;
  /** Bytes of a file by path; undefined when nothing is there. */
  sizeAt(path: string): number | undefined;
  setReadOnly(path: string): void;
}

const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const READ_ONLY = new Set(["EROFS", "EACCES", "EPERM"]);
/** SQLite's own words for the same refusals, by its result code. */
const SQLITE_CODES: Readonly<Record<number, string>> = { 8: "EROFS", 13: "ENOSPC", 14: "EACCES" };
const FLAGS = {
  read: constants.O_RDONLY,
  write: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT,
} as const;
const SAFE = constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The code of a system error, or undefined for any other value. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number")
    return undefined;
  return SQLITE_CODES[error.errcode & 0xff];
}

/** Turns a refused write into the error that says so; anything else passes unchanged. */
export function storageError(error: unknown, path: string): unknown {
  if (error instanceof EsoError) return error;
  const code = sqliteCode(error) ?? systemCode(error) ?? "";
  if (FULL.has(code)) {
    return new StorageError(
      "ESO_STORAGE_FULL",
      `the disk cannot take more at ${path} (${code}); nothing was written`,
      {
        hint: "Free some space, then try again; what was acknowledged is safe.",
        details: { path },
        cause: error,
      },
    );
  }
  if (READ_ONLY.has(code)) {
    return new StorageError(
      "ESO_STORAGE_READ_ONLY",
      `${path} cannot be written (${code}); nothing was written`,
      {
        hint: "Check the folder's owner, permissions and mount, then try again.",
        details: { path },
        cause: error,
      },
    );
  }
  if (code === "ENOTDIR") return unsafePath(path, "no folder, or has something else where a folder belongs");
  return error;
}

/** The error for a link, pipe or device where a store file or folder belongs. */
export function unsafePath(path: string, what: string): ConfigError {
  return new ConfigError("ESO_UNSAFE_PATH", `${path} is ${what}; the store does not go through it`, {
    hint: "Move it away (the store makes its own file), or open the store at its real path.",
    details: { path },
  });
}

function openSafely(path: string, mode: "read" | "write" | "create"): number {
  let file: number;
  try {
    file = openSync(path, FLAGS[mode] | SAFE, 0o600);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ELOOP" || code === "EMLINK") throw unsafePath(path, "a symbolic link");
    if (code === "ENXIO" || code === "EISDIR") throw unsafePath(path, "not a regular file");
    throw error;
  }
  if (!fstatSync(file).isFile()) {
    closeSync(file);
    throw unsafePath(path, "not a regular file");
  }
  return file;
}

function kindOf(path: string): EntryKind | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  return stat.isFile() ? "file" : stat.isDirectory() ? "folder" : "other";
}

function makeFolder(path: string): boolean {
  try {
    mkdirSync(path, 0o700);
    return true;
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
    if (kindOf(path) !== "folder") throw unsafePath(path, "not a folder");
    return false;
  }
}

function onFile<T>(path: string, use: (file: number) => T): T {
  const file = openSync(path, constants.O_RDONLY);
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}

function settled(run: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => run((error) => (error === null ? resolve() : reject(error))));
}

/** The real file system. */
export const nodeDisk: Disk = {
  open: openSafely,
  close: closeSync,
  read(file, into, offset) {
    let done = 0;
    while (done < into.length) {
      const got = readSync(file, into, done, into.length - done, offset + done);
      if (got === 0) break;
      done += got;
    }
    return done;
  },
  write(file, bytes, offset) {
    let done = 0;
    while (done < bytes.length) done += writeSync(file, bytes, done, bytes.length - done, offset + done);
  },
  size: (file) => fstatSync(file).size,
  inode: (file) => fstatSync(file).ino,
  truncate: ftruncateSync,
  sync: fdatasyncSync,
  syncAsync: (file) => settled((done) => fdatasync(file, done)),
  syncFolder: (path) => onFile(path, fdatasyncSync),
  async syncPathAsync(path) {
    const file = openSync(path, constants.O_RDONLY);
    try {
      await settled((done) => fsync(file, done));
    } finally {
      closeSync(file);
    }
  },
  makeFolder,
  rename: renameSync,
  remove: unlinkSync,
  list: (path) => readdirSync(path),
  kind: kindOf,
  sizeAt: (path) => lstatSync(path, { throwIfNoEntry: false })?.size,
  setReadOnly: (path) => chmodSync(path, 0o400),
};
