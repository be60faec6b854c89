import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

import { ConfigError, NotFoundError, StorageError } from "../../errors.ts";
import type { Companions } from "../../log/companions.ts";
import { archiveDisk } from "./archive-disk.ts";
import { Catalog } from "./catalog.ts";
import { rebuildCatalog } from "./catalog-rebuild.ts";
import { DEFAULT_FILES_OPTIONS, type EngineCore, type FilesOptions } from "./core.ts";
import { type Disk, nodeDisk, storageError, systemCode } from "./disk.ts";
import { FilesLog } from "./files-log.ts";
import { HEADER_BYTES } from "./frame.ts";

import { type ChainEnd, JournalFile, listJournals } from "./journal.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { CatalogLost, LogView } from "./log-view.ts";
import { bootId, refuseNetworkFileSystem } from "./machine.ts";
import { findPartitions } from "./partition-scan.ts";
import { newStoreFile, readStoreFile, type StoreFile, writeStoreFile } from "./store-file.ts";
import { acquire, openStoreLock, type StoreLock } from "./store-lock.ts";

export interface OpenFilesOptions extends Partial<FilesOptions> {
  /** The store's base folder. */
  readonly path: string;
  /** `read` never writes, not even to recover; for stores on read-only media. Default `write`. */
  readonly access?: "write" | "read";
  /** Make the store when it is not there. Default true for `write`. */
  readonly create?: boolean;
  readonly allowNetworkFileSystem?: boolean;
  /** Epoch ms; default the machine's clock. */
  readonly clock?: () => number;
  /** What is written along with callers' events, such as summaries. Default nothing. */
  readonly companions?: Companions | undefined;
  /** Told once of what a reader should know but need not stop for, such as events that were pruned. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Stand-ins for a simulator. */
  readonly ports?: FilesPorts;
}

/** What the engine stands on; replaced only by the power-loss simulator. */
export interface FilesPorts {
  readonly disk: Disk;
  readonly openLock: (path: string) => Promise<StoreLock>;
  readonly openCatalog: (layout: Layout) => Promise<Catalog>;
  readonly boot: number;
}

/**
 * Opens the events kept under a folder, making the store if there is none, and recovers what a killed
 * process left.
 * @throws ConfigError for a newer format, an unsafe path or a network file system.
 */
export async function openFilesLog(options: OpenFilesOptions): Promise<FilesLog> {
  const layout = layoutOf(options.path);
  const access = options.access ?? "write";
  const given = options.ports ?? defaultPorts();
  const ports = { ...given, disk: archiveDisk(given.disk, layout) };
  const { disk } = ports;
  try {
    if (disk.sizeAt(layout.storeFile) === undefined && (access === "read" || options.create === false)) {
      throw noStore(options.path);
    }
    if (access === "write") makeRoom(disk, layout, options);
    if (options.allowNetworkFileSystem !== true && options.ports === undefined)
      refuseNetworkFileSystem(options.path);
    const existing = readStoreFile(disk, layout);
    return access === "write"
      ? await openForWriting(options, layout, ports)
      : await openForReading(options, layout, { ports, store: existing as StoreFile });
  } catch (error) {
    throw storageError(error, options.path);
  }
}

function defaultPorts(): FilesPorts {
  return {
    disk: nodeDisk,
    openLock: openStoreLock,
    openCatalog: (layout) => openCatalog(nodeDisk, layout),
    boot: bootId(),
  };
}

function noStore(path: string): NotFoundError {
  return new NotFoundError("ESO_NOT_FOUND", `there is no store at ${path}`, {
    hint: "Make one with eso init, or say where it is with --store or ESO_STORE.",
    details: { what: path },
  });
}

/** Like a recursive mkdir, which in some Node.js versions never returns where a folder cannot be made (/proc). */
function makeFolders(path: string): void {
  if (existsSync(path)) return;
  makeFolders(dirname(path));
  try {
    nodeDisk.makeFolder(path);
  } catch (error) {
    throw new StorageError(
      "ESO_STORAGE_READ_ONLY",
      `the folder ${path} cannot be made (${systemCode(error)})`,
      {
        hint: "Choose another place for the store with --store, or make the folder yourself.",
        details: { path },
        cause: error,
      },
    );
  }
}

function makeRoom(disk: Disk, layout: Layout, options: OpenFilesOptions): void {
  if (options.ports === undefined) makeFolders(layout.base);
  let made = false;
  for (const folder of [layout.room, layout.journals, layout.ids]) made = disk.makeFolder(folder) || made;
  if (!made) return;
  disk.syncFolder(layout.room);
  disk.syncFolder(layout.base);
}

/** The catalogue; a damaged one is put aside and made anew, since everything in it can be rebuilt. */
async function openCatalog(disk: Disk, layout: Layout): Promise<Catalog> {
  try {
    return new Catalog(await Catalog.openDatabase(layout.catalogFile), disk, layout);
  } catch (error) {
    if (!isDamagedDatabase(error)) throw error;
    for (const suffix of ["", "-wal", "-shm"]) rmSync(`${layout.catalogFile}${suffix}`, { force: true });
    return new Catalog(await Catalog.openDatabase(layout.catalogFile), disk, layout);
  }
}

