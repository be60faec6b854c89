import { setImmediate as nextTurn } from "node:timers/promises";

import { IntegrityError, PrunedError } from "../../errors.ts";
import { damagedLine } from "../../log/damaged-line.ts";
import type { ReadStreamOptions, StoredLine } from "../../log/event-log.ts";
import type { CatalogHead, PartitionFile } from "./catalog.ts";
import { systemCode } from "./disk.ts";
import { positionOf, sequenceOf } from "./line-fields.ts";
import { missingFile } from "./line-reader.ts";
import type { LogView } from "./log-view.ts";
import { type ScannedLine, scanLines, scanLinesBackwards } from "./partition-scan.ts";
import type { Partitions } from "./partitions.ts";
import { prunedNote } from "./pruned-file.ts";

/** Sequences `from`..`to` of one file. */
interface Piece {
  readonly file: PartitionFile;
  readonly from: number;
  readonly to: number;
  /** Sequence and end of the file's last covered line. */
  readonly last: number;
}

/** A file that is being read, and the sequence of its next line. */
interface NumberedRead {
  readonly piece: Piece;
  readonly path: string;
  readonly size: number;
  readonly sequence: number;
  readonly step: 1 | -1;
}

const SEEK_BYTES = 64 * 1024;
/** How far to look for the beginning of a line: near, then as far as the longest one reaches. */
const SEEK_REACHES = [4 * 1024, 2 * 65_536];
/** The sequence stands within so many bytes of a line's beginning. */
const LINE_HEAD_BYTES = 512;

/** Reads one stream in order of sequence: its files as far as the catalogue covers them, then the tail. */
export class StreamReader {
  readonly #view: LogView;
  readonly #partitions: Partitions;

  constructor(view: LogView, partitions: Partitions) {
    this.#view = view;
    this.#partitions = partitions;
  }

