import { IntegrityError, PrunedError } from "../../errors.ts";
import { damagedLine } from "../../log/damaged-line.ts";
import type { StoredLine } from "../../log/event-log.ts";
import type { PartitionFile } from "./catalog.ts";
import { type Disk, systemCode } from "./disk.ts";
import { positionOf } from "./line-fields.ts";
import type { LogView } from "./log-view.ts";
import type { OrderEntry } from "./order-file.ts";
import { findPartitions, scanLines } from "./partition-scan.ts";
import type { Partitions } from "./partitions.ts";
import { prunedLines, prunedNote, type PrunedStandIn } from "./pruned-file.ts";

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

interface OpenPartition {
  readonly file: number;
  readonly path: string;
  readonly partition: PartitionFile;
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
    return this.present(positions);
  }

  /** The lines at these positions, in the order given; what was pruned is left out. */
  present(positions: readonly number[]): StoredLine[] {
    // Only what was pruned leaves a hole.
    return this.#fetch(positions, false).filter((line) => line !== undefined);
  }

  /** The lines at these positions, in the order given; all must exist. What was pruned is stood in for. */
  at(positions: readonly number[]): (StoredLine | PrunedStandIn)[] {
    return this.#fetch(positions, true) as (StoredLine | PrunedStandIn)[];
  }

  #fetch(positions: readonly number[], standIns: boolean): (StoredLine | undefined)[] {
    const lines: (StoredLine | undefined)[] = Array.from({ length: positions.length });
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
    for (const [fileId, wanted] of byFile) {
      const file = this.#view.catalog.file(fileId);
      if (file === undefined) throw this.#unreadable((wanted[0] as Wanted).position);
      if (this.#fromFile(file, wanted, lines)) continue;
      if (standIns) this.#standIn(file, wanted, lines);
      else this.#view.core.warn?.(prunedNote(file.stream));
    }
    return lines;
  }

  /** The order entries of those positions that the catalogue covers. */
  #entries(positions: readonly number[]): Map<number, OrderEntry> {
    const found = new Map<number, OrderEntry>();
    const covered = positions.filter((position) => position <= this.#view.tail.base).sort((a, b) => a - b);
    for (let index = 0; index < covered.length;) {
      const first = covered[index] as number;
      let count = 1;
      while (covered[index + count] === first + count) count++;
      this.#view.catalog.order
        .read(first, count)
        .forEach((entry, offset) => found.set(first + offset, entry));
      index += count;
    }
    return found;
  }

  #fromTail(position: number): StoredLine {
    const event = this.#view.tail.at(position);
    if (event === undefined) throw new RangeError(`no event at position ${position}`);
    return { stream: event.stream, sequence: event.sequence, position, bytes: this.#view.lineOf(event) };
  }

  /** False when the file was pruned. */
  #fromFile(file: PartitionFile, wanted: Wanted[], lines: (StoredLine | undefined)[]): boolean {
    const opened = this.#open(file.stream, file.day);
    const { disk } = this.#view.core;
    try {
      wanted.sort((a, b) => a.entry.fileOffset - b.entry.fileOffset);
      for (const run of runsOf(wanted)) this.#readRun({ ...opened, partition: file }, run, lines);
      return true;
    } catch (error) {
      if (!(error instanceof PrunedError)) throw error;
      return false;
    } finally {
      disk.close(opened.file);
    }
  }

  #standIn(file: PartitionFile, wanted: readonly Wanted[], lines: (StoredLine | undefined)[]): void {
    const { disk, layout } = this.#view.core;
    const slots = new Map(wanted.map(({ position, slot }) => [position, slot]));
    for (const line of prunedLines(disk, layout, file)) {
      const slot = slots.get(line.position);
      if (slot !== undefined) lines[slot] = line;
    }
  }

  #readRun(from: OpenPartition, run: readonly Wanted[], lines: (StoredLine | undefined)[]): void {
    const start = (run[0] as Wanted).entry.fileOffset;
    const last = (run.at(-1) as Wanted).entry;
    const bytes = Buffer.allocUnsafe(last.fileOffset + last.length + 1 - start);
    const got = bytes.subarray(0, this.#view.core.disk.read(from.file, bytes, start));
    for (const { entry, position, slot } of run) {
      const end = entry.fileOffset - start + entry.length;
      const { sequence, fileOffset: offset } = entry;
      const place = { file: from.path, line: sequence - from.partition.firstSequence + 1, offset };
      const line = bytes.subarray(end - entry.length, end);
      const stored = { stream: from.partition.stream, sequence, position, bytes: line, place };
      if (got[end] !== LF || positionOf(line) !== position) throw damagedLine(stored);
      lines[slot] = stored;
    }
  }

  /** The error for a position whose line was damaged already when the catalogue was made anew. */
  #unreadable(position: number): IntegrityError {
    const { disk, layout } = this.#view.core;
    for (const { stream, path } of findPartitions(disk, layout)) {
      const found = firstUnreadable(disk, path);
      if (found === undefined) continue;
      const place = { file: path, ...found };
      return damagedLine({ stream, sequence: found.line, position, bytes: new Uint8Array(), place });
    }
    return new IntegrityError(
      "ESO_LOG_DAMAGED",
      `the event at position ${position} is in none of the store's files`,
      {
        hint: "A file is missing or was shortened: bring it back from a backup.",
        details: { file: layout.base },
      },
    );
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

/** The first line of a file that is not one of the store's. */
function firstUnreadable(disk: Disk, path: string): { line: number; offset: number } | undefined {
  const file = disk.open(path, "read");
  try {
    let line = 0;
    for (const lines of scanLines(disk, file, { from: 0, to: disk.size(file) })) {
      const found = lines.findIndex(({ bytes }) => positionOf(bytes) === undefined);
      if (found >= 0) return { line: line + found + 1, offset: lines[found]?.offset ?? 0 };
      line += lines.length;
    }
    return undefined;
  } finally {
    disk.close(file);
  }
}

function runsOf(wanted: readonly Wanted[]): Wanted[][] {
  const runs: Wanted[][] = [];
  let start = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const one of wanted) {
    const { fileOffset, length } = one.entry;
    const run = runs.at(-1);
    if (run !== undefined && fileOffset - end <= GAP_BYTES && fileOffset - start < RUN_BYTES_MAX)
      run.push(one);
    else {
      runs.push([one]);
      start = fileOffset;
    }
    end = fileOffset + length + 1;
  }
  return runs;
}

export function missingFile(path: string, cause: unknown): IntegrityError {
  return new IntegrityError("ESO_LOG_DAMAGED", `${path} is missing, though the store wrote it`, {
    hint: "Bring it back from a backup; other streams stay readable.",
    details: { file: path, offset: 0 },
    cause,
  });
}
