import type { EventInput, StoredEvent } from "../event/envelope.ts";
import type { PreparedEvent } from "../event/prepared.ts";
import type { AnyEvent, AnyInput, EventType, InputOf } from "../event/registry.ts";
import { EsoError } from "../errors.ts";
import type { BlobStore } from "../log/blob-store.ts";
import type { ConsumerCursors } from "../log/consumer-cursors.ts";
import type { CounterShelf } from "../log/counters.ts";
import { damagedLine } from "../log/damaged-line.ts";
import type {
  Placement,
  EventLog,
  EventLogReader,
  ReadStreamOptions,
  StoredLine,
  StreamInfo,
} from "../log/event-log.ts";
import type { ReplayJournals } from "../log/replay-journal.ts";
import type { EffectOf } from "../projection/effects.ts";
import type { SnapshotShelf } from "../log/snapshot-shelf.ts";
import { AmendmentShelf } from "../query/amendments.ts";
import type { SubjectKeys } from "../personal/subject-keys.ts";
import type { EventIndex } from "../query/event-index.ts";
import type { CompiledFilter, QueryFilter } from "../query/filter.ts";
import { parseFilter } from "../query/parse-filter.ts";
import {
  queryEvents,
  type QueryLimits,
  type QueryPage,
  queryPage,
  type QuerySource,
} from "../query/run-query.ts";
import { type Ack, ackOf, appendEvents, type AppendOptions, prepareAll } from "./append.ts";
import { History } from "./history.ts";
import { type SnapshotHabits, SnapshotKeeper } from "./snapshots/snapshot-keeper.ts";
import { SnapshotSchedule } from "./snapshots/snapshot-schedule.ts";
import { Snapshots } from "./snapshots/snapshots.ts";
import { attach, attachment, type BlobReference } from "./blobs.ts";
import { Meter, metricsOf, openSeconds, type StorageFigures, type StoreMetrics } from "./metrics.ts";
import { type EventBatch, subscribe, type SubscribeOptions } from "./subscribe.ts";

/** The `replay` section of the configuration, understood. */
export interface ReplayRules {
  readonly effectOf: EffectOf;
  readonly maxEvents: number;
  readonly skipNonIdempotent: boolean;
}

/** What a store is made of; `openStore` puts it together. */
export interface StoreParts {
  readonly log: EventLog;
  readonly codec: { prepare(input: unknown): PreparedEvent; decode(bytes: Uint8Array): StoredEvent };
  readonly index: EventIndex | undefined;
  readonly cursors: ConsumerCursors;
  readonly blobs: BlobStore;
  readonly counters: CounterShelf | undefined;
  readonly limits: QueryLimits;
  readonly maxBatchEvents: number;
  readonly clock: () => number;
  /** Told of what a reader should know but need not stop for. */
  readonly warn: (message: string) => void;
  readonly snapshotShelf: SnapshotShelf | undefined;
  /** People's keys, where fields are declared personal. */
  readonly subjects: SubjectKeys | undefined;
  /** Removes generated reports; gives how many there were. */
  readonly removeReports: () => Promise<number>;
  readonly replays: ReplayJournals;
  readonly replayRules: ReplayRules;
  readonly snapshotHabits: SnapshotHabits;
  /** False for a store that was opened for reading only: nothing is kept there either. */
  readonly mayWrite: boolean;
  /** Sizes on disk; all zero for a store in memory. */
  readonly storageFigures: () => Promise<
    Omit<StorageFigures, "streams" | "events" | "index_bytes" | "index_lag_events">
  >;
}

/** An event to log: checked against the catalogue when its type is in it, open for custom types. */
export type InputFor<T extends string> = { readonly event_type: T } & (T extends EventType
  ? InputOf<T>
  : EventInput<T>);

export interface QueryCallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A store as a record: events go in, and come out as they were. `EventStore` adds what can be made of them. */
export class RecordStore {
  protected readonly parts: StoreParts;
  protected readonly amendments = new AmendmentShelf();
  protected readonly schedule: SnapshotSchedule | undefined;
  /** The past of each stream, for the use cases that fold it. */
  readonly history: History;
  readonly snapshots: SnapshotKeeper | undefined;
  readonly #meter: Meter;

