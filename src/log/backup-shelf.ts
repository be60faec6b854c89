import type { EventLogReader } from "./event-log.ts";

/** One file of the store, as it is in a backup. */
export interface BackupEntry {
  /** Relative to the store, with slashes. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What a backup holds. */
export interface BackupManifest {
  readonly schema: "eso.backup/1";
  readonly store_id: string;
  /** The name that the store's seals carry. */
  readonly origin: string;
  readonly incarnation: string;
  readonly created_at: string;
  /** The backup holds every event up to this position, and none behind it. */
  readonly last_position: number;
  /** In order of path. */
  readonly files: readonly BackupEntry[];
}

/** A backup that was made. */
export interface BackupMade {
  /** The name of its manifest. */
  readonly name: string;
  readonly manifest: BackupManifest;
  /** Of the manifest file, hex. */
  readonly manifest_sha256: string;
  /** Bytes that were not there before. */
  readonly copied_bytes: number;
}

/** A store that was made from a backup. */
export interface RestoreMade {
  readonly name: string;
  readonly manifest: BackupManifest;
  readonly manifest_sha256: string;
  readonly origin: string;
  readonly incarnation: string;
}

/** Copies of a store elsewhere. */
export interface BackupShelf {
  /** Copies a store as it is up to one position, while others write to it. */
  backUp(
    log: EventLogReader,
    options: { readonly clock: () => number; readonly onFile?: (() => void) | undefined },
  ): Promise<BackupMade>;
}
