import type { JsonObject } from "../../event/envelope.ts";
import type { ClosedDayFile, FileContents } from "../../log/archive-shelf.ts";
import {
  type ArchiveParts,
  isOfIssue,
  isOlderThan,
  lastMoves,
  type MoveRecord,
  record,
  withArchiveLock,
} from "./archive-records.ts";

/** Which files to archive. */
export interface ArchiveOptions {
  /** Days that a file's day must have been over; 0: every day that is over. */
  readonly olderThanDays: number;
  /** Only this issue; `global` for events without one. */
  readonly issue?: string | undefined;
  /** Say what would be done, and do nothing. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told after each file. */
  readonly onFile?: ((done: number, total: number) => void) | undefined;
}

/** A file that was archived, or would be. */
export interface ArchivedFile {
  readonly stream: string;
  readonly day: string;
  readonly file: string;
  readonly bytes: number;
  /** Absent in a dry run. */
  readonly archive_bytes?: number;
  /** An earlier run was interrupted behind its record; this one finished it. */
  readonly finished?: true;
}

/** What a run did. */
export interface ArchiveRun {
  readonly dry_run: boolean;
  readonly older_than_days: number;
  readonly files: readonly ArchivedFile[];
  readonly bytes: number;
  readonly archive_bytes: number;
}

/**
 * Moves the files of old days into the archive, byte for byte. Every answer stays the same, at any moment in between
 * too; a run that is interrupted is finished by the next one.
 * @throws IntegrityError for a file that is not what it was when its day was closed; it is left as it is.
 * @throws StoreLockedError while another process archives.
 */
export async function runArchive(parts: ArchiveParts, options: ArchiveOptions): Promise<ArchiveRun> {
  if (options.dryRun === true) return summed(options, await toMove(parts, options));
  return withArchiveLock(parts.shelf, async () => {
    const due = await dueFiles(parts, options);
    const files: ArchivedFile[] = [];
    for (const [done, { file, last }] of due.entries()) {
      options.signal?.throwIfAborted();
      const archived = await archiveFile(parts, file, last);
      if (archived !== undefined) files.push(archived);
      options.onFile?.(done + 1, due.length);
    }
    return summed(options, files);
  });
}

function summed(options: ArchiveOptions, files: readonly ArchivedFile[]): ArchiveRun {
  return {
    dry_run: options.dryRun === true,
    older_than_days: options.olderThanDays,
    files,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    archive_bytes: files.reduce((sum, { archive_bytes = 0 }) => sum + archive_bytes, 0),
  };
}

interface DueFile {
  readonly file: ClosedDayFile;
  /** What the stream says last of this file. */
  readonly last: MoveRecord | undefined;
}

async function dueFiles(parts: ArchiveParts, options: ArchiveOptions): Promise<DueFile[]> {
  const now = parts.clock();
  const due: DueFile[] = [];
  const moves = new Map<string, Map<string, MoveRecord>>();
  for (const file of parts.shelf.files()) {
    const isThere = file.place === "live" || file.place === "both";
    if (!isThere || !isOfIssue(file, options.issue) || file.sha256 === undefined) continue;
    if (file.place === "live" && !isOlderThan(file.day, options.olderThanDays, now)) continue;
    const known = moves.get(file.stream) ?? (await lastMoves(parts, file.stream));
    moves.set(file.stream, known);
    const last = known.get(file.file);
    // What was brought back is wanted again for a while.
    const isWanted =
      last?.event_type === "StoreArchiveRestored" &&
      !isOlderThan(last.recorded_at.slice(0, 10), options.olderThanDays - 1, now);
    if (file.place === "both" || !isWanted) due.push({ file, last });
  }
  return due;
}

async function toMove(parts: ArchiveParts, options: ArchiveOptions): Promise<ArchivedFile[]> {
  const files: ArchivedFile[] = [];
  for (const { file } of await dueFiles(parts, options)) {
    const contents = parts.shelf.contents(file);
    if (!contents.onlyRecords) files.push({ ...named(file), bytes: contents.bytes });
  }
  return files;
}

function named({ stream, day, file }: ClosedDayFile): Pick<ArchivedFile, "stream" | "day" | "file"> {
  return { stream, day, file };
}

/** Compressed and checked, its summaries kept, recorded, and only then removed: each durable before the next. */
async function archiveFile(
  parts: ArchiveParts,
  file: ClosedDayFile,
  last: MoveRecord | undefined,
): Promise<ArchivedFile | undefined> {
  const { shelf } = parts;
  if (file.place === "both" && last?.event_type === "StoreArchiveRestored") {
    shelf.removeArchive(file);
    return undefined;
  }
  const contents = shelf.contents(file);
  if (contents.onlyRecords && file.place === "live") return undefined;
  const facts = shelf.compress(file, contents);
  shelf.keepSummaries(file);
  const isRecorded = last?.event_type === "StoreArchived";
  if (!isRecorded) {
    const metadata = { file: file.file, archive: file.archive, ...contentsOf(file, contents), ...facts };
    await record(parts, { type: "StoreArchived", stream: file.stream, metadata });
  }
  shelf.removeLive(file);
  return {
    ...named(file),
    bytes: contents.bytes,
    archive_bytes: facts.archive_bytes,
    ...(isRecorded ? { finished: true } : {}),
  };
}

/** What the records of a file's moves say of it. */
export function contentsOf(file: ClosedDayFile, contents: FileContents): JsonObject {
  const { onlyRecords: _, ...facts } = contents;
  return { day: file.day, ...facts };
}