  constructor(parts: StoreParts) {
    this.parts = parts;
    this.#meter = new Meter(parts.clock);
    const { log, limits, clock, warn, snapshotShelf: shelf, snapshotHabits: habits } = parts;
    const snapshots = shelf === undefined ? undefined : new Snapshots({ shelf, log, warn });
    const decode = (line: StoredLine) => this.decode(line);
    this.history = new History({
      source: this.source(),
      amendments: this.amendments,
      limits,
      decode,
      snapshots,
    });
    if (shelf === undefined || snapshots === undefined) return;
    const { history } = this;
    this.snapshots = new SnapshotKeeper({ shelf, snapshots, history, storeId: log.storeId, habits, clock });
    if (habits.enabled && parts.mayWrite)
      this.schedule = new SnapshotSchedule({ keeper: this.snapshots, frequency: habits.frequency, warn });
  }

  /** The read side of the log below, for verifiers, exporters and engines' tests. */
  get log(): EventLogReader {
    return this.parts.log;
  }

  get storeId(): string {
    return this.parts.log.storeId;
  }

  /** The index that answers queries sooner, if the configuration has one; derived, may be reset at any time. */
  get index(): EventIndex | undefined {
    return this.parts.index;
  }

  /**
   * Logs one event.
   * @throws ValidationError when it is not what its type asks for; nothing is written.
   * @throws ConflictError when the expectation is missed, or an id stands for another fact; nothing is written.
   * @throws OutcomeUnknownError when it may or may not be on disk; retry with the same `event_id`.
   */
  async logEvent<T extends string>(event: InputFor<T>, options: AppendOptions = {}): Promise<Ack> {
    const [ack] = await this.logEvents([event], options);
    if (ack === undefined) throw new EsoError("ESO_OUTCOME_UNKNOWN", "the engine acknowledged nothing");
    return ack;
  }

  /** Logs several events atomically: all of them or none. Errors as `logEvent`, with `$[n]` paths. */
  async logEvents(events: readonly (AnyInput | EventInput)[], options: AppendOptions = {}): Promise<Ack[]> {
    const began = performance.now();
    const { log, codec, maxBatchEvents } = this.parts;
    try {
      const placements = await appendEvents(log, (input: EventInput) => codec.prepare(input), {
        inputs: events,
        options,
        maxEvents: maxBatchEvents,
      });
      this.#meter.appended(placements, performance.now() - began);
      this.#noteGrowth(placements);
      return placements.map(ackOf);
    } catch (error) {
      this.#meter.appendFailed();
      throw error;
    }
  }

