import { closeSync, lstatSync, openSync, rmSync } from "node:fs";
import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import { crc32 } from "node:zlib";

import { EsoError } from "../../../errors.ts";
import { pageKey, type Pages, type Segment } from "./segment.ts";
import { IndexDamage } from "./trouble.ts";

export interface IndexPlace {
  readonly path: string;
  readonly storeId: string;
  readonly incarnation: string;
  /** Use what is there, write nothing; default false. */
  readonly readOnly?: boolean | undefined;
}

/** Raised whenever pages, terms or what they hold change; an index of another version is built anew. */
const SCHEMA_VERSION = 1;
/** Longest wait for another process's commit, in ms. It blocks this process, so it is short. */
const BUSY_MS = 100;

const PRAGMAS = `
  PRAGMA page_size = 8192;
  PRAGMA journal_mode = TRUNCATE;
  PRAGMA synchronous = OFF;
  PRAGMA cache_size = -16384;
  PRAGMA trusted_schema = OFF;`;

const SCHEMA = `
  CREATE TABLE identity (store_id TEXT NOT NULL, incarnation TEXT NOT NULL);
  CREATE TABLE segment (first INTEGER PRIMARY KEY, body TEXT NOT NULL, crc INTEGER NOT NULL);
  CREATE TABLE page (key INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
  PRAGMA user_version = ${SCHEMA_VERSION};`;

const CRC_BYTES = 4;

/**
 * The file behind the index: segments and their pages, each with a checksum, since SQLite does not notice a
 * changed byte inside a value. Everything throws `IndexDamage` or SQLite's own errors.
 */
export class IndexDatabase {
  readonly #database: DatabaseSync;
  readonly #statements: ReturnType<typeof prepare>;
  #segments: readonly Segment[] = [];
  #version: SQLOutputValue | undefined;

  private constructor(database: DatabaseSync) {
    this.#database = database;
    this.#statements = prepare(database);
  }

