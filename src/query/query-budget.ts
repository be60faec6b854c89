import { setImmediate } from "node:timers/promises";

import { EsoError } from "../errors.ts";

/** Longest stretch of work before other tasks of the process get a turn, in ms. */
const TURN_MS = 10;

/** How long one page may take, and who may call it off. */
export class QueryBudget {
  readonly signal: AbortSignal | undefined;
  readonly #limit_seconds: number;
  readonly #start_ms = performance.now();
  #turn_ms = this.#start_ms;

  /** A limit of 0 seconds means none. */
  constructor(limit_seconds: number, signal?: AbortSignal) {
    this.#limit_seconds = limit_seconds;
    this.signal = signal;
  }

  get left_ms(): number {
    if (this.#limit_seconds === 0) return Number.POSITIVE_INFINITY;
    return this.#limit_seconds * 1_000 - (performance.now() - this.#start_ms);
  }

  /**
   * To be called between pieces of work.
   * @throws EsoError (`ESO_TIMEOUT`), or the signal's reason.
   */
  async spend(): Promise<void> {
    const now = performance.now();
    if (now - this.#turn_ms >= TURN_MS) {
      await setImmediate();
      this.#turn_ms = performance.now();
    }
    this.signal?.throwIfAborted();
    if (this.left_ms <= 0) throw this.#timeout();
  }

  #timeout(): EsoError {
    return new EsoError("ESO_TIMEOUT", `the query took longer than its limit of ${this.#limit_seconds} s`, {
      hint:
        "Narrow the filter (an issue, a type, a time range), raise query.max_query_time_seconds, or run " +
        "eso index rebuild when the index has far to go; what is indexed so far is kept.",
      details: { max_query_time_seconds: this.#limit_seconds },
    });
  }
}
