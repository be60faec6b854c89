import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";

import { EsoError, StorageError } from "../../errors.ts";
import type {
  AppendRequest,
  Capabilities,
  EventLog,
  LogHead,
  Placement,
  ReadAllOptions,
  ReadStreamOptions,
  StoredLine,
  StreamInfo,
} from "../../log/event-log.ts";
import type { Catalog } from "./catalog.ts";
import type { EngineCore } from "./core.ts";
import { storageError } from "./disk.ts";
import { idHash, keyHash } from "./id-hash.ts";
import { LineReader } from "./line-reader.ts";
import { CatalogLost, LogView } from "./log-view.ts";
import { Partitions } from "./partitions.ts";
import { ReadPosition } from "./read-position.ts";
import type { StoreFile } from "./store-file.ts";
import { StreamReader } from "./stream-reader.ts";
import { WriteSide } from "./write-side.ts";

export interface FilesLogParts {
  readonly core: EngineCore;
  readonly store: StoreFile;
  readonly openCatalog: (layout: EngineCore["layout"]) => Promise<Catalog>;
  /** Present when the store is only read. */
  readonly reading?: { readonly view: LogView; readonly done: () => void };
}

const CHUNK = 1000;
const POLL_MS_MIN = 5;
const POLL_MS_MAX = 100;
const STREAMS_PAGE = 1000;

/** The files engine: plain `{date}/{ISSUE}/events.jsonl` files, safe under many processes. */
export class FilesLog implements EventLog {
  readonly storeId: string;
  readonly #parts: FilesLogParts;
  readonly #partitions: Partitions;
  #incarnation: string;
  #view: LogView | undefined;
  #position: ReadPosition | undefined;
  #lines: LineReader | undefined;
  #write: WriteSide | undefined;
  #closed = false;
  /** Wakes waiters of this process when it has appended. */
  #grown = Promise.withResolvers<void>();

  constructor(parts: FilesLogParts) {
    this.#parts = parts;
    this.storeId = parts.store.store_id;
    this.#incarnation = parts.store.incarnation;
    this.#partitions = new Partitions(parts.core.disk, parts.core.layout, parts.core.options.openFilesMax);
    if (parts.reading !== undefined) this.#use(parts.reading.view);
  }

  get incarnation(): string {
    return this.#incarnation;
  }

  get capabilities(): Capabilities {
    return {
      totalOrder: true,
      multiStreamBatches: true,
      persistent: true,
      multiProcess: true,
      durabilities: ["group", "sync", "os"],
    };
  }