const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** Whether SQLite says that the file is not, or no longer, a database. */
export function isDamagedDatabase(error: unknown): boolean {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return false;
  const code = error.errcode & 0xff;
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

async function openForWriting(
  options: OpenFilesOptions,
  layout: Layout,
  ports: FilesPorts,
): Promise<FilesLog> {
  const lock = await ports.openLock(layout.lockFile);
  const engineOptions: FilesOptions = { ...DEFAULT_FILES_OPTIONS, ...options };
  const clock = options.clock ?? Date.now;
  const { disk } = ports;
  try {
    let store = readStoreFile(disk, layout);
    if (store === undefined) {
      await acquire(lock, engineOptions.lockTimeoutMs);
      try {
        store = readStoreFile(disk, layout) ?? newIdentity(disk, layout, clock);
        writeStoreFile(disk, layout, store);
      } finally {
        lock.release();
      }
    }
    const { boot } = ports;
    const core: EngineCore = {
      disk,
      layout,
      lock,
      storeId: store.store_id,
      clock,
      boot,
      options: engineOptions,
      companions: options.companions,
      warn: toldOnce(options.onWarning),
    };
    const log = new FilesLog({ core, store, openCatalog: ports.openCatalog });
    await log.start();
    return log;
  } catch (error) {
    lock.close();
    throw error;
  }
}

/**
 * The identity of a store that is being made. Events without one are another matter: their chains begin with
 * the id that was lost, so a new one would pass as the old store and prove nothing.
 */
function newIdentity(disk: Disk, layout: Layout, clock: () => number): StoreFile {
  const [found] = findPartitions(disk, layout);
  if (found === undefined) return newStoreFile(clock());
  throw new ConfigError("ESO_INVALID_CONFIG", `${layout.base} holds events, but .store/store.json is gone`, {
    hint: "Bring .store/store.json back from a backup, or take the events into a new store: eso import jsonl FILE.",
    details: { path: layout.storeFile },
  });
}

/** A catalogue of one's own in a temporary folder, since SQLite cannot work beside a store that is read-only. */
async function openForReading(
  options: OpenFilesOptions,
  layout: Layout,
  given: { ports: FilesPorts; store: StoreFile },
): Promise<FilesLog> {
  const folder = mkdtempSync(join(tmpdir(), "eso-"));
  const { disk, boot } = given.ports;
  const parts = { catalogFile: "catalog.db", orderFile: "order", ids: "ids" } as const;
  const own: Layout = { ...layout };
  for (const [key, name] of Object.entries(parts)) Object.assign(own, { [key]: join(folder, name) });
  for (const name of ["catalog.db", "catalog.db-wal", "order", "ids"])
    copyIfThere(join(layout.room, name), folder);
  if (!existsSync(own.ids)) mkdirSync(own.ids);
  const engineOptions: FilesOptions = { ...DEFAULT_FILES_OPTIONS, ...options };
  const lock: StoreLock = { tryAcquire: () => false, release: () => undefined, close: () => undefined };
  const core: EngineCore = {
    disk,
    layout: own,
    lock,
    storeId: given.store.store_id,
    clock: options.clock ?? Date.now,
    boot,
    options: engineOptions,
    companions: undefined,
    warn: toldOnce(options.onWarning),
  };
  const catalog = await openCatalog(disk, own);
  catalog.claim(core.storeId);
  const view = viewForReading(core, catalog);
  return new FilesLog({
    core,
    store: given.store,
    openCatalog: () => Promise.resolve(catalog),
    reading: { view, done: () => rmSync(folder, { recursive: true, force: true }) },
  });
}

function toldOnce(warn: OpenFilesOptions["onWarning"]): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    if (!told.has(message)) warn?.(message);
    told.add(message);
  };
}

function copyIfThere(from: string, folder: string): void {
  try {
    cpSync(from, join(folder, basename(from)), { recursive: true });
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}

function viewForReading(core: EngineCore, catalog: Catalog): LogView {
  try {
    return new LogView(core, catalog, false);
  } catch (error) {
    if (!(error instanceof CatalogLost)) throw error;
    const { start, position } = journalStart(core);
    rebuildCatalog(core, catalog, { ...start, upTo: position });
    return new LogView(core, catalog, false);
  }
}

/** Where the oldest journal starts: what lies before it is in the files for sure, what follows it has itself. */
function journalStart(core: EngineCore): { start: ChainEnd; position: number } {
  const [oldest] = listJournals(core.disk, core.layout);
  const journal = oldest === undefined ? undefined : JournalFile.open(core, oldest, "read");
  const start = journal?.start();
  journal?.close();
  const {
    journal: number,
    frame,
    crc,
    position,
  } = start ?? { journal: 0, frame: 0, crc: 0, position: Infinity };
  return { start: { journal: number, end: HEADER_BYTES, frame, crc }, position };
}
