import type { EventInput, StoredEvent } from "../event/envelope.ts";
import type { PreparedEvent } from "../event/prepared.ts";
import type { AnyEvent, AnyInput, EventType, InputOf } from "../event/registry.ts";
import { EsoError } from "../errors.ts";
import type { BlobStore } from "../log/blob-store.ts";
import type { ConsumerCursors } from "../log/consumer-cursors.ts";
import type { CounterShelf } from "../log/counters.ts";
import { damagedLine } from "../log/damaged-line.ts";
import type {
  EventLog,
  EventLogReader,
  ReadStreamOptions,
  StoredLine,
  StreamInfo,
} from "../log/event-log.ts";
import type { Projection } from "../projection/projection.ts";
import type { OrchestrationState } from "../projection/state/orchestration-state.ts";
import { amended, AmendmentShelf } from "../query/amendments.ts";
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
import { type Ack, appendEvents, type AppendOptions, prepareAll } from "./append.ts";
import { History } from "./history.ts";
import { type Moment, pointOf } from "./moment.ts";
import { attach, attachment, type BlobReference } from "./blobs.ts";
import { Meter, metricsOf, openSeconds, type StorageFigures, type StoreMetrics } from "./metrics.ts";
import { type EventBatch, subscribe, type SubscribeOptions } from "./subscribe.ts";

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

/**
 * The events of one store, and all that can be asked of them. Made by `openStore`.
 *
 * @example
 * ```ts
 * await using store = await openStore({ path: "./sessions/events" });
 * const ack = await store.logEvent({
 *   event_type: "AgentSpawned",
 *   issue_key: "PROJ-123",
 *   actor: { type: "agent", id: "planner" },
 *   metadata: { agent_name: "planner" },
 * });
 * ```
 */
