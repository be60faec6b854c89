import type { StoredEvent } from "../event/envelope.ts";
import type { StoredLine } from "../log/event-log.ts";
import { type Cursor, encodeCursor, openCursor, orderMismatch } from "./cursor.ts";
import type { CompiledFilter } from "./filter.ts";
import { findMatches } from "./find-matches.ts";
import { QueryBudget } from "./query-budget.ts";
import { behind, type QuerySource, type Run } from "./run.ts";

export type { QuerySource } from "./run.ts";

/** The `query` section of the configuration. */
export interface QueryLimits {
  readonly default_page_size: number;
  readonly max_page_size: number;
  /** For one page, or for one page's worth of an iteration; 0 for no limit. */
  readonly max_query_time_seconds: number;
}

export interface QueryOptions {
  readonly limits: QueryLimits;
  readonly signal?: AbortSignal | undefined;
}

export interface QueryPage {
  readonly events: readonly StoredEvent[];
  /** Cursor for the next page; absent when nothing more matched as the log stood at this page. */
  readonly next?: string;
}

/**
 * One page of the events that match, in order of position. Pages joined by their cursors give every match
 * exactly once; ascending pages take in what was appended since the page before.
 * @throws CursorInvalidError when the cursor is not of this log.
 * @throws EsoError (`ESO_TIMEOUT`) when it takes longer than the configuration allows.
 * @throws IntegrityError when a line that the answer depends on is damaged.
 *
 * @example
 * ```ts
 * const first = await queryPage(source, parseFilter({ issueKey: "PROJ-1", limit: 50 }), { limits });
 * const second = await queryPage(source, parseFilter({ issueKey: "PROJ-1", limit: 50, after: first.next }), { limits });
 * ```
 */
export async function queryPage(
  source: QuerySource,
  filter: CompiledFilter,
  options: QueryOptions,
): Promise<QueryPage> {
  const { limits, signal } = options;
  const budget = new QueryBudget(limits.max_query_time_seconds, signal);
  const run = await startRun(source, filter);
  const size = Math.min(filter.limit ?? limits.default_page_size, limits.max_page_size);
  const { lines, last } = await takePage(run, size, budget);
  const events = lines.map((line) => source.decode(line.bytes));
  return last === undefined ? { events } : { events, next: encodeCursor(placeOf(run, last)) };
}

/**
 * All events that match, in order of position, as the log stood when the iteration began; `limit` is the
 * total. Memory holds one page's worth. The time limit counts for each page's worth, not for the consumer.
 * @throws as `queryPage`.
 *
 * @example
 * ```ts
 * for await (const event of queryEvents(source, parseFilter({ eventTypes: "ErrorOccurred" }), { limits })) console.log(event);
 * ```
 */
export async function* queryEvents(
  source: QuerySource,
  filter: CompiledFilter,
  options: QueryOptions,
): AsyncGenerator<StoredEvent, void, undefined> {
  for await (const line of queryLines(source, filter, options)) yield source.decode(line.bytes);
}

/** Like `queryEvents`, giving the lines as they are stored. */
export async function* queryLines(
  source: QuerySource,
  filter: CompiledFilter,
  options: QueryOptions,
): AsyncGenerator<StoredLine, void, undefined> {
  const { limits, signal } = options;
  signal?.throwIfAborted();
  const run = await startRun(source, filter);
  let left = filter.limit ?? Number.POSITIVE_INFINITY;
  for (let size = limits.default_page_size; left > 0; size = limits.max_page_size) {
    const budget = new QueryBudget(limits.max_query_time_seconds, signal);
    const { lines, last } = await takePage(run, Math.min(size, left), budget);
    for (const line of lines) {
      yield line;
      signal?.throwIfAborted();
    }
    if (last === undefined) return;
    run.interval = behind(run, last);
    left -= lines.length;
  }
}

async function startRun(source: QuerySource, filter: CompiledFilter): Promise<Run> {
  const head = (await source.log.head()).position;
  const cursor = filter.after === undefined ? undefined : openCursor(filter.after, source.log, head);
  if (cursor !== undefined && filter.order !== undefined && filter.order !== cursor.order) {
    throw orderMismatch(cursor, filter.order);
  }
  const run: Run = {
    source,
    filter,
    order: filter.order ?? cursor?.order ?? "asc",
    interval: { low: 0, high: head },
  };
  if (cursor !== undefined) run.interval = behind(run, cursor.position);
  return run;
}

interface Page {
  readonly lines: readonly StoredLine[];
  /** Position of the page's last event when there are more matches behind it. */
  readonly last: number | undefined;
}

async function takePage(run: Run, size: number, budget: QueryBudget): Promise<Page> {
  const lines: StoredLine[] = [];
  let last: number | undefined;
  for await (const line of findMatches(run, { wanted: size + 1, budget })) {
    if (lines.length === size) return { lines, last };
    lines.push(line);
    last = line.position;
  }
  return { lines, last: undefined };
}

function placeOf({ source, order }: Run, position: number): Cursor {
  const { storeId, incarnation } = source.log;
  return { storeId, incarnation, position, order };
}
