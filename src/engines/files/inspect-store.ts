import { accessSync, constants, lstatSync, readdirSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";

import { EsoError } from "../../errors.ts";
import type { EventLogReader } from "../../log/event-log.ts";
import type { LockState, LogFigures, Problem, StoreFacts, WrongEntries } from "../../log/store-facts.ts";
import { nodeDisk, systemCode } from "./disk.ts";
import { filesParts } from "./files-parts.ts";
import { readHead } from "./head-file.ts";
import { JournalFile, listJournals } from "./journal.ts";
import { isDay, type Layout, layoutOf } from "./layout.ts";
import { CatalogLost } from "./log-view.ts";
import { bootId, refuseNetworkFileSystem } from "./machine.ts";
import { isDamagedDatabase, openFilesLog } from "./open-files-log.ts";
import { readStoreFile } from "./store-file.ts";
import { acquire, openStoreLock } from "./store-lock.ts";
import { hasStoreTexts } from "./store-texts.ts";

/** Long enough for the turns of busy writers. */
const LOCK_WAIT_MS = 500;
/** Entries whose kind and permissions are looked at; the newest days come first. */
const ENTRIES_MAX = 20_000;
const NAMED_MAX = 3;
const OWN_NAMES: ReadonlySet<string> = new Set(["global", "archive", ".store"]);

/** Looks at a store from outside, without changing or recovering anything. */
export async function inspectStore(base: string): Promise<StoreFacts> {
  const layout = layoutOf(base);
  const place = nodeDisk.kind(base) ?? "nothing";
  const facts: StoreFacts = { path: base, place, writable: isWritable(base), free_bytes: freeBytes(base) };
  if (place !== "folder") return facts;
  const network = problemIn(() => refuseNetworkFileSystem(base))?.problem;
  const closed = problemIn(
    () => void readdirSync(nodeDisk.kind(layout.room) === undefined ? base : layout.room),
  );
  if (closed !== undefined) return { ...facts, network, store: { ...closed, hint: NOT_YOURS } };
  if (namesIn(layout.room).length === 0) return { ...facts, network };
  const store = identityOf(layout);
  return {
    ...facts,
    network,
    store,
    texts: hasStoreTexts(base),
    ...wrongEntries(layout),
    lock: await lockState(layout),
    head: headState(layout),
    journals: journalFacts(layout),
    ...("problem" in store ? {} : { log: await logFigures(base) }),
  };
}

const NOT_YOURS = "Run eso as the user whom the store belongs to.";

function isWritable(base: string): boolean {
  return (
    onNearest(base, (folder) => {
      accessSync(folder, constants.W_OK | constants.X_OK);
      return true;
    }) === true
  );
}

function freeBytes(base: string): number | undefined {
  const figures = onNearest(base, (folder) => statfsSync(folder));
  return figures === undefined ? undefined : figures.bavail * figures.bsize;
}

/** Looks at the folder, or at the nearest one above that is there; undefined when the system refuses. */
function onNearest<T>(base: string, look: (folder: string) => T): T | undefined {
  for (let folder = base; ; folder = dirname(folder)) {
    try {
      return look(folder);
    } catch (error) {
      if (systemCode(error) !== "ENOENT" || folder === dirname(folder)) return undefined;
    }
  }
}

function identityOf(layout: Layout): NonNullable<StoreFacts["store"]> {
  try {
    return readStoreFile(nodeDisk, layout) ?? missingIdentity(layout);
  } catch (error) {
    return problemOf(error);
  }
}

function missingIdentity(layout: Layout): Problem {
  return {
    problem: `${layout.storeFile} is missing: nothing says which store this is`,
    hint: "Bring .store/store.json back from a backup; the events in the day folders are untouched.",
  };
}

async function lockState(layout: Layout): Promise<LockState> {
  if (nodeDisk.kind(layout.lockFile) === undefined) return "absent";
  try {
    const lock = await openStoreLock(layout.lockFile);
    try {
      await acquire(lock, LOCK_WAIT_MS);
      lock.release();
      return "free";
    } finally {
      lock.close();
    }
  } catch (error) {
    if (error instanceof EsoError && error.code === "ESO_STORE_LOCKED") return "held";
    return problemOf(error);
  }
}

function headState(layout: Layout): NonNullable<StoreFacts["head"]> {
  if (nodeDisk.kind(layout.headFile) !== "file" || !isReadable(layout.headFile)) return "absent";
  const file = nodeDisk.open(layout.headFile, "read");
  try {
    const head = readHead(nodeDisk, file);
    if (head === undefined) return "damaged";
    if (head.inode !== nodeDisk.inode(file)) return "copied";
    if (head.boot !== bootId()) return "earlier boot";
    return head.suspect ? "suspect" : "good";
  } finally {
    nodeDisk.close(file);
  }
}

function isReadable(path: string): boolean {
  return problemIn(() => accessSync(path, constants.R_OK)) === undefined;
}

function journalFacts(layout: Layout): NonNullable<StoreFacts["journals"]> {
  try {
    const numbers = listJournals(nodeDisk, layout);
    return {
      files: numbers.length,
      unreadable: numbers.filter((number) => !startsWell(layout, number)).map(String),
    };
  } catch (error) {
    return { files: 0, unreadable: [problemOf(error).problem] };
  }
}

function startsWell(layout: Layout, number: number): boolean {
  const journal = JournalFile.open({ disk: nodeDisk, layout }, number, "read");
  try {
    return journal?.start() !== undefined;
  } finally {
    journal?.close();
  }
}

/** Opens the log for reading, as a reader on read-only media would: nothing is recovered. */
async function logFigures(base: string): Promise<LogFigures | Problem> {
  try {
    const log = await openFilesLog({ path: base, access: "read", allowNetworkFileSystem: true });
    try {
      const head = await log.head();
      const covered = await coveredPosition(layoutOf(base));
      return { ...head, covered, ...(await indexFigures(base, log)) };
    } finally {
      await log.close();
    }
  } catch (error) {
    return problemOf(error);
  }
}

async function indexFigures(
  base: string,
  log: EventLogReader,
): Promise<Pick<LogFigures, "indexed" | "index_problem">> {
  const none = { indexed: 0, index_problem: undefined };
  if (nodeDisk.kind(layoutOf(base).indexFile) === undefined) return none;
  const { index } = filesParts(base, log, { index: true, access: "read" });
  if (index === undefined) return none;
  const { events, problem } = await index.stats();
  await index.close();
  return { indexed: events, index_problem: problem };
}

/** How far the catalogue says that it reaches. */
async function coveredPosition(layout: Layout): Promise<LogFigures["covered"]> {
  const { DatabaseSync } = await import("node:sqlite");
  try {
    const database = new DatabaseSync(layout.catalogFile, { readOnly: true });
    try {
      const row = database.prepare("SELECT value FROM meta WHERE key = 'covered'").get();
      const value = row?.["value"];
      return typeof value === "string" ? (JSON.parse(value) as { position: number }).position : "lost";
    } finally {
      database.close();
    }
  } catch (error) {
    // Somebody who may not write here cannot look into a database that others may be writing to.
    const isGone = nodeDisk.kind(layout.catalogFile) === undefined;
    return isGone || isDamagedDatabase(error) ? "lost" : "unseen";
  }
}

/** Entries that others may read or write, and links or devices where the store's own files belong. */
function wrongEntries(layout: Layout): { exposed: WrongEntries; unsafe: WrongEntries } {
  const exposed = { count: 0, examples: [] as string[] };
  const unsafe = { count: 0, examples: [] as string[] };
  for (const path of ownEntries(layout)) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if (!stat.isFile() && !stat.isDirectory()) note(unsafe, path);
    else if (process.platform !== "win32" && (stat.mode & 0o077) !== 0) note(exposed, path);
  }
  return { exposed, unsafe };
}

