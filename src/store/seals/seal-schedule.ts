import { StoreLockedError } from "../../errors.ts";
import { TooMuch } from "./log-tree.ts";
import type { Sealer, SealOptions } from "./sealer.ts";

/** While a process is open, what it has appended is sealed after at most so long. */
const BEHIND_MS_MAX = 1_000;
/** Sooner after so many events, */
const BEHIND_EVENTS_MAX = 256;
/** but not more often than this: a busy log would do little else. */
const APART_MS = 100;
/** A process that leaves waits for another that is sealing, and seals, no longer than this. */
const LEAVING_LOCK_MS = 250;
const LEAVING_MS_MAX = 10_000;
/** A process that leaves does not begin to seal more than this; one that has only read, much less. */
const LEAVING_EVENTS_MAX = 500_000;
const READING_EVENTS_MAX = 20_000;
const DAY_MS = 86_400_000;

export interface SealScheduleParts {
  readonly sealer: Pick<Sealer, "seal">;
  readonly clock: () => number;
  readonly warn: (message: string) => void;
}

/** Seals behind the appends: never awaited by one. A seal that fails is made at the next occasion. */
export class SealSchedule {
  readonly #parts: SealScheduleParts;
  readonly #stop = new AbortController();
  readonly #warned = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #due = Number.POSITIVE_INFINITY;
  #working: Promise<void> | undefined;
  #events = 0;
  #hasAppended = false;
  #last = Number.NEGATIVE_INFINITY;

  constructor(parts: SealScheduleParts) {
    this.#parts = parts;
  }

  /** A store was opened: a day may have passed without a seal, or a killed process left events without one. */
  opened(): void {
    this.#at(BEHIND_MS_MAX);
  }

  /** Takes note of new events. `ended`: an orchestration ended with them, so that they are sealed at once. */
  appended(count: number, ended: boolean): void {
    this.#events += count;
    this.#hasAppended = true;
    this.#soon(ended);
  }

  #soon(ended: boolean): void {
    if (ended || this.#events >= BEHIND_EVENTS_MAX)
      this.#at(ended ? 0 : Math.max(0, this.#last + APART_MS - performance.now()));
    else this.#at(BEHIND_MS_MAX);
  }

  /** Seals in so long, unless it is to be sooner. */
  #at(ms: number): void {
    const due = performance.now() + ms;
    if (this.#stop.signal.aborted || due >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.#begin(), ms);
    // A process that has nothing else to do must be able to end.
    this.#timer.unref();
  }

  #begin(): void {
    this.#due = Number.POSITIVE_INFINITY;
    // What comes up meanwhile is taken along by the next one.
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      if (this.#events > 0) this.#soon(false);
      else this.#at(this.#untilTomorrow());
    });
  }

  /** The first seal of a day closes the days before it. */
  #untilTomorrow(): number {
    return DAY_MS - (this.#parts.clock() % DAY_MS) + BEHIND_MS_MAX;
  }

  async #work(how: Pick<SealOptions, "waitMs" | "most"> = {}): Promise<void> {
    const { signal } = this.#stop;
    const events = this.#events;
    this.#events = 0;
    this.#last = performance.now();
    try {
      await this.#parts.sealer.seal({ waitMs: 0, ...how, signal });
    } catch (error) {
      if (error instanceof StoreLockedError) {
        // Whoever is sealing may have begun before these events.
        this.#events += events;
      } else if (!signal.aborted && (this.#hasAppended || !(error instanceof TooMuch))) this.#say(error);
    } finally {
      this.#last = performance.now();
    }
  }

  /** Once for each reason. */
  #say(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    if (this.#warned.has(why)) return;
    this.#warned.add(why);
    this.#parts.warn(`no seal could be made: ${why}`);
  }

  /** Seals what is not sealed yet, for a while, and stops. */
  async finish(): Promise<void> {
    clearTimeout(this.#timer);
    this.#due = Number.NEGATIVE_INFINITY;
    const limit = setTimeout(() => this.#stop.abort(), LEAVING_MS_MAX);
    await this.#working;
    if (this.#events > 0) await this.#work({ waitMs: LEAVING_LOCK_MS, most: LEAVING_EVENTS_MAX });
    else await this.#work({ most: this.#hasAppended ? LEAVING_EVENTS_MAX : READING_EVENTS_MAX });
    clearTimeout(limit);
    this.#stop.abort();
  }
}
