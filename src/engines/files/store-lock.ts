import { closeSync, lstatSync, openSync } from "node:fs";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";

import { StoreLockedError } from "../../errors.ts";
import { systemCode, unsafePath } from "./disk.ts";

/** Mutual exclusion of writers across processes; the holder's death frees it. */
export interface StoreLock {
  /** Takes the lock if it is free right now. */
  tryAcquire(): boolean;
  release(): void;
  close(): void;
}

const SPINS = 10;
const NAP_MS_MAX = 4;

/**
 * The kernel's lock on a SQLite database that is used for nothing else.
 * No other code of this process may open, copy or remove that file: closing any descriptor of it would drop
 * the lock.
 */
export async function openStoreLock(path: string): Promise<StoreLock> {
  const { DatabaseSync } = await import("node:sqlite");
  makePrivate(path);
  const database = new DatabaseSync(path, { timeout: 0 });
  // The lock is taken by a transaction that never writes; a rollback journal would cost a file each time.
  database.exec("PRAGMA journal_mode = MEMORY");
  const begin = database.prepare("BEGIN IMMEDIATE");
  const rollback = database.prepare("ROLLBACK");
  // Two parts of this process may ask in one turn; SQLite would call the second a mistake.
  let held = false;
  return {
    tryAcquire() {
      if (held) return false;
      try {
        begin.run();
        held = true;
        return true;
      } catch (error) {
        if (isBusy(error)) return false;
        throw error;
      }
    },
    release() {
      held = false;
      rollback.run();
    },
    close: () => database.close(),
  };
}

/**
 * SQLite would make its file readable for everyone, and go through a link; an existing file must not be opened.
 * @throws ConfigError when something else than a file stands there.
 */
export function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
    if (!lstatSync(path).isFile()) throw unsafePath(path, "not a regular file");
  }
}

const SQLITE_BUSY = 5;

function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    "errcode" in error &&
    typeof error.errcode === "number" &&
    (error.errcode & 0xff) === SQLITE_BUSY
  );
}

/**
 * Waits for the lock: a few quick turns for the usual short hold, then naps with jitter so that waiters do
 * not march in step.
 * @throws StoreLockedError after `timeout_ms`.
 */
export async function acquire(lock: StoreLock, timeout_ms: number): Promise<void> {
  const begun = performance.now();
  for (let attempt = 0; !lock.tryAcquire(); attempt++) {
    const waited_ms = performance.now() - begun;
    if (waited_ms > timeout_ms) throw lockedError(Math.round(waited_ms));
    if (attempt < SPINS) await nextTurn();
    else await sleep(1 + Math.random() * Math.min(NAP_MS_MAX, (attempt - SPINS) / 8));
  }
}

function lockedError(waited_ms: number): StoreLockedError {
  return new StoreLockedError(
    "ESO_STORE_LOCKED",
    `another process has held the store's lock for ${(waited_ms / 1000).toFixed(1)} s; nothing was written`,
    {
      hint: "Look for a stopped eso process (the kernel frees the lock when it ends), or raise storage.lock_timeout_seconds.",
      details: { waited_ms },
    },
  );
}
