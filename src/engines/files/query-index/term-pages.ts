import { type Bits, bitmapBytes, encodeBitmap } from "./bits.ts";

/**
 * Terms of a segment with the events that have them, in pages:
 *
 * page       = entry*            entry = u16 bytes of term, u16 events, term, events
 * events     = u16 offset each, or a bitmap of the segment where that is shorter
 * directory  = u32 pages, u32 end of each page's first term, the first terms
 *
 * Terms stand in the order of JavaScript strings, in the directory and in the pages.
 */
export type TermEntry = readonly [term: string, offsets: readonly number[]];

/** Near half of a SQLite page, so that two of ours share one. */
const PAGE_TARGET = 3_900;
const ENTRY_HEAD = 4;

/** Terms are cut to this many UTF-16 units: an index may find more than matches, not less. */
const TERM_MAX = 64;

/** The part of a value that is indexed. */
export function termOf(value: string): string {
  return (value.length > TERM_MAX ? value.slice(0, TERM_MAX) : value).toWellFormed();
}

/** The directory and the pages of terms that come in order. */
export function encodeTerms(entries: Iterable<TermEntry>, size: number): readonly Buffer[] {
  const pages: Buffer[] = [];
  const fences: string[] = [];
  let parts: Buffer[] = [];
  let length = 0;
  for (const [term, offsets] of entries) {
    if (length === 0) fences.push(term);
    const part = encodeEntry(term, offsets, size);
    parts.push(part);
    length += part.length;
    if (length < PAGE_TARGET) continue;
    pages.push(Buffer.concat(parts, length));
    parts = [];
    length = 0;
  }
  if (length > 0) pages.push(Buffer.concat(parts, length));
  return [encodeDirectory(fences), ...pages];
}

function encodeEntry(term: string, offsets: readonly number[], size: number): Buffer {
  const termBytes = Buffer.byteLength(term);
  const asList = offsets.length * 2 <= bitmapBytes(size);
  const bytes = Buffer.allocUnsafe(
    ENTRY_HEAD + termBytes + (asList ? offsets.length * 2 : bitmapBytes(size)),
  );
  bytes.writeUInt16LE(termBytes, 0);
  bytes.writeUInt16LE(offsets.length, 2);
  let at = ENTRY_HEAD + bytes.write(term, ENTRY_HEAD);
  if (asList) for (const offset of offsets) at = bytes.writeUInt16LE(offset, at);
  else encodeBitmap(offsets, size).copy(bytes, at);
  return bytes;
}

function encodeDirectory(fences: readonly string[]): Buffer {
  const names = fences.map((fence) => Buffer.from(fence));
  const head = Buffer.allocUnsafe(4 + names.length * 4);
  head.writeUInt32LE(names.length, 0);
  let end = 0;
  names.forEach((name, i) => head.writeUInt32LE((end += name.length), 4 + i * 4));
  return Buffer.concat([head, ...names]);
}

/** Number of pages that a directory knows. */
export function pageCount(directory: Buffer): number {
  return directory.readUInt32LE(0);
}

/** The page on which a term stands if any does; entries at or behind it begin there. */
export function pageOfTerm(directory: Buffer, term: string): number {
  let low = 0;
  let high = pageCount(directory) - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (firstTerm(directory, middle) <= term) low = middle;
    else high = middle - 1;
  }
  return low;
}

function firstTerm(directory: Buffer, page: number): string {
  const names = 4 + pageCount(directory) * 4;
  const start = page === 0 ? 0 : directory.readUInt32LE(page * 4);
  return directory.toString("utf8", names + start, names + directory.readUInt32LE(4 + page * 4));
}

/** Adds the events of one term, if the page has it. */
export function addTerm(page: Buffer, term: string, bits: Bits): void {
  const wanted = Buffer.from(term);
  for (const entry of entriesOf(page, bits.size)) {
    if (entry.termEnd - entry.termStart !== wanted.length) continue;
    if (wanted.compare(page, entry.termStart, entry.termEnd) === 0) return addEvents(page, entry, bits);
  }
}

/**
 * Adds the events of all terms that begin with `prefix` and are `wanted`. True when the terms of the next
 * page may begin with it too.
 */
export function addPrefix(
  page: Buffer,
  { prefix, wanted }: { prefix: string; wanted?: (term: string) => boolean },
  bits: Bits,
): boolean {
  for (const entry of entriesOf(page, bits.size)) {
    const term = page.toString("utf8", entry.termStart, entry.termEnd);
    if (!term.startsWith(prefix)) {
      if (term > prefix) return false;
    } else if (wanted === undefined || wanted(term)) addEvents(page, entry, bits);
  }
  return true;
}

interface Entry {
  readonly termStart: number;
  readonly termEnd: number;
  readonly events: number;
  readonly end: number;
}

function* entriesOf(page: Buffer, size: number): Generator<Entry> {
  const bitmap = bitmapBytes(size);
  for (let at = 0; at < page.length;) {
    const termStart = at + ENTRY_HEAD;
    const termEnd = termStart + page.readUInt16LE(at);
    const events = page.readUInt16LE(at + 2);
    at = termEnd + Math.min(events * 2, bitmap);
    yield { termStart, termEnd, events, end: at };
  }
}

function addEvents(page: Buffer, { termEnd, events, end }: Entry, bits: Bits): void {
  if (events * 2 > bitmapBytes(bits.size)) return bits.addBitmap(page.subarray(termEnd, end));
  for (let at = termEnd; at < end; at += 2) bits.add(page.readUInt16LE(at));
}
