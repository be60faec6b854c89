import { createHash } from "node:crypto";
import { join } from "node:path";

import { GLOBAL_STREAM } from "../../event/envelope.ts";
import { PrunedError } from "../../errors.ts";
import type { PartitionFile } from "./catalog.ts";
import type { EngineCore } from "./core.ts";
import type { DerivedFiles } from "./derived-files.ts";
import { dayOf, EVENTS_FILE, prunedPath, streamFolder } from "./layout.ts";
import type { LogView } from "./log-view.ts";
import type { Partitions } from "./partitions.ts";
import { acquire } from "./store-lock.ts";
import { writeAtomic } from "./write-atomic.ts";

const READ_BYTES = 1024 * 1024;
const SYNC_WIDTH = 4;

/** The digest of one file of a closed day. */
export interface ClosedFile {
  readonly stream: string;
  /** Relative to the store. */
  readonly file: string;
  readonly bytes: number;
  readonly first_position: number;
  readonly first_sequence: number;
  readonly sha256: string;
}

/** Days that are over, hold events, and have not been closed yet. */
export function unclosedDays(core: EngineCore, view: LogView): string[] {
  const today = dayOf(Math.max(core.clock(), 0));
  const closed = new Set(
    core.disk.kind(core.layout.closedDays) === undefined ? [] : core.disk.list(core.layout.closedDays),
  );
  // A clock that went backwards must not make the present day look over.
  const newest = view.tail.events.at(-1)?.recordedMs;
  const inTail = new Set(view.tail.events.map((event) => dayOf(event.recordedMs)));
  const days = new Set([...view.catalog.days(), ...inTail]);
  const open = newest === undefined ? (view.catalog.days().at(-1) ?? today) : dayOf(newest);
  return [...days]
    .filter((day) => day < today && !(day === open && today <= open) && !closed.has(`${day}.json`))
    .sort();
}

/** What closing works with. */
export interface ClosingParts {
  readonly view: LogView;
  readonly partitions: Partitions;
  readonly derived: DerivedFiles;
}

/** Closes days that are over: files on disk, digests recorded, files read-only. The catalogue must cover them. */
export async function closeDays(
  core: EngineCore,
  parts: ClosingParts,
  days: readonly string[],
): Promise<void> {
  for (const day of days) {
    const files = parts.view.catalog.filesOfDay(day);
    await parts.partitions.syncAll(files, SYNC_WIDTH);
    await acquire(core.lock, core.options.lockTimeoutMs);
    try {
      closeDay(core, parts, day);
    } finally {
      core.lock.release();
    }
  }
}

function closeDay(core: EngineCore, { view, partitions, derived }: ClosingParts, day: string): void {
  const { disk, layout } = core;
  const record = join(layout.closedDays, `${day}.json`);
  if (disk.kind(record) !== undefined) return;
  const files = view.catalog.filesOfDay(day).filter((file) => !wasPruned(core, file));
  const openGlobal = join(layout.globalFolder, EVENTS_FILE);
  if (
    files.some((file) => file.stream === GLOBAL_STREAM) &&
    partitions.pathOf(GLOBAL_STREAM, day) === openGlobal
  ) {
    partitions.closeGlobalDay(day);
  }
  derived.writeDay(
    day,
    files.map((file) => file.stream),
  );
  const closed: ClosedFile[] = files.map((file) => {
    const path = partitions.pathOf(file.stream, day);
    partitions.forget(`${day}/${file.stream}`);
    return {
      stream: file.stream,
      file: path.slice(layout.base.length + 1),
      first_position: file.firstPosition,
      first_sequence: file.firstSequence,
      ...digestOf(core, path),
    };
  });
  if (disk.makeFolder(layout.closedDays)) disk.syncFolder(layout.room);
  writeAtomic(disk, record, `${JSON.stringify({ date: day, files: closed }, undefined, 1)}\n`);
  // Last: recovery leaves the files of a day alone that the record calls closed, and only those.
  for (const { file } of closed) disk.setReadOnly(join(layout.base, file));
}

/** A day whose record was lost is closed again; what was pruned since is left out of it. */
function wasPruned({ disk, layout }: EngineCore, { stream, day }: PartitionFile): boolean {
  if (disk.kind(prunedPath(layout, stream, day)) === undefined) return false;
  const path = join(streamFolder(layout, stream, day), EVENTS_FILE);
  const file = disk.open(path, "read");
  try {
    disk.read(file, Buffer.alloc(1), 0);
    return false;
  } catch (error) {
    if (error instanceof PrunedError) return true;
    throw error;
  } finally {
    disk.close(file);
  }
}

function digestOf(core: EngineCore, path: string): { bytes: number; sha256: string } {
  const { disk } = core;
  const file = disk.open(path, "read");
  try {
    const sum = createHash("sha256");
    const buffer = Buffer.alloc(READ_BYTES);
    let bytes = 0;
    for (let got = disk.read(file, buffer, 0); got > 0; got = disk.read(file, buffer, bytes)) {
      sum.update(buffer.subarray(0, got));
      bytes += got;
    }
    return { bytes, sha256: sum.digest("hex") };
  } finally {
    disk.close(file);
  }
}
