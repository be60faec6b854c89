import { IntegrityError, PrunedError } from "../../errors.ts";
import type { EngineCore } from "./core.ts";
import { type JournalFrame, lineOf } from "./journal.ts";
import { dayOf } from "./layout.ts";
import type { Partitions } from "./partitions.ts";

/** Lines that go to one file, one behind the other. */
interface FileRun {
  readonly stream: string;
  readonly day: string;
  readonly offset: number;
  readonly lines: Uint8Array[];
}

/** The lines of some frames, grouped by file; a file's lines always follow each other without a gap. */
export function fileRuns(frames: readonly JournalFrame[]): Iterable<FileRun> {
  const runs = new Map<string, FileRun>();
  for (const frame of frames) {
    const day = dayOf(frame.header.recordedMs);
    for (const event of frame.events) {
      const key = `${day}/${event.stream}`;
      let run = runs.get(key);
      if (run === undefined) {
        run = { stream: event.stream, day, offset: event.fileOffset, lines: [] };
        runs.set(key, run);
      }
      run.lines.push(lineOf(frame, event));
    }
  }
  return runs.values();
}

/** Writes the lines of frames that are on disk to their files. Under the lock only. */
export function applyFrames(frames: readonly JournalFrame[], partitions: Partitions): void {
  for (const run of fileRuns(frames)) {
    const bytes = run.lines.length === 1 ? (run.lines[0] as Uint8Array) : Buffer.concat(run.lines);
    partitions.write(run, run.offset, bytes);
  }
}

/** What `reapplyFrames` met. */
export interface Reapplied {
  /** Files whose bytes were changed. */
  readonly changed: { stream: string; day: string }[];
  /** Files that end before the first line that the journal has for them; they were left alone. */
  readonly short: { stream: string; day: string }[];
}

/**
 * Like `applyFrames` after a crash: writes only what differs, unless `force` says that even equal bytes may
 * be missing on the device.
 */
export function reapplyFrames(
  frames: readonly JournalFrame[],
  partitions: Partitions,
  force: boolean,
): Reapplied {
  const result: Reapplied = { changed: [], short: [] };
  for (const run of fileRuns(frames)) {
    const { stream, day } = run;
    const found = reapplied(run, partitions, force);
    if (found === "short") result.short.push({ stream, day });
    if (found === "changed") result.changed.push({ stream, day });
  }
  return result;
}

function reapplied(run: FileRun, partitions: Partitions, force: boolean): "same" | "changed" | "short" {
  const { stream, day } = run;
  const bytes = Buffer.concat(run.lines);
  try {
    if (partitions.size(stream, day) < run.offset) return "short";
    const differs = !partitions.read(run, run.offset, bytes.length).equals(bytes);
    // A closed day's file was flushed before it was made read-only.
    if (differs || (force && !partitions.isReadOnly(stream, day))) partitions.write(run, run.offset, bytes);
    return differs ? "changed" : "same";
  } catch (error) {
    // What was pruned must not come back; a damaged archive must not keep the other streams from being used.
    if (error instanceof PrunedError) return "same";
    if (error instanceof IntegrityError) return "short";
    throw error;
  }
}

/** The present time for stamping: the clock, or the greatest time stamped so far when the clock is behind. */
export function nextRecordedMs(core: EngineCore, greatest: number): number {
  return Math.max(Math.floor(core.clock()), greatest);
}
