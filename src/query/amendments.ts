import { IntegrityError } from "../errors.ts";
import type { JsonObject, StoredEvent } from "../event/envelope.ts";
import { isEventOf } from "../event/registry.ts";
import { encodeCursor } from "./cursor.ts";
import { parseFilter } from "./parse-filter.ts";
import { queryEvents, type QueryOptions, type QuerySource } from "./run-query.ts";

/** What a later event says about an earlier one: that it is void, or what else is known of the fact. */
export interface Amendment {
  /** The later event's place and moment. */
  readonly sequence: number;
  readonly recorded_at: string;
  /** The metadata that the earlier event lacks; absent when it is void. */
  readonly adds?: JsonObject;
}

const AMENDING = ["StoreEventVoided", "StoreFactSeen"];
/** Streams whose amendments are kept at hand. */
const STREAMS_MAX = 1_000;

/** Amendments by the `event_id` of the event that they are about, each list in order of record. */
export type AmendmentsById = ReadonlyMap<string, readonly Amendment[]>;

/** What was voided or completed later, kept up with the log by reading only what is new. */
export class Amendments {
  readonly #issueKey: string | undefined;
  readonly #byId = new Map<string, Amendment[]>();
  readonly #voided = new Set<string>();
  #position = 0;

  /** Of one stream, or of the whole log. */
  constructor(issueKey?: string) {
    this.#issueKey = issueKey;
  }

  /** Ids of the events that are void, for `QuerySource.voided`. */
  get voided(): ReadonlySet<string> {
    return this.#voided;
  }

  get byId(): AmendmentsById {
    return this.#byId;
  }

  /**
   * Takes note of what the log says now.
   * @throws as `queryEvents`.
   */
  async bringUpToDate(source: QuerySource, options: QueryOptions): Promise<void> {
    const { storeId, incarnation } = source.log;
    const { position } = await source.log.head();
    if (position === this.#position) return;
    const after = encodeCursor({ storeId, incarnation, position: this.#position, order: "asc" });
    const filter = parseFilter({ issueKey: this.#issueKey, eventTypes: AMENDING, after });
    for await (const event of queryEvents({ ...source, voided: undefined }, filter, options)) {
      // Two that bring the same object up to date at once meet the same events.
      if (event.position > this.#position) this.#note(event);
    }
    this.#position = Math.max(this.#position, position);
  }

  #note(event: StoredEvent): void {
    this.#position = event.position;
    const { event_sequence: sequence, recorded_at } = event;
    if (isEventOf(event, "StoreEventVoided")) {
      this.#voided.add(event.metadata.voided_event_id);
      this.#add(event.metadata.voided_event_id, { sequence, recorded_at });
    } else if (isEventOf(event, "StoreFactSeen") && event.metadata.adds !== undefined) {
      this.#add(event.metadata.fact, { sequence, recorded_at, adds: event.metadata.adds });
    }
  }

  #add(id: string, amendment: Amendment): void {
    const known = this.#byId.get(id);
    if (known === undefined) this.#byId.set(id, [amendment]);
    else known.push(amendment);
  }
}

/** The amendments of a store: of each stream that was asked for, and of all. */
export class AmendmentShelf {
  readonly #byStream = new Map<string, Amendments>();
  readonly #all = new Amendments();

  /**
   * Those of one stream, which depend on no other stream's bytes.
   * @throws as `queryEvents`.
   */
  async ofStream(stream: string, source: QuerySource, options: QueryOptions): Promise<Amendments> {
    const known = this.#byStream.get(stream) ?? new Amendments(stream);
    this.#byStream.delete(stream);
    this.#byStream.set(stream, known);
    const [oldest] = this.#byStream.keys();
    if (oldest !== undefined && this.#byStream.size > STREAMS_MAX) this.#byStream.delete(oldest);
    await known.bringUpToDate(source, options);
    return known;
  }

  /** Those of all streams. Behind damaged bytes none are known: whoever reads those bytes is told so there. */
  async ofAll(source: QuerySource, options: QueryOptions): Promise<Amendments> {
    try {
      await this.#all.bringUpToDate(source, options);
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error;
    }
    return this.#all;
  }
}

/** Those amendments that are to be heeded; mostly there are none at all. */
export function heededBy(byId: AmendmentsById, heeds: (amendment: Amendment) => boolean): AmendmentsById {
  const heeded = new Map<string, readonly Amendment[]>();
  for (const [id, all] of byId) {
    const some = all.filter(heeds);
    if (some.length > 0) heeded.set(id, some);
  }
  return heeded;
}

/** An event as folds see it: completed by later sightings of its fact, or undefined when it is void. */
export function amended(event: StoredEvent, amendments: AmendmentsById): StoredEvent | undefined {
  const heeded = amendments.get(event.event_id);
  if (heeded === undefined) return event;
  if (heeded.some(({ adds }) => adds === undefined)) return undefined;
  // What was known first stands.
  const metadata = heeded.reduceRight<JsonObject>((sum, { adds }) => ({ ...sum, ...adds }), {});
  return { ...event, metadata: { ...metadata, ...event.metadata } };
}
