import { join } from "node:path";

import { GLOBAL_STREAM } from "../../event/envelope.ts";
import type { Disk } from "./disk.ts";
import { EVENTS_FILE, isDay, type Layout } from "./layout.ts";
import { dayOfFirstLine } from "./partitions.ts";

const LF = 10;
const CHUNK_BYTES = 1024 * 1024;
const FIRST_CHUNK_BYTES = 128 * 1024;

/** A stream's file found on disk. */
export interface FoundPartition {
  readonly stream: string;
  readonly day: string;
  readonly path: string;
}

/** All event files of a store, oldest day first. What does not look like the store's own is passed over. */
export function findPartitions(disk: Disk, layout: Layout): FoundPartition[] {
  const found: FoundPartition[] = [];
  for (const day of foldersIn(disk, layout.base).filter(isDay)) {
    for (const stream of foldersIn(disk, join(layout.base, day))) {
      const path = join(layout.base, day, stream, EVENTS_FILE);
      if (disk.kind(path) === "file") found.push({ stream, day, path });
    }
  }
  found.push(...findGlobal(disk, layout));
  return found.sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
}

function findGlobal(disk: Disk, layout: Layout): FoundPartition[] {
  if (disk.kind(layout.globalFolder) !== "folder") return [];
  const found: FoundPartition[] = [];
  for (const day of foldersIn(disk, layout.globalFolder).filter(isDay)) {
    const path = join(layout.globalFolder, day, EVENTS_FILE);
    if (disk.kind(path) === "file") found.push({ stream: GLOBAL_STREAM, day, path });
  }
  const open = join(layout.globalFolder, EVENTS_FILE);
  const day = disk.kind(open) === "file" ? dayOfFirstLine(disk, open) : undefined;
  if (day !== undefined) found.push({ stream: GLOBAL_STREAM, day, path: open });
  return found;
}

function foldersIn(disk: Disk, path: string): string[] {
  return disk
    .list(path)
    .filter((name) => !name.startsWith(".") && disk.kind(join(path, name)) === "folder")
    .sort();
}

/** One whole line of a file; `bytes` are without LF. */
export interface ScannedLine {
  readonly bytes: Buffer;
  readonly offset: number;
}

/** The whole lines of bytes `from`..`to` of a file, in chunks; a last line without LF is in progress and left out. */
export function* scanLines(
  disk: Disk,
  file: number,
  range: { from: number; to: number },
): Generator<ScannedLine[]> {
  let at = range.from;
  // Often only the first few lines are wanted.
  let size = FIRST_CHUNK_BYTES;
  while (at < range.to) {
    const bytes = Buffer.allocUnsafe(Math.min(size, range.to - at));
    const got = bytes.subarray(0, disk.read(file, bytes, at));
    const { lines, used } = splitLines(got, at);
    if (lines.length > 0) yield lines;
    if (used === 0) {
      if (got.length < size) return;
      // A foreign file may hold one endless line; it is read in growing steps and ends as one damaged line.
      size *= 2;
      continue;
    }
    size = Math.min(size * 4, CHUNK_BYTES);
    at += used;
  }
}

/** Splits at LF; `used` counts the bytes of whole lines. */
export function splitLines(bytes: Buffer, offset: number): { lines: ScannedLine[]; used: number } {
  const lines: ScannedLine[] = [];
  let start = 0;
  for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
    lines.push({ bytes: bytes.subarray(start, end), offset: offset + start });
    start = end + 1;
  }
  return { lines, used: start };
}

/** Like `scanLines`, from the end of the range to its start, in chunks of about `chunkBytes`. */
export function* scanLinesBackwards(
  disk: Disk,
  file: number,
  range: { from: number; to: number; chunkBytes?: number },
): Generator<ScannedLine[]> {
  const { chunkBytes = CHUNK_BYTES } = range;
  let end = range.to;
  let size = chunkBytes;
  while (end > range.from) {
    const start = Math.max(range.from, end - size);
    const bytes = Buffer.allocUnsafe(end - start);
    const got = bytes.subarray(0, disk.read(file, bytes, start));
    // The first line of the chunk is whole only where the chunk starts with a line.
    const skip = start === range.from ? 0 : got.indexOf(LF) + 1;
    const { lines } = splitLines(got.subarray(skip), start + skip);
    if (lines.length === 0 || (skip === 0 && start !== range.from)) {
      if (start === range.from) return;
      size *= 2;
      continue;
    }
    yield lines.reverse();
    size = chunkBytes;
    end = start + skip;
  }
}