function note(found: { count: number; examples: string[] }, path: string): void {
  if (found.count < NAMED_MAX) found.examples.push(path);
  found.count++;
}

function* ownEntries(layout: Layout): Generator<string> {
  yield layout.base;
  let left = ENTRIES_MAX;
  const names = namesIn(layout.base).filter((name) => isDay(name) || OWN_NAMES.has(name));
  // `.store` and the newest days first
  for (const name of names.sort(
    (a, b) => Number(b === ".store") - Number(a === ".store") || b.localeCompare(a),
  )) {
    const folder = join(layout.base, name);
    yield folder;
    if (nodeDisk.kind(folder) !== "folder") continue;
    for (const inside of entriesBelow(folder)) {
      if (left-- === 0) return;
      yield inside;
    }
  }
}

function* entriesBelow(folder: string): Generator<string> {
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    yield path;
    if (nodeDisk.kind(path) === "folder") yield* entriesBelow(path);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (["EACCES", "ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "")) return [];
    throw error;
  }
}

function problemIn(attempt: () => void): Problem | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return problemOf(error);
  }
}

function problemOf(error: unknown): Problem {
  if (error instanceof CatalogLost)
    return { problem: "the end of the log cannot be found: a journal is gone" };
  const problem = error instanceof Error ? error.message : String(error);
  return error instanceof EsoError && error.hint !== undefined ? { problem, hint: error.hint } : { problem };
}
