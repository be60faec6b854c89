import type { DatabaseSync, StatementSync } from "node:sqlite";

import { countedFrom, type OpenRun } from "../../log/run-context.ts";
import type { StreamHead } from "../../log/stamp.ts";
import type { Disk } from "./disk.ts";
import type { FrameEvent } from "./frame.ts";
import { IdRuns } from "./id-runs.ts";
import type { ChainEnd } from "./journal.ts";
import { dayOf, type Layout } from "./layout.ts";
import { type OrderEntry, OrderFile } from "./order-file.ts";
import { makePrivate } from "./store-lock.ts";

/** A stream's end, with what the engine must know to write behind it. */
export interface CatalogHead extends StreamHead {
  readonly day: string;
  /** Bytes of the stream's file of that day. */
  readonly fileEnd: number;
  readonly lastPosition: number;
  readonly recordedMs: number;
}

/** One stream's file of one day. */
export interface PartitionFile {
  readonly id: number;
  readonly stream: string;
  readonly day: string;
  readonly firstSequence: number;
  readonly firstPosition: number;
}

/** How much of the log the catalogue covers. */
export interface CoveredPoint extends ChainEnd {
  readonly position: number;
}

const SCHEMA_VERSION = 1;
const SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS streams (stream TEXT PRIMARY KEY, sequence INTEGER, hash TEXT, runs TEXT, day TEXT,
  file_end INTEGER, last_position INTEGER, recorded_ms INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (id INTEGER PRIMARY KEY, stream TEXT, day TEXT, first_sequence INTEGER,
  first_position INTEGER, UNIQUE (stream, day));`;

interface StreamRow {
  stream: string;
  sequence: number;
  hash: string;
  runs: string;
  day: string;
  file_end: number;
  last_position: number;
  recorded_ms: number;
}

interface FileRow {
  id: number;
  stream: string;
  day: string;
  first_sequence: number;
  first_position: number;
}

const fileOf = (row: FileRow): PartitionFile => ({
  id: row.id,
  stream: row.stream,
  day: row.day,
  firstSequence: row.first_sequence,
  firstPosition: row.first_position,
});

/**
 * Where everything lies: ends of streams, files, order of record and ids, for the part of the log that it
 * covers. Derived: it is filled behind the appends, in large steps, and rebuilt from the files when lost.
 */
export class Catalog {
  readonly order: OrderFile;
  readonly ids: IdRuns;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #files = new Map<number, PartitionFile>();
  #covered: CoveredPoint | undefined;

  #storeId: string | undefined;

  constructor(database: DatabaseSync, disk: Disk, layout: Layout) {
    this.#database = database;
    this.order = new OrderFile(disk, layout.orderFile, "create");
    this.ids = new IdRuns(disk, layout.ids);
    this.refresh();
  }

  /** Opens or makes the database; throws SQLite's own error when the file is damaged. */
  static async openDatabase(path: string): Promise<DatabaseSync> {
    const { DatabaseSync } = await import("node:sqlite");
    if (path !== ":memory:") makePrivate(path);
    const database = new DatabaseSync(path, { timeout: 5000 });
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384");
    database.exec(SCHEMA);
    return database;
  }

  #sql(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }

  /** What is covered; undefined when the catalogue is new, of another version, or misses a part. */
  get covered(): CoveredPoint | undefined {
    return this.#covered;
  }

  /** Says whose catalogue this must be; another store's, put here by mistake, covers nothing. */
  claim(storeId: string): void {
    this.#storeId = storeId;
    this.refresh();
  }

  /** Takes note of what other processes covered. */
  refresh(): void {
    // In this order: ids and order are written before the point that covers them.
    const row = this.#sql("SELECT value FROM meta WHERE key = 'covered'").get() as
      | { value: string }
      | undefined;
    this.ids.refresh();
    const point =
      row === undefined
        ? undefined
        : (JSON.parse(row.value) as CoveredPoint & { schema: number; store: string });
    const whole =
      point?.schema === SCHEMA_VERSION &&
      (this.#storeId === undefined || point.store === this.#storeId) &&
      this.ids.covered >= point.position &&
      this.order.length() >= point.position;
    this.#covered = whole ? point : undefined;
  }

  head(stream: string): CatalogHead | undefined {
    const row = this.#sql("SELECT * FROM streams WHERE stream = ?").get(stream) as StreamRow | undefined;
    return row === undefined ? undefined : headOf(row);
  }

  /** Up to `limit` streams behind `after`, in order of name. */
  streams(after: string, limit: number): { stream: string; head: CatalogHead }[] {
    const rows = this.#sql("SELECT * FROM streams WHERE stream > ? ORDER BY stream LIMIT ?").all(
      after,
      limit,
    );
    return (rows as unknown as StreamRow[]).map((row) => ({ stream: row.stream, head: headOf(row) }));
  }

  /** A stream's files, oldest day first. */
  filesOf(stream: string): PartitionFile[] {
    const rows = this.#sql("SELECT * FROM files WHERE stream = ? ORDER BY first_sequence").all(stream);
    return (rows as unknown as FileRow[]).map(fileOf);
  }

  /** The files of one day. */
  filesOfDay(day: string): PartitionFile[] {
    const rows = this.#sql("SELECT * FROM files WHERE day = ? ORDER BY stream").all(day);
    return (rows as unknown as FileRow[]).map(fileOf);
  }

  days(): string[] {
    const rows = this.#sql("SELECT DISTINCT day FROM files ORDER BY day").all();
    return (rows as unknown as { day: string }[]).map((row) => row.day);
  }

  file(id: number): PartitionFile | undefined {
    const known = this.#files.get(id);
    if (known !== undefined) return known;
    const row = this.#sql("SELECT * FROM files WHERE id = ?").get(id) as FileRow | undefined;
    if (row === undefined) return undefined;
    const file = fileOf(row);
    this.#files.set(id, file);
    return file;
  }

  /**
   * Covers the log up to `point`: `events` are those behind the present end, `heads` the ends of their
   * streams. Gives the ends of the files that they lie in, by id. What another process has covered meanwhile
   * is left as it is; then the answer is undefined.
   */
  cover(
    events: readonly FrameEvent[],
    heads: ReadonlyMap<string, CatalogHead>,
    point: CoveredPoint,
  ): Map<number, number> | undefined {
    let ends: Map<number, number> | undefined;
    let covered = false;
    this.#transaction(() => {
      this.refresh();
      const from = (this.#covered?.position ?? 0) + 1;
      const fresh = events[0]?.position === from ? events : events.filter((event) => event.position >= from);
      if (fresh.length === 0 || fresh[0]?.position !== from) return;
      const entries = fresh.map((event) => this.#orderEntry(event));
      this.order.write(from, entries);
      this.order.sync();
      this.ids.add(from, point.position, idsOf(fresh));
      for (const [stream, head] of heads) this.#putHead(stream, head);
      this.putCovered(point);
      covered = true;
      // Where another process has covered some of the events, its files are not among these.
      if (fresh !== events) return;
      ends = new Map(entries.map((entry) => [entry.fileId, entry.fileOffset + entry.length + 1]));
    });
    if (covered) this.#covered = point;
    return ends;
  }

  #orderEntry(event: FrameEvent): OrderEntry {
    const fileId = this.fileId({
      stream: event.stream,
      day: dayOf(event.recordedMs),
      firstSequence: event.sequence,
      firstPosition: event.position,
    });
    const { length, flags, fileOffset, recordedMs, sequence } = event;
    return { fileId, length, flags, fileOffset, recordedMs, sequence };
  }

  readonly #fileIds = new Map<string, number>();

  /** The id of a stream's file of one day, given one if it has none. */
  fileId(file: Omit<PartitionFile, "id">): number {
    const key = `${file.day}/${file.stream}`;
    const known = this.#fileIds.get(key);
    if (known !== undefined) return known;
    this.#sql(
      "INSERT INTO files (stream, day, first_sequence, first_position) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    ).run(file.stream, file.day, file.firstSequence, file.firstPosition);
    const row = this.#sql("SELECT id FROM files WHERE stream = ? AND day = ?").get(file.stream, file.day);
    const { id } = row as { id: number };
    if (this.#fileIds.size > FILE_IDS_HELD_MAX) this.#fileIds.clear();
    this.#fileIds.set(key, id);
    return id;
  }

  #putHead(stream: string, head: CatalogHead): void {
    this.#sql("INSERT OR REPLACE INTO streams VALUES (?, ?, ?, ?, ?, ?, ?, ?)").run(
      stream,
      head.sequence,
      head.hash,
      JSON.stringify(head.runs),
      head.day,
      head.fileEnd,
      head.lastPosition,
      head.recordedMs,
    );
  }

  putCovered(point: CoveredPoint): void {
    const value = JSON.stringify({ ...point, schema: SCHEMA_VERSION, store: this.#storeId });
    this.#sql("INSERT OR REPLACE INTO meta VALUES ('covered', ?)").run(value);
  }

  /** Replaces the whole content; `fill` gets the means to put heads, and writes order and ids itself. */
  rebuild(fill: (putHead: (stream: string, head: CatalogHead) => void) => CoveredPoint): void {
    this.#transaction(() => {
      // Files keep their ids: other processes remember them, and a rebuild may be interrupted.
      if (!this.#isOurs()) this.#database.exec("DELETE FROM files");
      this.#database.exec("DELETE FROM meta; DELETE FROM streams");
      this.#sql("INSERT INTO meta VALUES ('store', ?)").run(this.#storeId ?? "");
      this.#fileIds.clear();
      this.#files.clear();
      this.order.clear();
      this.ids.clear();
      this.#covered = fill((stream, head) => this.#putHead(stream, head));
      this.order.sync();
      this.putCovered(this.#covered);
    });
  }

  #isOurs(): boolean {
    const row = this.#sql("SELECT value FROM meta WHERE key = 'store'").get() as
      | { value: string }
      | undefined;
    return row?.value === (this.#storeId ?? "");
  }

  #transaction(run: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      run();
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      this.#fileIds.clear();
      throw error;
    }
  }

  close(): void {
    this.order.close();
    this.ids.close();
    this.#database.close();
  }
}

const FILE_IDS_HELD_MAX = 200_000;

function headOf(row: StreamRow): CatalogHead {
  return {
    sequence: row.sequence,
    hash: row.hash,
    runs: countedFrom(JSON.parse(row.runs) as Partial<OpenRun>[], row.sequence),
    day: row.day,
    fileEnd: row.file_end,
    lastPosition: row.last_position,
    recordedMs: row.recorded_ms,
  };
}

/** Every id and natural key that these events took. */
export function idsOf(events: readonly FrameEvent[]): { hash: number; position: number }[] {
  return events.flatMap((event) => {
    const id = { hash: event.idHash, position: event.position };
    return event.keyHash < 0 ? [id] : [id, { hash: event.keyHash, position: event.position }];
  });
}
