import { hash, randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { basename, join } from "node:path";

import { errorCode } from "./error-code.ts";

/** Where things lie in a store's engine room. */
export interface SpoolPlaces {
  /** What hooks wrote. */
  readonly spool: string;
  readonly lock: string;
  /** What is remembered of sessions between two looks at the spool. */
  readonly sessions: string;
  /** Sessions that have ended and whose transcripts have not been looked at. */
  readonly ended: string;
  /** What could not be used, each with a reason beside it. */
  readonly quarantine: string;
}

/** The places in the store at a folder. */
export function spoolPlaces(store: string): SpoolPlaces {
  const room = join(store, ".store");
  return {
    spool: join(room, "spool"),
    lock: join(room, "spool-lock.db"),
    sessions: join(room, "sessions"),
    ended: join(room, "sessions", "ended"),
    quarantine: join(room, "quarantine", "hooks"),
  };
}

/** One thing that a hook wrote. */
export interface SpoolFile {
  readonly name: string;
  readonly path: string;
  /** Nanoseconds since 1970. */
  readonly written: bigint;
}

/** A file is whole once it has this ending; until then its writer may be at work or dead. */
const WHOLE = ".hook";
const HALF = ".tmp";
/** No hook writes for so long. */
const ABANDONED_NS = 3_600n * 1_000_000_000n;

/** Whether there is anything to drain; cheap enough to ask at every start. */
export function hasSpooled(store: string): boolean {
  return names(spoolPlaces(store).spool).some((name) => name.endsWith(WHOLE));
}

/** What lies in the spool, the oldest first, files of the same moment by name. */
export function spooled({ spool }: SpoolPlaces): SpoolFile[] {
  return files(spool, WHOLE);
}

/** What its writers left half-written. */
export function abandoned({ spool }: SpoolPlaces, now: number): SpoolFile[] {
  const before = BigInt(now) * 1_000_000n - ABANDONED_NS;
  return files(spool, HALF).filter(({ written }) => written < before);
}

function files(folder: string, ending: string): SpoolFile[] {
  return names(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => fileOf(join(folder, name)))
    .filter((file) => file !== undefined)
    .sort((one, other) =>
      one.written === other.written ? (one.name < other.name ? -1 : 1) : one.written < other.written ? -1 : 1,
    );
}

function fileOf(path: string): SpoolFile | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat?.isFile() === true ? { name: basename(path), path, written: stat.mtimeNs } : undefined;
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** Moves a file to the quarantine, with the reason beside it. Doing it again changes nothing. */
export function quarantine(places: SpoolPlaces, file: SpoolFile, reason: string): void {
  const kept = join(places.quarantine, `${file.written}-${file.name}`);
  mkdirSync(places.quarantine, { recursive: true, mode: 0o700 });
  writeDurably(`${kept}.reason.txt`, `${reason}\n`);
  try {
    renameSync(file.path, kept);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

export function remove({ path }: SpoolFile): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

/** A session's own file name, whatever its id holds. */
const fileName = (session: string): string => `${hash("sha256", session).slice(0, 32)}.json`;

/** What was kept of a session; nothing where nothing was, or where it cannot be read. */
export function keptSession({ sessions }: SpoolPlaces, session: string): unknown {
  return keptJson(join(sessions, fileName(session)));
}

export function keepSession({ sessions }: SpoolPlaces, session: string, kept: unknown): void {
  mkdirSync(sessions, { recursive: true, mode: 0o700 });
  writeDurably(join(sessions, fileName(session)), JSON.stringify(kept));
}

/** A session that has ended, and where its transcript lies. */
export interface EndedSession {
  readonly session: string;
  readonly transcript: string;
}

export function keepEnded({ ended }: SpoolPlaces, one: EndedSession): void {
  mkdirSync(ended, { recursive: true, mode: 0o700 });
  writeDurably(join(ended, fileName(one.session)), JSON.stringify(one));
}

/** Ended sessions to reconcile. */
export function endedSessions({ ended }: SpoolPlaces): EndedSession[] {
  return names(ended)
    .filter((name) => name.endsWith(".json"))
    .map((name) => keptJson(join(ended, name)))
    .filter((one) => isEnded(one));
}

export function forgetEnded({ ended }: SpoolPlaces, { session }: EndedSession): void {
  rmSync(join(ended, fileName(session)), { force: true });
}

function isEnded(value: unknown): value is EndedSession {
  if (typeof value !== "object" || value === null) return false;
  const { session, transcript } = value as Partial<EndedSession>;
  return typeof session === "string" && typeof transcript === "string";
}

function keptJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** By temporary file and rename: a reader sees the old text or the new one. */
function writeDurably(path: string, text: string): void {
  const temporary = `${path}.${randomUUID()}.part`;
  const file = openSync(temporary, "w", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}
