import { createHash, type Hash } from "node:crypto";
import { dirname, join } from "node:path";

import { ConfigError, IntegrityError } from "../../errors.ts";
import type { BackupEntry, BackupManifest } from "../../log/backup-shelf.ts";
import { digestOfFile, makeFolders, nearestFolder, writeChecked } from "./archive-file.ts";
import { type Disk, storageError, systemCode } from "./disk.ts";
import { readWhole } from "./write-atomic.ts";

const MANIFEST = /^backup-[0-9TZ.-]{20,32}\.json$/;
const SHA256 = /^[0-9a-f]{64}$/;
/** A name in the store: no way out of it, nothing hidden but the engine room. */
const SEGMENT = /^(?!\.{1,2}$)[^/\\\p{Cc}]{1,255}$/u;
const COPY_BYTES = 1024 * 1024;

/** Where an object lies in a backup folder. */
export function objectPath(folder: string, sha256: string): string {
  return join(folder, "objects", sha256.slice(0, 2), sha256);
}

/** The manifests of a backup folder, oldest first. */
export function manifestNames(disk: Disk, folder: string): string[] {
  if (disk.kind(folder) !== "folder") return [];
  return disk
    .list(folder)
    .filter((name) => MANIFEST.test(name))
    .sort();
}

/**
 * Reads a manifest and refuses what no backup holds: other names than a store's, digests that are none.
 * @throws IntegrityError when it is not one.
 */
export function readManifest(
  disk: Disk,
  path: string,
): { readonly manifest: BackupManifest; readonly sha256: string } {
  const bytes = readWhole(disk, path);
  const manifest = bytes === undefined ? undefined : parsed(bytes);
  if (bytes === undefined || manifest === undefined) throw notABackup(path, "is no manifest of a backup");
  const wrong = manifest.files.findIndex((entry) => !isEntry(entry));
  if (wrong !== -1)
    throw notABackup(path, `names a file that no store has: ${JSON.stringify(manifest.files[wrong])}`);
  return { manifest, sha256: createHash("sha256").update(bytes).digest("hex") };
}