  /** @throws EsoError (`ESO_UNSAFE_PATH`) when something else than a file stands there. */
  static async open(place: IndexPlace): Promise<IndexDatabase> {
    const { DatabaseSync } = await import("node:sqlite");
    readyFile(place);
    const database = new DatabaseSync(place.path, { readOnly: place.readOnly ?? false, timeout: BUSY_MS });
    try {
      if (place.readOnly !== true) initialise(database, place);
      assertIdentity(database, place);
      return new IndexDatabase(database);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Deletes the file. Processes that have it open notice when they next write. */
  static remove({ path }: IndexPlace): void {
    for (const file of [`${path}-journal`, path]) rmSync(file, { force: true });
  }

  /** All segments, in order. */
  segments(): readonly Segment[] {
    const version = this.#statements.dataVersion.get()?.["data_version"];
    if (version !== this.#version) {
      this.#segments = readSegments(this.#statements.segments);
      this.#version = version;
    }
    return this.#segments;
  }

  page(first: number, page: number): Buffer {
    const key = pageKey(first, page);
    const bytes = this.#statements.page.get(key)?.["bytes"];
    if (!(bytes instanceof Uint8Array)) throw new IndexDamage(`page ${page} of segment ${first} is missing`);
    return unsealed(key, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  }

  /** Puts a segment in the place of all that begin at its first position or behind. */
  replaceFrom(segment: Segment, pages: Pages): void {
    this.#statements.dropSegments.run(segment.first);
    this.#statements.dropPages.run(pageKey(segment.first, 0));
    this.put(segment, pages);
  }

  /** Adds pages to a segment, which is written anew. */
  put(segment: Segment, pages: Pages): void {
    const body = JSON.stringify(segment);
    this.#statements.putSegment.run(segment.first, body, crc32(body));
    for (const [page, bytes] of pages) {
      const key = pageKey(segment.first, page);
      this.#statements.putPage.run(key, sealed(key, bytes));
    }
    this.#version = undefined;
  }

  /** Runs reads that see one state of the file. */
  read<T>(work: () => T): T {
    return this.#transaction("BEGIN", work);
  }

  /** Runs writes, all or none; no other process writes meanwhile. */
  write<T>(work: () => T): T {
    try {
      return this.#transaction("BEGIN IMMEDIATE", work);
    } catch (error) {
      this.#version = undefined;
      throw error;
    }
  }

  bytes(): number {
    return Number(this.#statements.bytes.get()?.["bytes"]);
  }

  /** SQLite's own findings about the file's structure. */
  structureProblems(): readonly string[] {
    const rows = this.#database.prepare("PRAGMA quick_check(10)").all();
    return rows.map((row) => String(row["quick_check"])).filter((finding) => finding !== "ok");
  }

  close(): void {
    this.#database.close();
  }

  #transaction<T>(begin: string, work: () => T): T {
    this.#database.exec(begin);
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}

function prepare(database: DatabaseSync) {
  return {
    dataVersion: database.prepare("PRAGMA data_version"),
    segments: database.prepare("SELECT first, body, crc FROM segment ORDER BY first"),
    page: database.prepare("SELECT bytes FROM page WHERE key = ?"),
    dropSegments: database.prepare("DELETE FROM segment WHERE first >= ?"),
    dropPages: database.prepare("DELETE FROM page WHERE key >= ?"),
    putSegment: database.prepare("INSERT OR REPLACE INTO segment (first, body, crc) VALUES (?, ?, ?)"),
    putPage: database.prepare("INSERT INTO page (key, bytes) VALUES (?, ?)"),
    bytes: database.prepare(
      "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size",
    ),
  };
}

/**
 * Refuses what is no plain file, and creates a missing one for the owner only. An existing file is not opened
 * here: closing it would drop the locks that SQLite holds on it in this process.
 */
function readyFile({ path, readOnly }: IndexPlace): void {
  const file = lstatSync(path, { throwIfNoEntry: false });
  if (file === undefined) {
    if (readOnly !== true) createEmpty(path);
  } else if (!file.isFile()) {
    throw new EsoError(
      "ESO_UNSAFE_PATH",
      `${path} is not a plain file, so it is not used as the query index`,
      {
        hint: "Delete it; the index is rebuilt by itself.",
      },
    );
  }
}

function createEmpty(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    // Another process was faster.
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

function initialise(database: DatabaseSync, { storeId, incarnation }: IndexPlace): void {
  database.exec(PRAGMAS);
  if (tablesOf(database) > 0) return;
  database.exec("BEGIN IMMEDIATE");
  if (tablesOf(database) === 0) {
    database.exec(SCHEMA);
    database.prepare("INSERT INTO identity VALUES (?, ?)").run(storeId, incarnation);
  }
  database.exec("COMMIT");
}

function tablesOf(database: DatabaseSync): number {
  return Number(database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()?.["tables"]);
}

function assertIdentity(database: DatabaseSync, { storeId, incarnation }: IndexPlace): void {
  const version = database.prepare("PRAGMA user_version").get()?.["user_version"];
  if (version !== SCHEMA_VERSION)
    throw new IndexDamage(`it has schema ${String(version)}, not ${SCHEMA_VERSION}`);
  const identity = database.prepare("SELECT store_id, incarnation FROM identity").get();
  if (identity?.["store_id"] !== storeId) throw new IndexDamage("it is of another store");
  if (identity["incarnation"] !== incarnation)
    throw new IndexDamage("the store was restored or copied since");
}

function readSegments(statement: StatementSync): readonly Segment[] {
  const segments: Segment[] = [];
  for (const { body, crc } of statement.all()) {
    if (typeof body !== "string" || crc32(body) !== crc)
      throw new IndexDamage("a segment's entry is damaged");
    const segment: Segment = JSON.parse(body);
    if (segment.first !== (segments.at(-1)?.last ?? 0) + 1) throw new IndexDamage("a segment is missing");
    segments.push(segment);
  }
  return segments;
}

/** A page's bytes with a checksum over them and their key. */
function sealed(key: number, bytes: Buffer): Buffer {
  const whole = Buffer.allocUnsafe(bytes.length + CRC_BYTES);
  bytes.copy(whole);
  whole.writeUInt32LE(crcOf(key, bytes), bytes.length);
  return whole;
}

function unsealed(key: number, whole: Buffer): Buffer {
  const length = whole.length - CRC_BYTES;
  if (length < 0) throw new IndexDamage("a page is cut");
  const bytes = whole.subarray(0, length);
  if (whole.readUInt32LE(length) !== crcOf(key, bytes)) throw new IndexDamage("a page's bytes were changed");
  return bytes;
}

function crcOf(key: number, bytes: Buffer): number {
  return crc32(bytes, key % 2 ** 32);
}
