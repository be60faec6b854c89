import { StorageError } from "../../errors.ts";
import type { BackupMade, BackupShelf, RestoreMade } from "../../log/backup-shelf.ts";
import { GLOBAL_STREAM } from "../../event/envelope.ts";
import type { EventLogReader } from "../../log/event-log.ts";
import { type ArchiveParts, record, withArchiveLock } from "../archive/archive-records.ts";

/** What a backup is made with. */
export interface BackUpParts extends Pick<ArchiveParts, "append" | "session" | "actor" | "clock"> {
  readonly shelf: BackupShelf;
  /** Kept still meanwhile: files must not move from under a backup. */
  readonly archive: ArchiveParts["shelf"];
  readonly log: EventLogReader;
}

/** What a backup is called in the log. */
export interface BackUpOptions {
  /** Without the folders above it, which are nobody's business. */
  readonly label: string;
  readonly onFile?: (() => void) | undefined;
}

/**
 * Copies a store, as it is up to one position, while others write to it, and records that.
 * @throws StoreLockedError while another process archives or backs up.
 */
export async function backUp(parts: BackUpParts, options: BackUpOptions): Promise<BackupMade> {
  const { log, shelf, clock } = parts;
  const made = await withArchiveLock(parts.archive, () =>
    shelf.backUp(log, { clock, onFile: options.onFile }),
  );
  await recordBackup(parts, made, options.label);
  return made;
}

async function recordBackup(parts: BackUpParts, made: BackupMade, label: string): Promise<void> {
  const metadata = { backup: label, ...factsOf(made), copied_bytes: made.copied_bytes };
  try {
    await record(parts, { type: "StoreBackedUp", stream: GLOBAL_STREAM, metadata });
  } catch (error) {
    // A store on read-only media can be backed up all the same.
    if (!(error instanceof StorageError) || error.code !== "ESO_STORAGE_READ_ONLY") throw error;
  }
}

/** Records in a store that was just made from a backup where it comes from. */
export async function recordRestore(
  parts: Pick<BackUpParts, "append" | "session" | "actor">,
  made: RestoreMade,
  label: string,
): Promise<void> {
  const { origin, incarnation, manifest } = made;
  const metadata = {
    backup: label,
    origin,
    previous_origin: manifest.origin,
    incarnation,
    backup_created_at: manifest.created_at,
    ...factsOf(made),
  };
  await record(parts, { type: "StoreRestored", stream: GLOBAL_STREAM, metadata });
}

function factsOf({ manifest, manifest_sha256 }: BackupMade | RestoreMade) {
  return {
    last_position: manifest.last_position,
    files: manifest.files.length,
    bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
    manifest_sha256,
  };
}
