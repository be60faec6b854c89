import { closeSync, fstatSync, readdirSync, readFileSync, readSync } from "node:fs";
import { hash } from "node:crypto";
import { join } from "node:path";
import { crc32 } from "node:zlib";

import { openRegular } from "./line-scan.ts";
import { Leaves } from "./tree-fold.ts";

const HEADER_BYTES = 128;
const LF = 10;
const HEAD_BYTES = 80;
const HEAD_MAGIC = 0x45534f48;
const HEAD_JOURNAL_AT = 4;
const HEAD_APPLIED_AT = 24;
const HEAD_BOOT_AT = 48;
const HEAD_SUSPECT_AT = 64;

/** Where the journal holds an event's line. */
export interface JournalledLine {
  readonly sequence: number;
  readonly position: number;
  readonly journal: OpenJournal;
  /** In bytes, in the journal. */
  readonly offset: number;
  readonly length: number;
}

/** A journal, open as long as its lines are wanted: it stays readable when the store lets go of it. */
export interface OpenJournal {
  readonly file: number;
  /** Relative to the store. */
  readonly name: string;
}

/** What the whole frames of all journals hold. */
export interface Journals extends Disposable {
  readonly byStream: ReadonlyMap<string, readonly JournalledLine[]>;
  /** Leaf hashes by position. */
  readonly leaves: Leaves;
  /** The position of the last event. */
  readonly last: number;
}

/**
 * Reads every whole frame of a store's journals. A frame is a header line of 128 bytes
 * (`F frame first-position count bytes mode recorded-ms previous-crc crc`) and, for each event, a line of its place
 * (`stream offset length sequence flags id-hash key-hash`) and the event's own line. The CRC-32 covers all of it. A
 * journal begins with a line of 128 bytes that says where it goes on (`J version number store frame position …`).
 */
export function readJournals(room: string): Journals {
  const folder = join(room, "journal");
  const open: OpenJournal[] = [];
  const byStream = new Map<string, JournalledLine[]>();
  const leaves = new Leaves();
  let last = 0;
  for (const name of journalNames(folder)) {
    const file = openRegular(join(folder, name));
    // Checkpointed meanwhile: its lines are in their files.
    if (file === undefined) continue;
    const journal = { file, name: join(".store", "journal", name) };
    open.push(journal);
    last = Math.max(last, startOf(file));
    for (const frame of frames(file)) last = Math.max(last, takeIn(frame, journal, { byStream, leaves }));
  }
  return {
    byStream,
    leaves,
    last,
    [Symbol.dispose]: () => {
      for (const { file } of open) closeSync(file);
    },
  };
}

/** The position of the last journalled event, by the headers alone. */
export function journalEnd(room: string): number {
  let last = 0;
  for (const name of journalNames(join(room, "journal"))) {
    const file = openRegular(join(room, "journal", name));
    if (file === undefined) continue;
    last = Math.max(last, startOf(file));
    let at = HEADER_BYTES;
    for (let words = headerAt(file, at); words !== undefined; words = headerAt(file, at)) {
      last = Math.max(last, Number(words[2]) + Number(words[3]) - 1);
      at += HEADER_BYTES + Number(words[4]);
    }
    closeSync(file);
  }
  return last;
}

/** Up to where a store has brought journalled lines to their files. */
export interface AppliedMark {
  readonly journal: string;
  readonly offset: number;
}

/**
 * What `.store/head` says of that, if it was written since the machine started: after a loss of power the files may
 * lack what they were given, and the next open brings it back from the journal.
 */
export function appliedMark(room: string): AppliedMark | undefined {
  const file = openRegular(join(room, "head"));
  if (file === undefined) return undefined;
  const bytes = readBytes(file, 0, HEAD_BYTES);
  closeSync(file);
  if (bytes === undefined || bytes.readUInt32LE(0) !== HEAD_MAGIC) return undefined;
  if (bytes.readUInt32LE(HEAD_BYTES - 4) !== crc32(bytes.subarray(0, HEAD_BYTES - 4))) return undefined;
  if (bytes.readUInt32LE(HEAD_BOOT_AT) !== bootMark() || bytes.readUInt32LE(HEAD_SUSPECT_AT) !== 0)
    return undefined;
  const number = String(bytes.readUInt32LE(HEAD_JOURNAL_AT)).padStart(8, "0");
  return { journal: join(".store", "journal", number), offset: bytes.readDoubleLE(HEAD_APPLIED_AT) };
}

