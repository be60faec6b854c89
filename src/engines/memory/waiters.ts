/** Timers cannot count further; a longer wait ends early, which `waitBeyond` allows. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1;

/** Callers that sleep until the log grows or closes. */
export class Waiters {
  readonly #wakers = new Set<() => void>();

  /** Resolves on `wake` or after the time-out; rejects with the signal's reason when that aborts. */
  async wait(timeout_ms: number, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waker = (): void => resolve();
    const timer = setTimeout(waker, Math.min(timeout_ms, TIMEOUT_MAX_MS));
    this.#wakers.add(waker);
    signal?.addEventListener("abort", waker);
    await promise;
    clearTimeout(timer);
    this.#wakers.delete(waker);
    signal?.removeEventListener("abort", waker);
    signal?.throwIfAborted();
  }

  wake(): void {
    for (const waker of this.#wakers) waker();
  }
}
