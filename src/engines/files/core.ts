import { type Config, DEFAULT_CONFIG } from "../../config/config.ts";
import type { Companions } from "../../log/companions.ts";
import type { Durability } from "../../log/event-log.ts";
import type { Disk } from "./disk.ts";
import type { Layout } from "./layout.ts";
import type { StoreLock } from "./store-lock.ts";

/** Limits and habits of the engine; defaults in `DEFAULT_FILES_OPTIONS`. */
export interface FilesOptions {
  readonly durability: Exclude<Durability, "memory">;
  /** A writer waits this long for the lock. */
  readonly lockTimeoutMs: number;
  /** Journalled lines are written to their files at most this often. */
  readonly applyIntervalMs: number;
  /** A journal that has grown beyond this is followed by a new one, and checkpointed. */
  readonly journalMaxBytes: number;
  /** The catalogue is brought up to date when the part it lacks has grown beyond this. */
  readonly coverBytes: number;
  /** Files of streams that are held open at once. */
  readonly openFilesMax: number;
  /** Bytes of appends that one frame takes, and events. */
  readonly batchBytesMax: number;
  readonly batchEventsMax: number;
}

/** What the configuration says of the engine; the rest are habits that nobody needs to change. */
export function filesOptionsOf({ storage, performance }: Config): FilesOptions {
  return {
    durability: storage.durability,
    lockTimeoutMs: storage.lock_timeout_seconds * 1000,
    applyIntervalMs: performance.apply_interval_ms,
    journalMaxBytes: storage.journal_max_bytes,
    coverBytes: 8 * 1024 * 1024,
    openFilesMax: storage.open_files_max,
    batchBytesMax: performance.max_batch_bytes,
    batchEventsMax: 1024,
  };
}

export const DEFAULT_FILES_OPTIONS: FilesOptions = filesOptionsOf(DEFAULT_CONFIG);

/** What every part of the engine works with. */
export interface EngineCore {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly lock: StoreLock;
  readonly storeId: string;
  /** Epoch ms; may jump, also backwards. */
  readonly clock: () => number;
  /** Identifies this boot of the machine: an earlier boot's page cache is gone. */
  readonly boot: number;
  readonly options: FilesOptions;
  /** Told once of what a reader should know but need not stop for. */
  readonly warn?: (message: string) => void;
  /** What is written along with callers' events. */
  readonly companions?: Companions | undefined;
}
