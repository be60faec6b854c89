import { setImmediate as nextTurn } from "node:timers/promises";

import { IntegrityError } from "../../errors.ts";
import { systemCode } from "./disk.ts";
import type { EngineCore } from "./core.ts";
import { HEADER_BYTES } from "./frame.ts";
import { JournalFile } from "./journal.ts";
import { dayOf, journalPath } from "./layout.ts";
import type { Partitions } from "./partitions.ts";
import { acquire } from "./store-lock.ts";

/** Flushes under way at once; libuv has four threads by default. */
const SYNC_WIDTH = 4;
/** Frames read before other work gets a turn. */
const FRAMES_PER_TURN = 64;

/**
 * Gives up a journal that takes no more frames: brings the files that hold its lines to the device, then
 * removes it. The catalogue must cover it. Without `files` the journal itself is asked for them, so any
 * process may finish what a killed one began. A journal is kept as long as the store is not `trusted`: a flush
 * that failed elsewhere would seem to have succeeded here.
 */
export async function checkpointJournal(
  core: EngineCore,
  partitions: Partitions,
  journal: {
    readonly number: number;
    readonly files?: readonly FileEnd[] | undefined;
    readonly trusted: () => boolean;
  },
): Promise<void> {
  const { number } = journal;
  const files = journal.files ?? (await filesOf(core, number));
  if (files === undefined) return;
  for (const { stream, day, end } of files) {
    const size = partitions.sizeInPlace(stream, day);
    if (size < end) throw shortFile(partitions.pathOf(stream, day), size);
  }
  await partitions.syncAll(files, SYNC_WIDTH);
  await acquire(core.lock, core.options.lockTimeoutMs);
  try {
    if (!journal.trusted()) return;
    core.disk.remove(journalPath(core.layout, number));
    core.disk.syncFolder(core.layout.journals);
  } catch (error) {
    // Another process was faster.
    if (systemCode(error) !== "ENOENT") throw error;
  } finally {
    core.lock.release();
  }
}

/** Where a journal's last line in one file ends. */
export interface FileEnd {
  readonly stream: string;
  readonly day: string;
  readonly end: number;
}

/** The files that a journal's lines went to, and where they end; undefined when the journal is gone. */
async function filesOf(core: EngineCore, number: number): Promise<FileEnd[] | undefined> {
  const journal = JournalFile.open(core, number, "read");
  const next = JournalFile.open(core, number + 1, "read");
  try {
    const start = journal?.start();
    const goal = next?.start();
    if (journal === undefined || start === undefined || goal === undefined) return undefined;
    const files = new Map<string, FileEnd>();
    let reached = { frame: start.frame, crc: start.crc };
    for (const frame of journal.frames({ end: HEADER_BYTES, ...reached })) {
      const day = dayOf(frame.header.recordedMs);
      for (const { stream, fileOffset, length } of frame.events) {
        files.set(`${day}/${stream}`, { stream, day, end: fileOffset + length + 1 });
      }
      reached = frame.header;
      if (frame.header.frame % FRAMES_PER_TURN === 0) await nextTurn();
    }
    // Giving up a journal that cannot be read to its end would give up events.
    return reached.frame === goal.frame && reached.crc === goal.crc ? [...files.values()] : undefined;
  } finally {
    journal?.close();
    next?.close();
  }
}

function shortFile(path: string, size: number): IntegrityError {
  return new IntegrityError(
    "ESO_LOG_DAMAGED",
    `${path} ends at byte ${size}, before lines that the store wrote to it`,
    {
      hint: "The journal keeps its copy of the missing lines; bring the file back from a backup.",
      details: { file: path, offset: size },
    },
  );
}
