import { IntegrityError } from "../../errors.ts";
import type { StoredLine } from "../../log/event-log.ts";
import { type Disk, systemCode } from "./disk.ts";
import { positionOf } from "./line-fields.ts";
import type { LogView } from "./log-view.ts";
import type { OrderEntry } from "./order-file.ts";
import type { Partitions } from "./partitions.ts";

const LF = 10;
/** Lines of one file that lie this close together are read with one call. */
const GAP_BYTES = 4096;
const RUN_BYTES_MAX = 1024 * 1024;

interface Wanted {
  readonly entry: OrderEntry;
  readonly position: number;
  /** Index in the result. */
  readonly slot: number;
}

/** Fetches lines by position, whichever of journal and files holds them. */
export class LineReader {
  readonly #view: LogView;
  readonly #partitions: Partitions;

  constructor(view: LogView, partitions: Partitions) {
    this.#view = view;
    this.#partitions = partitions;
  }

  /** The lines of the positions `first`..`last`, in order. */
  range(first: number, last: number): StoredLine[] {
    const positions = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    return this.at(positions);
  }

  /** The lines at these positions, in the order given; all must exist. */
  at(positions: readonly number[]): StoredLine[] {
    const lines: StoredLine[] = Array.from({ length: positions.length });
    const byFile = new Map<number, Wanted[]>();
    const entries = this.#entries(positions);
    positions.forEach((position, slot) => {
      const entry = entries.get(position);
      if (entry === undefined) {
        lines[slot] = this.#fromTail(position);
        return;
      }
      const wanted = { entry, position, slot };
      const others = byFile.get(entry.fileId);
      if (others === undefined) byFile.set(entry.fileId, [wanted]);
      else others.push(wanted);
    });
    for (const [fileId, wanted] of byFile) this.#fromFile(fileId, wanted, lines);
    return lines;
  }

  /** The order entries of those positions that the catalogue covers. */
  #entries(positions: readonly number[]): Map<number, OrderEntry> {
    const found = new Map<number, OrderEntry>();
    const covered = positions.filter((position) => position <= this.#view.tail.base).sort((a, b) => a - b);
    for (let index = 0; index < covered.length; ) {
      const first = covered[index] as number;
      let count = 1;
      while (covered[index + count] === first + count) count++;
      this.#view.catalog.order.read(first, count).forEach((entry, offset) => found.set(first + offset, entry));
      index += count;
    }
    return found;
  }

  #fromTail(position: number): StoredLine {
    const event = this.#view.tail.at(position);
    if (event === undefined) throw new RangeError(`no event at position ${position}`);
    return { stream: event.stream, sequence: event.sequence, position, bytes: this.#view.lineOf(event) };
  }

  #fromFile(fileId: number, wanted: Wanted[], lines: StoredLine[]): void {
    const file = this.#view.catalog.file(fileId);
    if (file === undefined) throw damagedAt(wanted[0] as Wanted, "a file that could not be read");
    const opened = this.#open(file.stream, file.day);
    const { disk } = this.#view.core;
    try {
      wanted.sort((a, b) => a.entry.fileOffset - b.entry.fileOffset);
      for (const run of runsOf(wanted)) {
        const start = (run[0] as Wanted).entry.fileOffset;
        const last = (run.at(-1) as Wanted).entry;
        const bytes = Buffer.allocUnsafe(last.fileOffset + last.length + 1 - start);
        const got = disk.read(opened.file, bytes, start);
        for (const { entry, position, slot } of run) {
          const at = entry.fileOffset - start;
          const line = bytes.subarray(at, at + entry.length);
          if (at + entry.length + 1 > got || bytes[at + entry.length] !== LF || positionOf(line) !== position) {
            throw damaged(disk, opened.path, entry);
          }
          lines[slot] = { stream: file.stream, sequence: entry.sequence, position, bytes: line };
        }
      }
    } finally {
      disk.close(opened.file);
    }
  }

  #open(stream: string, day: string): { file: number; path: string } {
    try {
      return this.#partitions.openForReading(stream, day);
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
      throw missingFile(this.#partitions.pathOf(stream, day), error);
    }
  }
}

function runsOf(wanted: readonly Wanted[]): Wanted[][] {
  const runs: Wanted[][] = [];
  let start = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const one of wanted) {
    const { fileOffset, length } = one.entry;
    const run = runs.at(-1);
    if (run !== undefined && fileOffset - end <= GAP_BYTES && fileOffset - start < RUN_BYTES_MAX) run.push(one);
    else {
      runs.push([one]);
      start = fileOffset;
    }
    end = fileOffset + length + 1;
  }
  return runs;
}

/** The error for a line whose bytes are not what was written; names file, line and offset. */
export function damaged(disk: Disk, path: string, place: { fileOffset: number; sequence: number }): IntegrityError {
  const line = lineNumberAt(disk, path, place.fileOffset);
  return new IntegrityError(
    "ESO_LOG_DAMAGED",
    `${path} is damaged at line ${line}, byte ${place.fileOffset}: sequence ${place.sequence} is not what was written`,
    {
      hint: "Nothing was changed. Compare the file with a backup; other streams stay readable.",
      details: { file: path, offset: place.fileOffset, line },
    },
  );
}

/** The number, from 1, of the line that holds byte `offset`. */
function lineNumberAt(disk: Disk, path: string, offset: number): number {
  const file = disk.open(path, "read");
  try {
    let lines = 1;
    for (let at = 0; at < offset; at += RUN_BYTES_MAX) {
      const bytes = Buffer.alloc(Math.min(RUN_BYTES_MAX, offset - at));
      const got = bytes.subarray(0, disk.read(file, bytes, at));
      for (let found = got.indexOf(LF); found >= 0; found = got.indexOf(LF, found + 1)) lines++;
    }
    return lines;
  } finally {
    disk.close(file);
  }
}

function damagedAt(wanted: Wanted, what: string): IntegrityError {
  return new IntegrityError("ESO_LOG_DAMAGED", `the event at position ${wanted.position} lies in ${what}`, {
    hint: "Run eso doctor to see which files are damaged or missing.",
    details: { file: what, offset: wanted.entry.fileOffset },
  });
}

export function missingFile(path: string, cause: unknown): IntegrityError {
  return new IntegrityError("ESO_LOG_DAMAGED", `${path} is missing, though the store wrote it`, {
    hint: "Bring it back from a backup; other streams stay readable.",
    details: { file: path, offset: 0 },
    cause,
  });
}