  /** Tells the schedule of snapshots which streams have grown. */
  #noteGrowth(placements: readonly Placement[]): void {
    for (const { duplicate, stream, event_sequence, head_sequence } of placements)
      if (!duplicate) this.schedule?.appended(stream, event_sequence, head_sequence);
  }

  /** Checks events as `logEvents` would, but writes nothing. Errors as `logEvents`. */
  checkEvents(events: readonly (AnyInput | EventInput)[]): void {
    prepareAll((input: EventInput) => this.parts.codec.prepare(input), events);
  }

  /**
   * All events that match, in order of record, as the log stands when the iteration begins.
   * @throws ValidationError for a filter that cannot be understood.
   */
  async *queryEvents(
    filter: QueryFilter = {},
    options: QueryCallOptions = {},
  ): AsyncGenerator<AnyEvent, void, undefined> {
    const began = performance.now();
    let events = 0;
    const compiled = parseFilter(filter);
    for await (const event of queryEvents(await this.#unvoided(compiled, options), compiled, {
      limits: this.parts.limits,
      ...options,
    })) {
      if (events++ === 0) this.#meter.queried(0, performance.now() - began);
      yield event as AnyEvent;
    }
    this.#meter.queried(events, performance.now() - began);
  }

  /** One page; `next` continues it, also while others append. */
  async queryPage(filter: QueryFilter = {}, options: QueryCallOptions = {}): Promise<QueryPage> {
    const began = performance.now();
    const compiled = parseFilter(filter);
    const page = await queryPage(await this.#unvoided(compiled, options), compiled, {
      limits: this.parts.limits,
      ...options,
    });
    this.#meter.queried(page.events.length, performance.now() - began);
    return page;
  }

  protected source(): QuerySource {
    const { log, index } = this.parts;
    return { log, index, decode: (bytes) => this.parts.codec.decode(bytes) };
  }

  /** What a query reads, void events left out unless it asks for them. */
  async #unvoided(filter: CompiledFilter, { signal }: QueryCallOptions): Promise<QuerySource> {
    const source = this.source();
    if (filter.includeVoided) return source;
    const { limits } = this.parts;
    const issues = filter.equals.find(({ field }) => field === "issueKey")?.values ?? [];
    const [issue] = issues;
    const known =
      issue !== undefined && issues.length === 1
        ? await this.amendments.ofStream(issue, source, { limits, signal })
        : await this.amendments.ofAll(source, { limits, signal });
    return { ...source, voided: known.voided };
  }

  /** The event with this id, or undefined. */
  async getEvent(eventId: string): Promise<AnyEvent | undefined> {
    const line = await this.parts.log.findById(eventId.toLowerCase());
    return line === undefined ? undefined : (this.decode(line) as AnyEvent);
  }

  /** One stream's events in order of sequence; an unknown stream has none. */
  async *readStream(
    stream: string,
    options: ReadStreamOptions = {},
  ): AsyncGenerator<AnyEvent, void, undefined> {
    for await (const lines of this.parts.log.readStream(stream, options)) {
      for (const line of lines) yield this.decode(line) as AnyEvent;
    }
  }

  /** The streams of the store: one an issue, and `global`. */
  streams(signal?: AbortSignal): AsyncIterable<StreamInfo> {
    return this.parts.log.streams(signal);
  }

  /**
   * Follows the log from a place on, across processes. Batches come in order and at least once; `ack` keeps
   * the place of a named consumer.
   *
   * @example
   * ```ts
   * for await (const batch of store.subscribe({ consumer: "audit", stopAtEnd: true })) {
   *   for (const event of batch.events) console.log(event.event_type);
   *   await batch.ack();
   * }
   * ```
   */
  subscribe(options: SubscribeOptions = {}): AsyncGenerator<EventBatch, void, undefined> {
    const { log, cursors } = this.parts;
    return subscribe({ log, cursors, decode: (line) => this.decode(line) }, options);
  }

  protected decode(line: StoredLine): StoredEvent {
    try {
      const event = this.parts.codec.decode(line.bytes);
      if (event.event_sequence === line.sequence && event.position === line.position) return event;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    throw damagedLine(line);
  }

  /** Keeps a text or file that is too long for an event; put the reference into the event's metadata. */
  attach(bytes: Uint8Array, mediaType: string): BlobReference {
    return attach(this.parts.blobs, bytes, mediaType);
  }

  /** The bytes behind a reference, checked against its digest. */
  attachment(reference: BlobReference): Uint8Array {
    return attachment(this.parts.blobs, reference);
  }

  /** Counts, latencies and sizes: of this store object, of all processes before it, and of the disk. */
  async metrics(): Promise<StoreMetrics> {
    const { log, index, counters, storageFigures } = this.parts;
    const all = [...(counters?.load() ?? []), this.#meter.counters()];
    const head = await log.head();
    let streams = 0;
    for await (const _stream of log.streams()) streams++;
    const stats = await index?.stats();
    return metricsOf(all, openSeconds(all), {
      ...(await storageFigures()),
      streams,
      events: head.position,
      index_bytes: stats?.bytes ?? 0,
      index_lag_events: Math.max(0, head.position - (stats?.events ?? 0)),
    });
  }

  /** Finishes what is under way and lets go of the store. */
  async close(): Promise<void> {
    await this.schedule?.finish();
    const { log, index, counters } = this.parts;
    await index?.close();
    await log.close();
    if (!this.#meter.idle) counters?.add(this.#meter.counters());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
