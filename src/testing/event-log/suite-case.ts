import type { Companions } from "../../log/companions.ts";
import type { Capabilities, EventLog } from "../../log/event-log.ts";

/** What the suite asks of a factory: one store of its own for each test. */
export interface OpenedLog {
  readonly log: EventLog;
  /** Closes `log` and opens the same store again. Called only where the engine is `persistent`. */
  reopen(): Promise<EventLog>;
  /** Closes every log of this store that is still open, and removes the store. */
  dispose(): Promise<void>;
  /** Opens the store once more beside `log`, as another process would. Asked for where it is `multiProcess`. */
  openSecond?(): Promise<EventLog>;
  /** Leaves `log` as a killed process would, without a close, and opens the store again. */
  crash?(): Promise<EventLog>;
}

export interface OpenOptions {
  /** Milliseconds since the epoch, to be used for `recorded_at`. */
  readonly clock?: () => number;
  /** What the log writes along with callers' events. */
  readonly companions?: Companions;
}

/** What a case may need beyond the plain port. */
export type Need = Exclude<keyof Capabilities, "durabilities"> | FactoryNeed;
/** What a factory may be unable to do: take a clock, crash a log, take companions. */
export type FactoryNeed = "clock" | "crash" | "companions";

/** Time that stands still unless a case moves it. */
export class ManualClock {
  now_ms = Date.UTC(2026, 2, 4, 5, 6, 7, 89);
  readonly read = (): number => this.now_ms;
}

/** What a running case works on. */
export interface Stage {
  readonly store: OpenedLog;
  readonly log: EventLog;
  /** The log's clock, for cases that need `clock`; others run on the engine's own. */
  readonly clock: ManualClock;
}

export interface SuiteCase {
  readonly name: string;
  readonly needs?: readonly Need[];
  readonly run: (stage: Stage) => Promise<void>;
}