function parsed(bytes: Buffer): BackupManifest | undefined {
  try {
    const value = JSON.parse(bytes.toString()) as Partial<BackupManifest> | null;
    const { schema, store_id, origin, incarnation, created_at, last_position, files } = value ?? {};
    const texts = [store_id, origin, incarnation, created_at].every((text) => typeof text === "string");
    const whole =
      schema === "eso.backup/1" && texts && Number.isSafeInteger(last_position) && Array.isArray(files);
    return whole ? (value as BackupManifest) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isEntry(entry: Partial<BackupEntry> | null): entry is BackupEntry {
  const { path, bytes, sha256 } = entry ?? {};
  return (
    typeof path === "string" &&
    path.split("/").every((segment) => SEGMENT.test(segment)) &&
    Number.isSafeInteger(bytes) &&
    (bytes ?? -1) >= 0 &&
    typeof sha256 === "string" &&
    SHA256.test(sha256)
  );
}

export function notABackup(path: string, what: string): IntegrityError {
  return new IntegrityError("ESO_LOG_DAMAGED", `${path} ${what}; nothing was restored`, {
    hint: "Take an earlier backup: eso restore FOLDER --at NAME.",
    details: { file: path, offset: 0 },
  });
}

/**
 * A folder of backups: the contents of files as `objects/{xx}/{sha256}`, and one manifest a backup that says which
 * belong to it. Nothing that is there is ever changed, so a backup that is interrupted harms no other.
 */
export class BackupFolder {
  readonly #disk: Disk;
  readonly #folder: string;
  copiedBytes = 0;
  #incoming = 0;
  readonly #secured = new Set<string>();

  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
  }

  /** @throws ConfigError when the folder holds something else, or another store's backups. */
  prepare(storeId: string): void {
    const kind = this.#disk.kind(this.#folder);
    if (kind !== undefined && kind !== "folder") throw notForBackups(this.#folder, "is not a folder");
    this.#storing(() => makeFolders(this.#disk, nearestFolder(this.#disk, this.#folder), this.#folder));
    const names = this.#disk
      .list(this.#folder)
      .filter((name) => name !== "objects" && !name.endsWith(".tmp"));
    const foreign = names.find((name) => !MANIFEST.test(name));
    if (foreign !== undefined) throw notForBackups(this.#folder, `holds something else: ${foreign}`);
    const newest = manifestNames(this.#disk, this.#folder).at(-1);
    if (newest === undefined) return;
    const { manifest } = readManifest(this.#disk, join(this.#folder, newest));
    if (manifest.store_id !== storeId) throw notForBackups(this.#folder, "holds backups of another store");
  }

  /** Whether an earlier backup has a content already. */
  has(sha256: string, bytes: number): boolean {
    const path = objectPath(this.#folder, sha256);
    if (this.#disk.sizeAt(path) !== bytes) return false;
    const folder = dirname(path);
    if (this.#secured.has(folder)) return true;
    // Whoever gave it its name may have died before that was safe.
    this.#storing(() => {
      makeFolders(this.#disk, this.#folder, folder);
      this.#disk.syncFolder(folder);
    });
    this.#secured.add(folder);
    return true;
  }

  /** Takes a file in as it is; gives its size and digest. */
  take(path: string, limit = Number.POSITIVE_INFINITY): Omit<BackupEntry, "path"> {
    const incoming = this.begin();
    const file = this.#disk.open(path, "read");
    try {
      for (let at = 0; at < limit;) {
        const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, limit - at));
        const got = this.#disk.read(file, buffer, at);
        if (got === 0) break;
        incoming.add(buffer.subarray(0, got));
        at += got;
      }
    } finally {
      this.#disk.close(file);
    }
    return incoming.finish();
  }

  /** A file that comes in piece by piece. */
  begin(): Incoming {
    const path = join(this.#folder, "objects", `incoming-${++this.#incoming}.tmp`);
    this.#storing(() => makeFolders(this.#disk, this.#folder, dirname(path)));
    return new Incoming(this.#disk, path, (digest) => this.#keep(path, digest));
  }

  #keep(path: string, { sha256, bytes }: Omit<BackupEntry, "path">): void {
    const target = objectPath(this.#folder, sha256);
    this.#storing(() => {
      if (this.has(sha256, bytes)) {
        this.#disk.remove(path);
        return;
      }
      makeFolders(this.#disk, this.#folder, dirname(target));
      this.#disk.rename(path, target);
      this.#disk.syncFolder(dirname(target));
      this.copiedBytes += bytes;
    });
  }

  /** Writes the manifest, which makes it a backup; durable on return. */
  finish(manifest: BackupManifest): { readonly name: string; readonly sha256: string } {
    const name = `backup-${manifest.created_at.replaceAll(":", "")}.json`;
    const path = join(this.#folder, name);
    const text = Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`);
    this.#storing(() =>
      writeChecked(this.#disk, {
        base: this.#folder,
        path,
        write: (file) => this.#disk.write(file, text, 0),
        check: () => undefined,
      }),
    );
    return { name, sha256: createHash("sha256").update(text).digest("hex") };
  }

  #storing(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw storageError(error, this.#folder);
    }
  }
}

/** A file on its way into a backup. */
export class Incoming {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #keep: (digest: Omit<BackupEntry, "path">) => void;
  readonly #sum: Hash = createHash("sha256");
  #bytes = 0;

  constructor(disk: Disk, path: string, keep: (digest: Omit<BackupEntry, "path">) => void) {
    this.#disk = disk;
    this.#path = path;
    this.#keep = keep;
    if (disk.kind(path) !== undefined) disk.remove(path);
  }

  /** Nothing is held open in between: there may be many. */
  add(bytes: Uint8Array): void {
    this.#sum.update(bytes);
    this.#using((file) => this.#disk.write(file, bytes, this.#bytes));
    this.#bytes += bytes.length;
  }

  finish(): Omit<BackupEntry, "path"> {
    this.#using((file) => this.#disk.sync(file));
    const digest = { bytes: this.#bytes, sha256: this.#sum.digest("hex") };
    this.#keep(digest);
    return digest;
  }

  #using(use: (file: number) => void): void {
    try {
      const file = this.#disk.open(this.#path, "create");
      try {
        use(file);
      } finally {
        this.#disk.close(file);
      }
    } catch (error) {
      throw storageError(error, this.#path);
    }
  }
}

/** Copies an object of a backup to its place, if it is what the manifest says. */
export function bringBack(
  disk: Disk,
  from: string,
  { base, entry }: { readonly base: string; readonly entry: BackupEntry },
): void {
  const path = join(base, ...entry.path.split("/"));
  const object = objectPath(from, entry.sha256);
  const check = (temporary: string): void => {
    const { bytes, sha256 } = digestOfFile(disk, temporary);
    if (bytes !== entry.bytes || sha256 !== entry.sha256)
      throw notABackup(object, "is not what its name says");
  };
  const write = (file: number): void => {
    const source = disk.open(object, "read");
    try {
      for (let at = 0; at <= entry.bytes;) {
        const buffer = Buffer.allocUnsafe(COPY_BYTES);
        const got = disk.read(source, buffer, at);
        if (got === 0) break;
        disk.write(file, buffer.subarray(0, got), at);
        at += got;
      }
    } finally {
      disk.close(source);
    }
  };
  try {
    writeChecked(disk, { base, path, write, check });
  } catch (error) {
    if (systemCode(error) === "ENOENT") throw notABackup(object, "is missing");
    throw storageError(error, path);
  }
}

function notForBackups(folder: string, what: string): ConfigError {
  return new ConfigError("ESO_INVALID_CONFIG", `${folder} ${what}; no backup was made`, {
    hint: "Give a folder that is empty, not there, or holds earlier backups of this store.",
    details: { path: folder },
  });
}
