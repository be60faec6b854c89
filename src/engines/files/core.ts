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

export const DEFAULT_FILES_OPTIONS: FilesOptions = {
  durability: "group",
  lockTimeoutMs: 10_000,
  applyIntervalMs: 5,
  journalMaxBytes: 64 * 1024 * 1024,
  coverBytes: 8 * 1024 * 1024,
  openFilesMax: 256,
  batchBytesMax: 4 * 1024 * 1024,
  batchEventsMax: 1024,
};

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
}
