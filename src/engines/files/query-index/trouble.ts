/** The index's own bytes cannot be trusted, or are of another store, schema or log. */
export class IndexDamage extends Error {}

/**
 * What to do about an error of the index's storage: `damage` build anew · `moved` open again, since the file
 * was replaced · `busy` try again · `refused` do without.
 */
export type Trouble = "damage" | "moved" | "busy" | "refused";

/** SQLite's result codes, https://sqlite.org/rescode.html. */
const TROUBLE_OF_CODE: ReadonlyMap<number, Trouble> = new Map([
  [1, "damage"], // ERROR: a table or column is missing
  [3, "refused"], // PERM
  [5, "busy"], // BUSY
  [6, "busy"], // LOCKED
  [8, "refused"], // READONLY
  [10, "refused"], // IOERR
  [11, "damage"], // CORRUPT
  [13, "refused"], // FULL
  [14, "refused"], // CANTOPEN
  [19, "damage"], // CONSTRAINT: a row stands where none can
  [23, "refused"], // AUTH
  [26, "damage"], // NOTADB
]);
const READONLY_DBMOVED = 1_032;
const SHORT_READ = 522;

const REFUSING_CALLS = new Set([
  "EACCES",
  "EPERM",
  "EROFS",
  "ENOSPC",
  "EDQUOT",
  "ENOENT",
  "ENOTDIR",
  "EMFILE",
  "ENFILE",
]);

/** Undefined for errors that are not the storage's. */
export function troubleOf(error: unknown): Trouble | undefined {
  if (error instanceof IndexDamage) return "damage";
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  if (error.code !== "ERR_SQLITE_ERROR")
    return REFUSING_CALLS.has(String(error.code)) ? "refused" : undefined;
  const code = "errcode" in error ? Number(error.errcode) : 0;
  if (code === READONLY_DBMOVED) return "moved";
  if (code === SHORT_READ) return "damage";
  return TROUBLE_OF_CODE.get(code & 0xff);
}
