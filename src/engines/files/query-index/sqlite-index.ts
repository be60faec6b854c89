import { setTimeout } from "node:timers/promises";
import { crc32 } from "node:zlib";

import { EsoError, IntegrityError } from "../../../errors.ts";
import type { EventLogReader } from "../../../log/event-log.ts";
import type {
  EventIndex,
  IndexStats,
  RefreshOptions,
  Selection,
  SelectRequest,
} from "../../../query/event-index.ts";
import type { CompiledFilter } from "../../../query/filter.ts";
import { checkAgainstLog, checkPages } from "./check.ts";
import { IndexDatabase, type IndexPlace } from "./index-database.ts";
import { Refresh } from "./refresh.ts";
import type { Segment } from "./segment.ts";
import { selectSlice, usableSegments } from "./select-segments.ts";
import { IndexDamage, type Trouble, troubleOf } from "./trouble.ts";

/**
 * The query index in one SQLite file, which is opened at first use. Damaged, foreign or older files are
 * deleted and built anew; storage that refuses leaves an index that covers less.
 *
 * @example
 * ```ts
 * const index = openQueryIndex({ path: ".store/index.db", storeId: log.storeId, incarnation: log.incarnation });
 * const page = await queryPage({ log, index, decode }, parseFilter({ phase: "TEST" }), { limits });
 * ```
 */
export function openQueryIndex(place: IndexPlace): EventIndex {
  return new SqliteIndex(place);
}

/** Tries of a refresh while other processes are in the way, and the longest pause between two. */
const TRIES_MAX = 20;
const PAUSE_MS = 50;

class SqliteIndex implements EventIndex {
  readonly #place: IndexPlace;
  #opening: Promise<IndexDatabase> | undefined;
  #tailChecked = false;
  #problem: { readonly trouble: Trouble; readonly reason: string } | undefined;
  #refreshing: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(place: IndexPlace) {
    this.#place = place;
  }

  async refresh(log: EventLogReader, options: RefreshOptions = {}): Promise<number> {
    const turn = this.#refreshing.then(() => this.#refresh(log, options));
    this.#refreshing = turn.catch(() => undefined);
    return turn;
  }

  async covered(filter: CompiledFilter, log: EventLogReader): Promise<number> {
    await this.#checkTail(log);
    return (await this.#attempt((database) => usableSegments(database.segments(), filter).at(-1)?.last)) ?? 0;
  }

  async select(
    filter: CompiledFilter,
    { interval, order, limit, budget }: SelectRequest,
  ): Promise<Selection> {
    const positions: number[] = [];
    let rest = interval;
    for (let more = true; more && positions.length < limit;) {
      const slice = { interval: rest, order, limit: limit - positions.length };
      const selection = await this.#attempt((database) =>
        database.read(() => selectSlice(database, filter, slice)),
      );
      if (selection === undefined) return { positions, rest, more: false };
      positions.push(...selection.positions);
      ({ rest, more } = selection);
      await budget.spend();
      if (!more) return { positions, rest, more };
    }
    return { positions, rest, more: true };
  }

  async stats(): Promise<IndexStats> {
    const stats = await this.#attempt((database) => {
      const segments = database.segments();
      const textEnd = segments.findIndex(({ text }) => !text);
      return {
        events: segments.at(-1)?.last ?? 0,
        text_events: (textEnd < 0 ? segments.at(-1) : segments[textEnd - 1])?.last ?? 0,
        segments: segments.length,
        bytes: database.bytes(),
      };
    });
    return {
      ...(stats ?? { events: 0, text_events: 0, segments: 0, bytes: 0 }),
      problem: this.#problem?.reason,
    };
  }

  async reset(): Promise<void> {
    await this.#refreshing;
    await this.#shut();
    if (this.#place.readOnly !== true) this.#remove();
  }

  async check(log?: EventLogReader): Promise<readonly string[]> {
    if (log !== undefined) await this.#checkTail(log);
    const found = await this.#attempt((database) => database.read(() => checkPages(database)));
    if (found === undefined) return [this.#problem?.reason ?? "the index cannot be read"];
    if (log === undefined || found.problems.length > 0) return found.problems;
    return checkAgainstLog(log, found.segments, (work) => this.#attempt(work));
  }

  async close(): Promise<void> {
    await this.#refreshing;
    await this.#shut();
    this.#closed = true;
  }

  async #refresh(log: EventLogReader, options: RefreshOptions): Promise<number> {
    await this.#checkTail(log);
    const refresh = new Refresh(log, options, (work) => this.#attempt(work));
    for (let tries = 0; tries < TRIES_MAX && this.#place.readOnly !== true; tries++) {
      if ((await refresh.run()) === "done" || this.#problem?.trouble === "refused") break;
      await setTimeout(Math.random() * PAUSE_MS, undefined, options.signal && { signal: options.signal });
    }
    return (await this.#attempt((database) => database.segments().at(-1)?.last)) ?? 0;
  }

  /** Makes sure that the newest indexed event is still what the log holds at its position. */
  async #checkTail(log: EventLogReader): Promise<void> {
    if (this.#tailChecked) return;
    const segments = await this.#attempt((database) => database.segments());
    if (segments === undefined) return;
    const last = segments.at(-1);
    if (last === undefined || (await holds(log, last))) this.#tailChecked = true;
    else await this.#attempt(giveUpRolledBack);
  }

  /** Runs work on the file; undefined when its storage does not allow it, or had to be given up. */
  async #attempt<T>(work: (database: IndexDatabase) => T): Promise<T | undefined> {
    this.#assertOpen();
    const opening = (this.#opening ??= IndexDatabase.open(this.#place));
    let database: IndexDatabase | undefined;
    try {
      database = await opening;
      if (this.#opening !== opening) return await this.#attempt(work);
      const result = work(database);
      this.#problem = undefined;
      return result;
    } catch (error) {
      const trouble = troubleOf(error);
      const isCurrent = this.#opening === opening;
      if (isCurrent && (trouble !== "busy" || database === undefined)) this.#letGo(database);
      if (trouble === undefined || !(error instanceof Error)) throw error;
      this.#problem = { trouble, reason: `the query index cannot be used: ${error.message}` };
      if (isCurrent && trouble === "damage" && this.#place.readOnly !== true) this.#remove();
      return undefined;
    }
  }

  #letGo(database: IndexDatabase | undefined): void {
    this.#opening = undefined;
    this.#tailChecked = false;
    database?.close();
  }

  #remove(): void {
    try {
      IndexDatabase.remove(this.#place);
    } catch (error) {
      if (troubleOf(error) !== "refused" || !(error instanceof Error)) throw error;
      this.#problem = { trouble: "refused", reason: `the query index cannot be replaced: ${error.message}` };
    }
  }

  async #shut(): Promise<void> {
    // A file that could not be opened has nothing to close.
    this.#letGo(await this.#opening?.catch(() => undefined));
  }

  #assertOpen(): void {
    if (!this.#closed) return;
    throw new EsoError("ESO_STORE_CLOSED", "the query index was closed before the call", {
      hint: "Close a store after its last query.",
    });
  }
}

function giveUpRolledBack(): never {
  throw new IndexDamage("the log was rolled back since");
}

async function holds(log: EventLogReader, { last, end }: Segment): Promise<boolean> {
  if ((await log.head()).position < last) return false;
  if (end.position === 0) return true;
  try {
    const [line] = await log.readAt([end.position]);
    return line !== undefined && crc32(line.bytes) === end.crc;
  } catch (error) {
    // The line was whole when it was indexed; a query that needs it will say that it is damaged.
    if (error instanceof IntegrityError) return true;
    throw error;
  }
}
