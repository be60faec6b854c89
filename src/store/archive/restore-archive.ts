import { NotFoundError } from "../../errors.ts";
import type { ClosedDayFile } from "../../log/archive-shelf.ts";
import {
  type ArchiveParts,
  isOfIssue,
  lastMoves,
  type MoveRecord,
  record,
  withArchiveLock,
} from "./archive-records.ts";
import { contentsOf } from "./run-archive.ts";

/** Which files to bring back. */
export interface ArchiveRestoreOptions {
  /** The issue; `global` for events without one. */
  readonly issue: string;
  /** Only this day, `2026-11-24`. */
  readonly day?: string | undefined;
}

/** A file that lies in its place again. */
export interface RestoredFile {
  readonly stream: string;
  readonly day: string;
  readonly file: string;
  readonly bytes: number;
}

/**
 * Brings archived files back to their places, byte for byte and read-only, as they were. A later run of archiving
 * leaves them there for as long as it leaves others.
 * @throws NotFoundError when nothing of the issue is archived.
 * @throws IntegrityError for an archive that is damaged; it is left as it is.
 */
export async function restoreArchive(
  parts: ArchiveParts,
  { issue, day }: ArchiveRestoreOptions,
): Promise<readonly RestoredFile[]> {
  return withArchiveLock(parts.shelf, async () => {
    const wanted = parts.shelf
      .files()
      .filter((file) => isOfIssue(file, issue) && (day === undefined || file.day === day))
      .filter(({ place }) => place === "archived" || place === "both");
    if (wanted.length === 0) throw nothingArchived(issue, day);
    const last = await lastMoves(parts, issue);
    const restored: RestoredFile[] = [];
    for (const file of wanted) restored.push(await restoreFile(parts, file, last.get(file.file)));
    return restored;
  });
}

async function restoreFile(
  parts: ArchiveParts,
  file: ClosedDayFile,
  last: MoveRecord | undefined,
): Promise<RestoredFile> {
  const { shelf } = parts;
  const contents = shelf.contents(file);
  shelf.unpack(file, contents);
  if (last?.event_type !== "StoreArchiveRestored") {
    const metadata = { file: file.file, archive: file.archive, ...contentsOf(file, contents) };
    await record(parts, { type: "StoreArchiveRestored", stream: file.stream, metadata });
  }
  shelf.removeArchive(file);
  const { stream, day } = file;
  return { stream, day, file: file.file, bytes: contents.bytes };
}

function nothingArchived(issue: string, day: string | undefined): NotFoundError {
  const when = day === undefined ? "" : ` of ${day}`;
  return new NotFoundError("ESO_NOT_FOUND", `nothing${when} of ${issue} is archived`, {
    hint: "eso archive list shows what is.",
    details: { what: issue },
  });
}
