import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";

import type { SeededRandom } from "../../src/testing/seeded-random.ts";

const realSetImmediate = globalThis.setImmediate;

/** Where the timers of running code go. */
export interface TimerHost {
  readonly now_ms: number;
  readonly pid: number;
  startTimer(ms: number, run: () => void): { cancel(): void };
}

/** What of Node the simulation replaces while it runs; put back by the function it returns. */
export function installVirtualTime(
  host: () => TimerHost,
  random: SeededRandom,
  onStray: (error: unknown) => void,
): () => void {
  // A killed process leaves promises behind that nobody waits for; a test runner must not take them for its own.
  const listeners = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", onStray);
  const immediate = (value?: unknown): Promise<unknown> =>
    new Promise((resolve) => void host().startTimer(0, () => resolve(value)));
  const sleep = (ms = 1, value?: unknown, options: { signal?: AbortSignal } = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const timer = host().startTimer(ms, () => resolve(value));
      options.signal?.addEventListener("abort", () => {
        timer.cancel();
        reject(new DOMException("aborted", "AbortError"));
      });
    });
  const undo = [
    replace(timers, "setImmediate", immediate),
    replace(timers, "setTimeout", sleep),
    replace(globalThis, "setTimeout", (run: () => void, ms = 1) => host().startTimer(ms, run)),
    replace(globalThis, "clearTimeout", (timer?: { cancel(): void }) => timer?.cancel()),
    replace(globalThis, "setImmediate", (run: () => void) => host().startTimer(0, run)),
    replace(performance, "now", () => host().now_ms),
    replace(Math, "random", () => random.next()),
    replace(crypto, "randomUUID", () => uuid(random)),
  ];
  const pid = Object.getOwnPropertyDescriptor(process, "pid") as PropertyDescriptor;
  Object.defineProperty(process, "pid", { configurable: true, get: () => pidOf(host) });
  syncBuiltinESMExports();
  return () => {
    for (const one of undo) one();
    process.removeAllListeners("unhandledRejection");
    for (const listener of listeners) process.on("unhandledRejection", listener);
    Object.defineProperty(process, "pid", pid);
    syncBuiltinESMExports();
  };
}

function replace<T extends object>(owner: T, key: keyof T, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, key);
  Object.defineProperty(owner, key, {
    value,
    writable: true,
    configurable: true,
    enumerable: before?.enumerable ?? true,
  });
  return () => {
    if (before === undefined) delete owner[key];
    else Object.defineProperty(owner, key, before);
  };
}

function uuid(random: SeededRandom): string {
  const hex = random.hex(30);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-a${hex.slice(15, 18)}-${hex.slice(18)}`;
}

/** Everything that is ready to go on has gone on when this resolves. */
export function settled(): Promise<void> {
  return new Promise((resolve) => void realSetImmediate(resolve));
}

/** Node itself asks for the pid too, outside of any simulated process. */
function pidOf(host: () => TimerHost): number {
  try {
    return host().pid;
  } catch {
    return process.ppid;
  }
}