  async *read(
    stream: string,
    options: ReadStreamOptions & { visible: number },
  ): AsyncGenerator<StoredLine[]> {
    const { signal } = options;
    const head = this.#view.catalog.head(stream);
    const covered = head?.sequence ?? 0;
    const tail = this.#view.tail
      .ofStream(stream)
      .filter((event) => event.sequence > covered && event.position <= options.visible)
      .map((event) => ({
        stream,
        sequence: event.sequence,
        position: event.position,
        bytes: this.#view.lineOf(event) as Uint8Array,
      }));
    const from = Math.max(1, options.from ?? 1);
    const to = Math.min(options.to ?? Number.POSITIVE_INFINITY, tail.at(-1)?.sequence ?? covered);
    const inTail = tail.filter((line) => line.sequence >= from && line.sequence <= to);
    const pieces = this.#pieces(stream, covered, { from, to: Math.min(to, covered) });
    const backwards = options.direction === "backwards";
    if (backwards) {
      pieces.reverse();
      inTail.reverse();
      yield* inChunks(inTail);
    }
    for (const piece of pieces) {
      for (const lines of this.#unlessPruned(
        stream,
        backwards ? this.#backwards(piece, head) : this.#forwards(piece),
      )) {
        await nextTurn();
        signal?.throwIfAborted();
        yield* inChunks(lines);
      }
    }
    if (!backwards) yield* inChunks(inTail);
  }

  /** What was pruned is passed over; a file is pruned as a whole. */
  *#unlessPruned(stream: string, piece: Generator<StoredLine[]>): Generator<StoredLine[]> {
    try {
      yield* piece;
    } catch (error) {
      if (!(error instanceof PrunedError)) throw error;
      this.#view.core.warn?.(prunedNote(stream));
    }
  }

  #pieces(stream: string, covered: number, wanted: { from: number; to: number }): Piece[] {
    const files = this.#view.catalog.filesOf(stream);
    return files
      .map((file, index) => {
        const last = (files[index + 1]?.firstSequence ?? covered + 1) - 1;
        return { file, last, from: Math.max(wanted.from, file.firstSequence), to: Math.min(wanted.to, last) };
      })
      .filter((piece) => piece.from <= piece.to);
  }

  *#forwards(piece: Piece): Generator<StoredLine[]> {
    const { disk } = this.#view.core;
    const { file, path } = this.#open(piece.file);
    try {
      const size = disk.size(file);
      const start = this.#seek(file, size, piece);
      const chunks = scanLines(disk, file, { from: start.offset, to: size });
      yield* this.#numbered({ piece, path, size, sequence: start.sequence, step: 1 }, chunks);
    } finally {
      disk.close(file);
    }
  }

  *#backwards(piece: Piece, head: CatalogHead | undefined): Generator<StoredLine[]> {
    const { disk } = this.#view.core;
    const { file, path } = this.#open(piece.file);
    try {
      const size = disk.size(file);
      // The file may have grown behind what the catalogue covered when the read began; an earlier day's file
      // ends with its last line.
      const end = head?.day === piece.file.day ? Math.min(size, head.fileEnd) : size;
      const chunks = scanLinesBackwards(disk, file, { from: 0, to: end });
      yield* this.#numbered({ piece, path, size, sequence: piece.last, step: -1 }, chunks);
    } finally {
      disk.close(file);
    }
  }

  /** Counts lines from `sequence` on and gives those that are wanted. */
  *#numbered(read: NumberedRead, chunks: Iterable<ScannedLine[]>): Generator<StoredLine[]> {
    const { piece, step } = read;
    let { sequence } = read;
    for (const scanned of chunks) {
      const lines: StoredLine[] = [];
      for (const line of scanned) {
        if (sequence >= piece.from && sequence <= piece.to) lines.push(lineAt(read, line, sequence));
        sequence += step;
      }
      if (lines.length > 0) yield lines;
      if (step > 0 ? sequence > piece.to : sequence < piece.from) return;
    }
    throw this.#short(read.path, read.size, sequence);
  }

  #open(partition: PartitionFile): { file: number; path: string } {
    try {
      return this.#partitions.openForReading(partition.stream, partition.day);
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
      throw missingFile(this.#partitions.pathOf(partition.stream, partition.day), error);
    }
  }

  /** A line at or before the first one wanted, found by halving the file. */
  #seek(file: number, size: number, piece: Piece): { offset: number; sequence: number } {
    let best = { offset: 0, sequence: piece.file.firstSequence };
    let high = size;
    while (piece.from > best.sequence && high - best.offset > SEEK_BYTES) {
      const middle = Math.floor((best.offset + high) / 2);
      const found = this.#lineBehind(file, middle, high);
      if (found === undefined || found.sequence > piece.from) high = middle;
      else best = found;
    }
    return best;
  }

  /** The first line that begins behind `offset`: mostly near, though a line may be long. */
  #lineBehind(file: number, offset: number, limit: number): { offset: number; sequence: number } | undefined {
    for (const reach of SEEK_REACHES) {
      const bytes = Buffer.allocUnsafe(Math.min(reach, limit - offset));
      const got = bytes.subarray(0, this.#view.core.disk.read(file, bytes, offset));
      const start = got.indexOf(10) + 1;
      // A number that is cut off by the end of what was read would be another number.
      if (start === 0 || (got.length - start < LINE_HEAD_BYTES && got.length === reach)) continue;
      const sequence = sequenceOf(got.subarray(start));
      return sequence === undefined ? undefined : { offset: offset + start, sequence };
    }
    return undefined;
  }

  #short(path: string, size: number, sequence: number): IntegrityError {
    return new IntegrityError(
      "ESO_LOG_DAMAGED",
      `${path} ends at byte ${size}, before the line of sequence ${sequence} that the store wrote to it`,
      {
        hint: "Nothing was changed. Bring the file back from a backup; other streams stay readable.",
        details: { file: path, offset: size },
      },
    );
  }
}

const CHUNK_LINES = 1000;

function* inChunks(lines: StoredLine[]): Generator<StoredLine[]> {
  if (lines.length > 0 && lines.length <= CHUNK_LINES) yield lines;
  else for (let at = 0; at < lines.length; at += CHUNK_LINES) yield lines.slice(at, at + CHUNK_LINES);
}

function lineAt({ piece, path }: NumberedRead, line: ScannedLine, sequence: number): StoredLine {
  const position = positionOf(line.bytes);
  const place = { file: path, line: sequence - piece.file.firstSequence + 1, offset: line.offset };
  const stored = { stream: piece.file.stream, sequence, position: position ?? 0, bytes: line.bytes, place };
  if (position === undefined || sequenceOf(line.bytes) !== sequence) throw damagedLine(stored);
  return stored;
}