  /** Readies a log that may write: recovers what needs it and learns where the log ends. */
  async start(): Promise<void> {
    const { core, store, openCatalog } = this.#parts;
    const catalog = await openCatalog(core.layout);
    catalog.claim(core.storeId);
    this.#write = new WriteSide({
      core,
      store,
      catalog,
      partitions: this.#partitions,
      grown: () => this.#notify(),
    });
    const started = await this.#write.start();
    this.#incarnation = started.incarnation;
    this.#use(started.view);
  }

  #use(view: LogView): void {
    this.#view = view;
    this.#lines = new LineReader(view, this.#partitions);
    this.#position = new ReadPosition(view, this.#write);
  }

  #notify(): void {
    const { resolve } = this.#grown;
    this.#grown = Promise.withResolvers();
    resolve();
  }

  #open(): { view: LogView; lines: LineReader; position: ReadPosition } {
    const [view, lines, position] = [this.#view, this.#lines, this.#position];
    if (this.#closed || view === undefined || lines === undefined || position === undefined)
      throw closedError();
    return { view, lines, position };
  }

  /** Brings this process up to date and gives the position up to which events may be shown. */
  async #visible(): Promise<number> {
    const { position } = this.#open();
    try {
      return await position.refresh();
    } catch (error) {
      if (!(error instanceof CatalogLost) || this.#write === undefined) throw error;
      await this.#write.rebuild();
      return position.refresh();
    }
  }

  async append(request: AppendRequest): Promise<readonly Placement[]> {
    this.#open();
    if (this.#write === undefined) throw readOnlyError(this.#parts.core.layout.base);
    return request.events.length === 0 ? [] : this.#write.append(request);
  }

  async head(): Promise<LogHead> {
    const position = await this.#visible();
    if (position === 0) return { position, recorded_at: undefined };
    const { view } = this.#open();
    const recordedMs =
      view.tail.at(position)?.recordedMs ?? view.catalog.order.read(position, 1)[0]?.recordedMs ?? 0;
    return { position, recorded_at: new Date(recordedMs).toISOString() };
  }

  async stream(stream: string): Promise<StreamInfo | undefined> {
    const visible = await this.#visible();
    const { view } = this.#open();
    const events = view.tail.ofStream(stream);
    const last = events.findLast((event) => event.position <= visible);
    const covered = view.catalog.head(stream);
    if (last !== undefined && last.sequence > (covered?.sequence ?? 0)) {
      return infoOf(stream, last.sequence, { position: last.position, recordedMs: last.recordedMs });
    }
    if (covered === undefined) return undefined;
    return infoOf(stream, covered.sequence, {
      position: covered.lastPosition,
      recordedMs: covered.recordedMs,
    });
  }

  async *streams(signal?: AbortSignal): AsyncGenerator<StreamInfo> {
    await this.#visible();
    const { view } = this.#open();
    const inTail = new Set(
      [...view.tail.streams()].filter((stream) => view.catalog.head(stream) === undefined),
    );
    for (let after = ""; ;) {
      signal?.throwIfAborted();
      const page = view.catalog.streams(after, STREAMS_PAGE);
      for (const { stream } of page) yield* this.#infoIfAny(stream);
      if (page.length < STREAMS_PAGE) break;
      after = page.at(-1)?.stream ?? after;
    }
    for (const stream of inTail) yield* this.#infoIfAny(stream);
  }

  async *#infoIfAny(stream: string): AsyncGenerator<StreamInfo> {
    const info = await this.stream(stream);
    if (info !== undefined) yield info;
  }

  async *readStream(stream: string, options: ReadStreamOptions = {}): AsyncGenerator<readonly StoredLine[]> {
    const visible = await this.#visible();
    options.signal?.throwIfAborted();
    const reader = new StreamReader(this.#open().view, this.#partitions);
    yield* reader.read(stream, { ...options, visible });
  }

  async *readAll(options: ReadAllOptions = {}): AsyncGenerator<readonly StoredLine[]> {
    const visible = await this.#visible();
    const chunk = options.chunk ?? CHUNK;
    const backwards = options.direction === "backwards";
    const after = options.after ?? (backwards ? visible + 1 : 0);
    let first = backwards ? Math.min(after - 1, visible) : after + 1;
    while (first >= 1 && first <= visible) {
      options.signal?.throwIfAborted();
      // Everything below is synchronous: without a turn of its own, a long read would starve the writers.
      await nextTurn();
      const { lines } = this.#open();
      const last = backwards ? Math.max(1, first - chunk + 1) : Math.min(visible, first + chunk - 1);
      yield backwards ? lines.range(last, first).reverse() : lines.range(first, last);
      first = backwards ? last - 1 : last + 1;
    }
  }

  async readAt(positions: readonly number[]): Promise<readonly StoredLine[]> {
    await this.#visible();
    return this.#open().lines.present(positions);
  }

  async findById(eventId: string): Promise<StoredLine | undefined> {
    return this.#find(idHash(eventId), `"event_id":"${eventId}"`, 1);
  }

  async findByKey(idempotencyKey: string): Promise<StoredLine | undefined> {
    return this.#find(keyHash(idempotencyKey), `"idempotency_key":${JSON.stringify(idempotencyKey)}`);
  }

  async #find(hash: number, field: string, at?: number): Promise<StoredLine | undefined> {
    const visible = await this.#visible();
    const { view, lines } = this.#open();
    const positions = [
      ...view.catalog.ids.find(hash),
      ...view.tail.find(hash).map((event) => event.position),
    ];
    for (const line of lines.present(positions.filter((position) => position <= visible))) {
      const text = Buffer.from(line.bytes.buffer, line.bytes.byteOffset, line.bytes.length).toString();
      if (at === undefined ? hasField(text, field) : text.startsWith(field, at)) return line;
    }
    return undefined;
  }

  async waitBeyond(position: number, timeout_ms: number, signal?: AbortSignal): Promise<void> {
    const deadline = performance.now() + timeout_ms;
    for (let nap = POLL_MS_MIN; ; nap = Math.min(POLL_MS_MAX, nap * 1.5)) {
      signal?.throwIfAborted();
      if ((await this.#visible()) > position) return;
      const left = deadline - performance.now();
      if (left <= 0) return;
      await this.#nap(Math.min(nap, left), signal);
    }
  }

  /** Sleeps until this process has appended or the time is over. */
  async #nap(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const over = new AbortController();
    const signals = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
    const timer = sleep(ms, undefined, { signal: signals }).catch((error: unknown) => {
      if (!signals.aborted) throw error;
    });
    await Promise.race([timer, this.#grown.promise]);
    over.abort();
  }

  /** Flushes, applies and tidies; later calls are refused. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#notify();
    const { core, reading } = this.#parts;
    try {
      await this.#write?.close();
    } catch (error) {
      throw storageError(error, core.layout.base);
    } finally {
      this.#partitions.close();
      this.#view?.close();
      core.lock.close();
      reading?.done();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Whether a line's own envelope, not a text inside it, has this field. */
function hasField(text: string, field: string): boolean {
  if (!text.includes(field)) return false;
  const event = JSON.parse(text) as { idempotency_key?: string };
  return field === `"idempotency_key":${JSON.stringify(event.idempotency_key)}`;
}

function infoOf(
  stream: string,
  sequence: number,
  last: { position: number; recordedMs: number },
): StreamInfo {
  const last_recorded_at = new Date(last.recordedMs).toISOString();
  return { stream, head_sequence: sequence, last_position: last.position, last_recorded_at };
}

function closedError(): EsoError {
  return new EsoError("ESO_STORE_CLOSED", "the store was closed before this call", {
    hint: "Open it again with openStore.",
  });
}

function readOnlyError(path: string): StorageError {
  return new StorageError(
    "ESO_STORAGE_READ_ONLY",
    `${path} was opened for reading only; nothing was written`,
    {
      hint: 'Open the store without access: "read" to append.',
      details: { path },
    },
  );
}