export class EventStore {
  readonly #parts: StoreParts;
  readonly #meter: Meter;
  readonly #amendments = new AmendmentShelf();
  readonly #history: History;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#history = new History({
      source: this.#source(),
      amendments: this.#amendments,
      limits: parts.limits,
      decode: (line) => this.#decode(line),
    });
    this.#meter = new Meter(parts.clock);
  }

  /** The read side of the log below, for verifiers, exporters and engines' tests. */
  get log(): EventLogReader {
    return this.#parts.log;
  }

  /** The past of each stream, for the use cases that fold it. */
  get history(): History {
    return this.#history;
  }

  get storeId(): string {
    return this.#parts.log.storeId;
  }

  /** The index that answers queries sooner, if the configuration has one; derived, may be reset at any time. */
  get index(): EventIndex | undefined {
    return this.#parts.index;
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
    const { log, codec, maxBatchEvents } = this.#parts;
    try {
      const acks = await appendEvents(log, (input: EventInput) => codec.prepare(input), {
        inputs: events,
        options,
        maxEvents: maxBatchEvents,
      });
      this.#meter.appended(acks, performance.now() - began);
      return acks;
    } catch (error) {
      this.#meter.appendFailed();
      throw error;
    }
  }

  /** Checks events as `logEvents` would, but writes nothing. Errors as `logEvents`. */
  checkEvents(events: readonly (AnyInput | EventInput)[]): void {
    prepareAll((input: EventInput) => this.#parts.codec.prepare(input), events);
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
      limits: this.#parts.limits,
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
      limits: this.#parts.limits,
      ...options,
    });
    this.#meter.queried(page.events.length, performance.now() - began);
    return page;
  }

  #source(): QuerySource {
    const { log, index } = this.#parts;
    return { log, index, decode: (bytes) => this.#parts.codec.decode(bytes) };
  }

  /** What a query reads, void events left out unless it asks for them. */
  async #unvoided(filter: CompiledFilter, { signal }: QueryCallOptions): Promise<QuerySource> {
    const source = this.#source();
    if (filter.includeVoided) return source;
    const { limits } = this.#parts;
    const issues = filter.equals.find(({ field }) => field === "issueKey")?.values ?? [];
    const [issue] = issues;
    const known =
      issue !== undefined && issues.length === 1
        ? await this.#amendments.ofStream(issue, source, { limits, signal })
        : await this.#amendments.ofAll(source, { limits, signal });
    return { ...source, voided: known.voided };
  }

  /** The event with this id, or undefined. */
  async getEvent(eventId: string): Promise<AnyEvent | undefined> {
    const line = await this.#parts.log.findById(eventId.toLowerCase());
    return line === undefined ? undefined : (this.#decode(line) as AnyEvent);
  }

  /** One stream's events in order of sequence; an unknown stream has none. */
  async *readStream(
    stream: string,
    options: ReadStreamOptions = {},
  ): AsyncGenerator<AnyEvent, void, undefined> {
    for await (const lines of this.#parts.log.readStream(stream, options)) {
      for (const line of lines) yield this.#decode(line) as AnyEvent;
    }
  }

  /**
   * An issue's state at a moment, default now; before the first event it does not exist. `global` is the stream
   * of events without an issue.
   * @throws ValidationError for a moment that cannot be understood.
   * @throws IntegrityError when a line that the answer depends on is damaged.
   *
   * @example
   * ```ts
   * const state = await store.reconstructState("PROJ-123", "2026-11-24T14:00:00Z");
   * console.log(state.status, state.current_phase, state.active_agents.length);
   * ```
   */
  async reconstructState(
    issueKey: string,
    moment?: Moment,
    options: QueryCallOptions = {},
  ): Promise<OrchestrationState> {
    return this.#history.stateAt(issueKey, pointOf(moment), options);
  }

  /**
   * Folds events by a projection: of one issue, of those that a filter finds, or of the whole store.
   *
   * @example
   * ```ts
   * const { agents } = await store.project(agentMetrics, { issueKey: "PROJ-123" });
   * ```
   */
  async project<S, R>(
    projection: Projection<S, R>,
    filter: QueryFilter = {},
    options: QueryCallOptions = {},
  ): Promise<R> {
    const { limits } = this.#parts;
    const source = this.#source();
    const { byId } = await this.#amendments.ofAll(source, { limits, ...options });
    let state = projection.initial();
    const compiled = parseFilter(filter);
    for await (const event of queryEvents(source, compiled, { limits, ...options })) {
      const seen = compiled.includeVoided ? event : amended(event, byId);
      if (seen !== undefined) state = projection.apply(state, seen);
    }
    return projection.result(state);
  }

  /** The streams of the store: one an issue, and `global`. */
  streams(signal?: AbortSignal): AsyncIterable<StreamInfo> {
    return this.#parts.log.streams(signal);
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
    const { log, cursors } = this.#parts;
    return subscribe({ log, cursors, decode: (line) => this.#decode(line) }, options);
  }

  #decode(line: StoredLine): StoredEvent {
    try {
      const event = this.#parts.codec.decode(line.bytes);
      if (event.event_sequence === line.sequence && event.position === line.position) return event;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    throw damagedLine(line);
  }

  /** Keeps a text or file that is too long for an event; put the reference into the event's metadata. */
  attach(bytes: Uint8Array, mediaType: string): BlobReference {
    return attach(this.#parts.blobs, bytes, mediaType);
  }

  /** The bytes behind a reference, checked against its digest. */
  attachment(reference: BlobReference): Uint8Array {
    return attachment(this.#parts.blobs, reference);
  }

  /** Counts, latencies and sizes: of this store object, of all processes before it, and of the disk. */
  async metrics(): Promise<StoreMetrics> {
    const { log, index, counters, storageFigures } = this.#parts;
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
    const { log, index, counters } = this.#parts;
    await index?.close();
    await log.close();
    if (!this.#meter.idle) counters?.add(this.#meter.counters());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
