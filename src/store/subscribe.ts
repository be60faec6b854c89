import type { StoredEvent } from "../event/envelope.ts";
import { EsoError, ValidationError } from "../errors.ts";
import type { EventLogReader, StoredLine } from "../log/event-log.ts";
import { encodeCursor, openCursor } from "../query/cursor.ts";
import type { QueryFilter } from "../query/filter.ts";
import { matches } from "../query/matches.ts";
import { parseFilter } from "../query/parse-filter.ts";
import type { ConsumerCursors } from "../log/consumer-cursors.ts";

export interface SubscribeOptions {
  /** Where a new consumer begins: `"start"` (default), `"end"`, or a cursor. */
  readonly from?: "start" | "end" | (string & {});
  readonly filter?: Omit<QueryFilter, "order" | "limit" | "after">;
  /** Keeps the place under this name across processes and crashes; only `ack` moves it. */
  readonly consumer?: string;
  /** Events in one batch at most. Default 500. */
  readonly maxBatch?: number;
  /** Bytes of event lines in one batch at most (one event is always given). Default 4 MiB. */
  readonly maxBytes?: number;
  /** Also give empty batches when nothing has matched for a while, with the place that was reached. */
  readonly heartbeat_ms?: number;
  /** End when the end of the log is reached, instead of waiting for more. Default false. */
  readonly stopAtEnd?: boolean;
  readonly signal?: AbortSignal;
}

/** Some events that match, in order of position, and the place behind them. */
export interface EventBatch {
  readonly events: readonly StoredEvent[];
  /** Continues behind everything that was looked at for this batch. */
  readonly cursor: string;
  /** Last position that was looked at. */
  readonly position: number;
  /** Keeps the place: this consumer will not be given these events again. Durable when it resolves. */
  ack(): Promise<void>;
}

export interface SubscriptionSource {
  readonly log: EventLogReader;
  readonly cursors: ConsumerCursors;
  readonly decode: (line: StoredLine) => StoredEvent;
}

const MAX_BATCH = 500;
const MAX_BYTES = 4 * 1024 * 1024;
const SCAN_CHUNK = 1000;
const WAIT_MS = 1000;

/**
 * One loop over the log: read behind the place, give what matches, and when there is nothing, wait for a
 * hint and read again. There is no switch between catching up and live, and hints carry no data, so nothing
 * can fall between. Delivery is at least once, in order.
 */
export async function* subscribe(
  source: SubscriptionSource,
  options: SubscribeOptions,
): AsyncGenerator<EventBatch, void, undefined> {
  const filter = parseFilter(options.filter ?? {});
  checkConsumer(options.consumer);
  let position = await startPosition(source, options);
  let beat = performance.now();
  while (options.signal?.aborted !== true) {
    const found = await nextMatches(source, { position, filter, options });
    const moved = found.position > position;
    position = found.position;
    const beatDue = options.heartbeat_ms !== undefined && performance.now() - beat >= options.heartbeat_ms;
    if (found.events.length > 0 || beatDue) {
      beat = performance.now();
      yield batchOf(source, options.consumer, found);
    }
    if (moved && found.more) continue;
    if (options.stopAtEnd === true) return;
    await waitForMore(source.log, position, options);
  }
}

async function waitForMore(log: EventLogReader, position: number, options: SubscribeOptions): Promise<void> {
  const wait_ms = Math.min(WAIT_MS, options.heartbeat_ms ?? WAIT_MS);
  try {
    await log.waitBeyond(position, wait_ms, options.signal);
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
  }
}

async function startPosition(source: SubscriptionSource, options: SubscribeOptions): Promise<number> {
  const { log, cursors } = source;
  const head = (await log.head()).position;
  const kept = options.consumer === undefined ? undefined : cursors.load(options.consumer);
  if (kept !== undefined) return openCursor(kept, log, head).position;
  const { from = "start" } = options;
  return from === "start" ? 0 : from === "end" ? head : openCursor(from, log, head).position;
}

interface Found {
  readonly events: StoredEvent[];
  readonly position: number;
  /** The batch was full: there is more to look at right now. */
  readonly more: boolean;
}

async function nextMatches(
  source: SubscriptionSource,
  search: { position: number; filter: ReturnType<typeof parseFilter>; options: SubscribeOptions },
): Promise<Found> {
  const { maxBatch = MAX_BATCH, maxBytes = MAX_BYTES, signal } = search.options;
  const batch: StoredEvent[] = [];
  let bytes = 0;
  let { position } = search;
  const chunk = Math.min(SCAN_CHUNK, Math.max(1, maxBatch));
  for await (const lines of source.log.readAll({ after: position, chunk })) {
    for (const line of lines) {
      if (signal?.aborted === true) return { events: batch, position, more: false };
      const event = source.decode(line);
      const wanted = matches(search.filter, event);
      if (wanted && batch.length > 0 && bytes + line.bytes.length > maxBytes)
        return { events: batch, position, more: true };
      if (wanted) batch.push(event);
      if (wanted) bytes += line.bytes.length;
      position = line.position;
      if (batch.length >= maxBatch) return { events: batch, position, more: true };
    }
    // A sparse filter must not keep its few events back until the end of a long log.
    if (batch.length > 0) return { events: batch, position, more: true };
  }
  return { events: batch, position, more: false };
}

function batchOf(source: SubscriptionSource, consumer: string | undefined, found: Found): EventBatch {
  const { storeId, incarnation } = source.log;
  const cursor = encodeCursor({ storeId, incarnation, position: found.position, order: "asc" });
  return {
    events: found.events,
    position: found.position,
    cursor,
    ack() {
      if (consumer === undefined) return Promise.reject(noConsumer());
      source.cursors.save(consumer, cursor);
      return Promise.resolve();
    },
  };
}

const CONSUMER_CHARACTERS_MAX = 100;

function checkConsumer(consumer: string | undefined): void {
  if (consumer === undefined || (consumer.length > 0 && consumer.length <= CONSUMER_CHARACTERS_MAX)) return;
  throw new ValidationError(
    "ESO_INVALID_QUERY",
    `a consumer's name has 1 to ${CONSUMER_CHARACTERS_MAX} characters`,
    {
      hint: "Choose a short name such as audit.",
      details: { issues: [{ path: "$.consumer", message: "wrong length" }] },
    },
  );
}

function noConsumer(): EsoError {
  return new EsoError("ESO_INVALID_QUERY", "ack() needs a consumer to keep the place for", {
    hint: 'Give subscribe a name: { consumer: "audit" }, or keep batch.cursor yourself.',
  });
}
