import type { EngineCore } from "./core.ts";
import type { LineReader } from "./line-reader.ts";
import type { LogView } from "./log-view.ts";
import type { Partitions } from "./partitions.ts";
import type { StoredRange } from "./stored-range.ts";

/**
 * Why the store must be put in order: its head says nothing about this boot, a flush failed, or the catalogue
 * does not reach the journals that are left.
 */
export type RecoveryReason = "stale" | "suspect" | "lost";

/** What the writer needs from the rest of the engine. */
export interface WriterParts {
  readonly core: EngineCore;
  readonly view: LogView;
  readonly partitions: Partitions;
  readonly lines: LineReader;
  readonly range: StoredRange;
  readonly headFile: number;
  /** Brings the store back to order, under the lock; called when the head says that it is not. */
  readonly recover: (reason: RecoveryReason) => void;
  /** Refuses streams whose files are not as the log left them, under the lock. */
  readonly checkStream: (stream: string) => void;
  /** Called after each batch, without the lock: rotation and covering. */
  readonly maintain: () => Promise<void>;
  /** Called when the log has grown. */
  readonly grown: () => void;
}
