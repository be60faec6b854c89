import { closeSync, lstatSync, openSync } from "node:fs";

import { errorCode } from "./error-code.ts";

/** A lock that dies with its holder: the kernel's, on a SQLite database that is used for nothing else. */
export interface SpoolLock extends Disposable {
  /** False when somebody else holds it. */
  readonly held: boolean;
}

/** Takes the lock if it is free right now. */
export async function takeSpoolLock(path: string): Promise<SpoolLock> {
  const { DatabaseSync } = await import("node:sqlite");
  makePrivate(path);
  const database = new DatabaseSync(path, { timeout: 0 });
  const release = (): void => database.close();
  try {
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE");
    return { held: true, [Symbol.dispose]: release };
  } catch (error) {
    release();
    if (isBusy(error)) return { held: false, [Symbol.dispose]: () => undefined };
    throw error;
  }
}

function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
    if (!lstatSync(path).isFile()) throw new Error(`${path} is not a regular file`, { cause: error });
  }
}

const SQLITE_BUSY = 5;

function isBusy(error: unknown): boolean {
  const code = error instanceof Error && "errcode" in error ? error.errcode : undefined;
  return typeof code === "number" && (code & 0xff) === SQLITE_BUSY;
}