function bootMark(): number | undefined {
  try {
    return crc32(readFileSync("/proc/sys/kernel/random/boot_id", "latin1"));
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

/** Whether a line stands before a mark. */
export function isBefore({ journal, offset }: JournalledLine, mark: AppliedMark): boolean {
  return journal.name < mark.journal || (journal.name === mark.journal && offset < mark.offset);
}

/** The text of a line. */
export function journalledText({ journal, offset, length }: JournalledLine): string {
  return (readBytes(journal.file, offset, length) ?? Buffer.alloc(0)).toString();
}

function journalNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d{8}$/.test(name))
      .sort();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

/** The position that a journal goes on from. */
function startOf(file: number): number {
  const words = readBytes(file, 0, HEADER_BYTES)?.toString("latin1").trimEnd().split(" ") ?? [];
  const position = Number(words[5]);
  return words[0] === "J" && Number.isSafeInteger(position) ? position : 0;
}

interface Frame {
  readonly at: number;
  readonly bytes: Buffer;
}

function* frames(file: number): Generator<Frame> {
  let at = HEADER_BYTES;
  for (let bytes = readFrame(file, at); bytes !== undefined; bytes = readFrame(file, at)) {
    yield { at, bytes };
    at += bytes.length;
  }
}

function headerAt(file: number, at: number): readonly string[] | undefined {
  const words = readBytes(file, at, HEADER_BYTES)?.toString("latin1").trimEnd().split(" ") ?? [];
  const size = Number(words[4]);
  return words[0] === "F" && words.length === 9 && Number.isSafeInteger(size) && size >= 0
    ? words
    : undefined;
}

function readFrame(file: number, at: number): Buffer | undefined {
  const words = headerAt(file, at);
  const size = Number(words?.[4]);
  if (words === undefined || at + HEADER_BYTES + size > fstatSync(file).size) return undefined;
  const frame = readBytes(file, at, HEADER_BYTES + size);
  if (frame === undefined) return undefined;
  const covered = words.slice(0, 8).join(" ");
  return crc32(frame.subarray(HEADER_BYTES), crc32(covered)) === Number(words[8]) ? frame : undefined;
}

function readBytes(file: number, at: number, length: number): Buffer | undefined {
  const bytes = Buffer.alloc(length);
  return readSync(file, bytes, 0, length, at) === length ? bytes : undefined;
}

/** Takes in the events of a frame; gives the position of the last. */
function takeIn(
  { at: start, bytes }: Frame,
  journal: OpenJournal,
  into: { readonly byStream: Map<string, JournalledLine[]>; readonly leaves: Leaves },
): number {
  const [, , first = 0, count = 0] = bytes
    .toString("latin1", 0, HEADER_BYTES)
    .trimEnd()
    .split(" ")
    .map(Number);
  let at = HEADER_BYTES;
  for (let index = 0; index < count; index++) {
    const lf = bytes.indexOf(LF, at);
    const [stream = "", , length, sequence] = bytes.toString("utf8", at, lf).split(" ");
    const end = lf + 1 + Number(length);
    // The LF before the line makes room for the 0x00 of its leaf hash.
    bytes[lf] = 0;
    const position = first + index;
    into.leaves.set(position, hash("sha256", bytes.subarray(lf, end)));
    const line = {
      sequence: Number(sequence),
      position,
      journal,
      offset: start + lf + 1,
      length: Number(length),
    };
    const lines = into.byStream.get(stream);
    if (lines === undefined) into.byStream.set(stream, [line]);
    else lines.push(line);
    at = end + 1;
  }
  return first + count - 1;
}
