import { randomUUID } from "node:crypto";
import { join } from "node:path";

import { ConfigError, NotFoundError } from "../../errors.ts";
import type { BackupEntry, BackupManifest, RestoreMade } from "../../log/backup-shelf.ts";
import { nextOrigin } from "../../proof/checkpoint.ts";
import { makeFolders, nearestFolder } from "./archive-file.ts";
import { bringBack, manifestNames, notABackup, objectPath, readManifest } from "./backup-folder.ts";
import { type Disk, nodeDisk, storageError } from "./disk.ts";
import { EVENTS_FILE, layoutOf } from "./layout.ts";
import { readStoreFile, writeStoreFile } from "./store-file.ts";

/** Written first and removed last: a folder that has it is half a store. */
const UNFINISHED = "restore-is-unfinished";

const IDENTITY = ".store/store.json";
/** The identity of the store that was backed up: half a store must not be taken for it. */
const UNNAMED = ".store/store.json.backup";

/** What to restore, and where. */
export interface FileRestore {
  readonly folder: string;
  readonly base: string;
  /** Default the newest. */
  readonly name?: string | undefined;
  readonly disk?: Disk | undefined;
  readonly onFile?: ((done: number, total: number) => void) | undefined;
}

/**
 * Makes a store from a backup: first everything is looked at, then copied and checked file by file, and last the store
 * is given a name of its own.
 * @throws IntegrityError when the backup is not whole; nothing is made.
 * @throws ConfigError when the place is taken.
 */
export function restoreFiles(restore: FileRestore): RestoreMade {
  const { folder, base, disk = nodeDisk, onFile } = restore;
  const name = restore.name ?? manifestNames(disk, folder).at(-1);
  if (name === undefined || disk.kind(join(folder, name)) !== "file") throw noBackup(folder, restore.name);
  const { manifest, sha256 } = readManifest(disk, join(folder, name));
  checkObjects(disk, folder, manifest.files);
  refuseTaken(disk, base);
  try {
    makeFolders(disk, nearestFolder(disk, base), base);
    disk.close(disk.open(join(base, UNFINISHED), "create"));
    disk.syncFolder(base);
    const closed = closedDays(manifest.files);
    for (const [done, entry] of manifest.files.entries()) {
      bringBack(disk, folder, { base, entry: entry.path === IDENTITY ? { ...entry, path: UNNAMED } : entry });
      if (isOfDay(entry, closed)) disk.setReadOnly(join(base, ...entry.path.split("/")));
      onFile?.(done + 1, manifest.files.length);
    }
    const { origin, incarnation } = giveName(disk, base, manifest);
    disk.remove(join(base, UNFINISHED));
    disk.syncFolder(base);
    return { name, manifest, manifest_sha256: sha256, origin, incarnation };
  } catch (error) {
    throw storageError(error, base);
  }
}

/** Makes it a store, with the one name that the other never has. */
function giveName(
  disk: Disk,
  base: string,
  manifest: BackupManifest,
): { origin: string; incarnation: string } {
  const layout = layoutOf(base);
  const backup = join(base, ...UNNAMED.split("/"));
  const store = readStoreFile(disk, { ...layout, storeFile: backup });
  if (store === undefined || store.store_id !== manifest.store_id)
    throw notABackup(base, "was given the identity of another store, or none");
  const incarnation = randomUUID();
  const origin = nextOrigin(store.origin, incarnation);
  writeStoreFile(disk, layout, { ...store, incarnation, origin });
  disk.remove(backup);
  return { origin, incarnation };
}

/** Before anything is made: every object is there, with its size. Their digests are checked as they are copied. */
function checkObjects(disk: Disk, folder: string, files: readonly BackupEntry[]): void {
  for (const { sha256, bytes } of files) {
    const path = objectPath(folder, sha256);
    if (disk.kind(path) !== "file") throw notABackup(path, "is missing");
    if (disk.sizeAt(path) !== bytes) throw notABackup(path, "does not have the size that the manifest says");
  }
}

const CLOSED = /^\.store\/closed\/([\d-]+)\.json$/;

function closedDays(files: readonly BackupEntry[]): Set<string> {
  return new Set(files.flatMap(({ path }) => CLOSED.exec(path)?.[1] ?? []));
}

/** Whether this is a file of events whose day takes no more of them. */
function isOfDay({ path }: BackupEntry, closed: ReadonlySet<string>): boolean {
  const parts = path.split("/");
  return parts.at(-1) === EVENTS_FILE && parts.some((part) => closed.has(part));
}

function refuseTaken(disk: Disk, base: string): void {
  const kind = disk.kind(base);
  if (kind === undefined || (kind === "folder" && disk.list(base).length === 0)) return;
  const half = kind === "folder" && disk.kind(join(base, UNFINISHED)) === "file";
  throw new ConfigError("ESO_INVALID_CONFIG", `${base} is not empty; nothing was restored`, {
    hint: half
      ? "An interrupted restore left it: remove the folder, then restore again."
      : "Restore into a folder that is empty or not there: --store DIR.",
    details: { path: base },
  });
}

function noBackup(folder: string, name: string | undefined): NotFoundError {
  const which = name === undefined ? "no backup" : `no backup ${name}`;
  return new NotFoundError("ESO_NOT_FOUND", `there is ${which} in ${folder}`, {
    hint: "Give the folder that eso backup was given; its backups are the files backup-….json in it.",
    details: { what: name ?? folder },
  });
}
