import type { ClosedDayFile } from "../../log/archive-shelf.ts";
import { type ArchiveParts, isOfIssue } from "./archive-records.ts";
import { holdOf } from "./hold.ts";

/** A closed day's file, and whether it may be pruned. */
export interface ListedFile extends ClosedDayFile {
  readonly held: boolean;
}

/** The files of closed days, oldest day first: where each lies, and what it takes there. */
export async function listArchive(
  parts: Pick<ArchiveParts, "shelf" | "queryEvents">,
  options: { readonly issue?: string | undefined } = {},
): Promise<readonly ListedFile[]> {
  const held = new Map<string, boolean>();
  const listed: ListedFile[] = [];
  for (const file of parts.shelf.files().filter((one) => isOfIssue(one, options.issue))) {
    const isHeld = held.get(file.stream) ?? (await holdOf(parts, file.stream))?.held ?? false;
    held.set(file.stream, isHeld);
    listed.push({ ...file, held: isHeld });
  }
  return listed;
}
