import type { SnapshotKeeper } from "./snapshot-keeper.ts";

/** Of a busy process, snapshots take at most one part in this many. */
const SHARE = 5;
/** A process that leaves makes the snapshots that are due, for no longer than this. */
const LEAVING_MS_MAX = 1_000;

export interface ScheduleParts {
  readonly keeper: Pick<SnapshotKeeper, "catchUp">;
  /** A snapshot every so many events. */
  readonly frequency: number;
  readonly warn: (message: string) => void;
}

/**
 * Makes the regular snapshots behind the appends: never awaited by one, and never taking more than its share of
 * the time. One that fails is left for the next occasion.
 */
export class SnapshotSchedule {
  readonly #parts: ScheduleParts;
  readonly #due = new Set<string>();
  readonly #stop = new AbortController();
  #working: Promise<void> | undefined;
  #leaving = false;
  #wake: (() => void) | undefined;
  #failed = false;

  constructor(parts: ScheduleParts) {
    this.#parts = parts;
  }

  /** Takes note of a stream that has grown, up to sequence `to`. */
  appended(stream: string, from: number, to: number): void {
    const { frequency } = this.#parts;
    if (Math.floor(to / frequency) === Math.floor((from - 1) / frequency)) return;
    this.#due.add(stream);
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    // Not in the turn of the append.
    await this.#pause(0);
    for (let stream = first(this.#due); stream !== undefined; stream = first(this.#due)) {
      this.#due.delete(stream);
      const began = performance.now();
      await this.#catchUp(stream);
      if (!this.#leaving) await this.#pause((performance.now() - began) * (SHARE - 1));
      if (this.#stop.signal.aborted) return;
    }
    this.#working = undefined;
  }

  async #catchUp(stream: string): Promise<void> {
    try {
      await this.#parts.keeper.catchUp(stream, this.#stop.signal);
    } catch (error) {
      if (this.#stop.signal.aborted || this.#failed) return;
      this.#failed = true;
      const why = error instanceof Error ? error.message : String(error);
      this.#parts.warn(`no snapshot could be made of ${stream}: ${why}; states are folded from the events`);
    }
  }

  #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    // A process that has nothing else to do must be able to end.
    timer.unref();
    this.#wake = () => {
      clearTimeout(timer);
      resolve();
    };
    return promise;
  }

  /** Makes what is due, for a while, and stops. */
  async finish(): Promise<void> {
    if (this.#working === undefined) return;
    this.#leaving = true;
    this.#wake?.();
    const limit = setTimeout(() => this.#stop.abort(), LEAVING_MS_MAX);
    await this.#working;
    clearTimeout(limit);
  }
}

function first(due: ReadonlySet<string>): string | undefined {
  const [stream] = due;
  return stream;
}
