import { accessSync, constants, lstatSync, readdirSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";

import { EsoError } from "../../errors.ts";
import type { LockState, LogFacts, StoreFacts, WrongEntries } from "../../store/doctor.ts";
import { nodeDisk, systemCode } from "./disk.ts";
import { filesParts } from "./files-parts.ts";
import { readHead } from "./head-file.ts";
import { JournalFile, listJournals } from "./journal.ts";
import { isDay, type Layout, layoutOf } from "./layout.ts";
import { bootId, refuseNetworkFileSystem } from "./machine.ts";
import { openFilesLog } from "./open-files-log.ts";
import { hasStoreTexts } from "./store-texts.ts";
import { readStoreFile } from "./store-file.ts";
import { acquire, openStoreLock } from "./store-lock.ts";

/** Long enough for the turns of busy writers. */
const LOCK_WAIT_MS = 500;
/** Entries whose permissions are looked at; the newest days come first. */
const ENTRIES_MAX = 20_000;
const NAMED_MAX = 3;

/** Looks at a store from outside, without changing or recovering anything. */
export async function inspectStore(base: string): Promise<StoreFacts> {
  const layout = layoutOf(base);
  const place = kindOf(base);
  const facts = { path: base, place, writable: isWritable(base), freeBytes: freeBytes(base) };
  if (place !== "folder") return facts;
  if (nodeDisk.kind(layout.storeFile) === undefined) return { ...facts, network: said(() => refuseNetworkFileSystem(base)) };
  const identity = identityOf(layout);
  return {
    ...facts,
    network: said(() => refuseNetworkFileSystem(base)),
    store: identity,
    texts: hasStoreTexts(base),
    ...wrongEntries(layout),
    lock: await lockState(layout),
    head: headState(layout),
    journals: journalFacts(layout),
    ...("problem" in identity ? {} : { log: await logFacts(base) }),
  };
}

function kindOf(base: string): StoreFacts["place"] {
  return nodeDisk.kind(base) ?? "nothing";
}

function isWritable(base: string): boolean {
  for (let folder = base; ; folder = dirname(folder)) {
    try {
      accessSync(folder, constants.W_OK | constants.X_OK);
      return true;
    } catch (error) {
      if (systemCode(error) !== "ENOENT" || folder === dirname(folder)) return false;
    }
  }
}

function freeBytes(base: string): number | undefined {
  for (let folder = base; ; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = statfsSync(folder);
      return bavail * bsize;
    } catch (error) {
      if (systemCode(error) !== "ENOENT" || folder === dirname(folder)) return undefined;
    }
  }
}

function said(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function identityOf(layout: Layout): NonNullable<StoreFacts["store"]> {
  try {
    const store = readStoreFile(nodeDisk, layout);
    return store ?? { problem: `${layout.storeFile} is gone` };
  } catch (error) {
    return problemOf(error);
  }
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

function headState(layout: Layout): StoreFacts["head"] {
  if (nodeDisk.kind(layout.headFile) === undefined) return "absent";
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

function journalFacts(layout: Layout): StoreFacts["journals"] {
  try {
    const numbers = listJournals(nodeDisk, layout);
    const unreadable = numbers.filter((number) => !startsWell(layout, number));
    return { files: numbers.length, unreadable: unreadable.map((number) => String(number)) };
  } catch (error) {
    return { files: 0, unreadable: [messageOf(error)] };
  }
}

function startsWell(layout: Layout, number: number): boolean {
  const journal = JournalFile.open(nodeDisk, layout, number, "read");
  try {
    return journal?.start() !== undefined;
  } finally {
    journal?.close();
  }
}

/** Opens the log for reading, as a reader on read-only media would: nothing is recovered. */
async function logFacts(base: string): Promise<LogFacts> {
  try {
    const log = await openFilesLog({ path: base, access: "read", allowNetworkFileSystem: true });
    try {
      const head = await log.head();
      const { index } = filesParts(base, log, { index: true, access: "read" });
      const stats = await index?.stats();
      await index?.close();
      return { ...head, covered: log.coveredPosition, indexed: stats?.events ?? 0, indexProblem: stats?.problem };
    } finally {
      await log.close();
    }
  } catch (error) {
    return problemOf(error);
  }
}

/** Entries that others may read or write, and links or devices where the store's own files belong. */
function wrongEntries(layout: Layout): { exposed: WrongEntries; unsafe: WrongEntries } {
  const exposed = { count: 0, examples: [] as string[] };
  const unsafe = { count: 0, examples: [] as string[] };
  const note = (found: { count: number; examples: string[] }, path: string): void => {
    if (found.count++ < NAMED_MAX) found.examples.push(path);
  };
  for (const path of ownEntries(layout)) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if (!stat.isFile() && !stat.isDirectory()) note(unsafe, path);
    else if (process.platform !== "win32" && (stat.mode & 0o077) !== 0) note(exposed, path);
  }
  return { exposed, unsafe };
}

function* ownEntries(layout: Layout): Generator<string> {
  yield layout.base;
  let left = ENTRIES_MAX;
  const names = namesIn(layout.base).filter((name) => isDay(name) || name === "global" || name === ".store");
  for (const name of names.sort().reverse()) {
    const folder = join(layout.base, name);
    yield folder;
    if (nodeDisk.kind(folder) !== "folder") continue;
    for (const inside of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (left-- === 0) return;
      yield join(folder, inside);
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemCode(error) === "EACCES") return [];
    throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function problemOf(error: unknown): { problem: string; hint?: string } {
  const problem = messageOf(error);
  return error instanceof EsoError && error.hint !== undefined ? { problem, hint: error.hint } : { problem };
}
