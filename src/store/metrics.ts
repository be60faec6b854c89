import { addUp, type Counters } from "../log/counters.ts";
import { type Buckets, Histogram } from "../log/histogram.ts";

/** Sizes that the engine and the index know. */
export interface StorageFigures {
  readonly hot_bytes: number;
  readonly archived_bytes: number;
  readonly journal_bytes: number;
  readonly index_bytes: number;
  /** Events that the query index has not seen yet. */
  readonly index_lag_events: number;
  readonly snapshots: number;
  readonly streams: number;
  readonly events: number;
}

export interface LatencyFigures {
  readonly count: number;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly p99_ms: number | null;
}

/** What `store.metrics()` and `eso stats store` give. */
export interface StoreMetrics {
  readonly since: string;
  readonly events_appended: number;
  readonly appends: number;
  readonly duplicates: number;
  readonly appends_failed: number;
  /** Events appended in the busiest way of counting: over the time in which any process had the store open. */
  readonly events_per_second: number | null;
  readonly append_latency: LatencyFigures;
  readonly query_latency: LatencyFigures;
  readonly queries: number;
  readonly events_read: number;
  readonly storage: StorageFigures;
}

/** Counts what one store object does. */
export class Meter {
  readonly #clock: () => number;
  readonly #appendLatency = new Histogram();
  readonly #queryLatency = new Histogram();
  readonly #since: string;
  #eventsAppended = 0;
  #appends = 0;
  #duplicates = 0;
  #failed = 0;
  #queries = 0;
  #eventsRead = 0;

  constructor(clock: () => number) {
    this.#clock = clock;
    this.#since = new Date(clock()).toISOString();
  }

  appended(acks: readonly { duplicate: boolean }[], latency_ms: number): void {
    const duplicates = acks.reduce((sum, ack) => sum + (ack.duplicate ? 1 : 0), 0);
    this.#appends++;
    this.#duplicates += duplicates;
    this.#eventsAppended += acks.length - duplicates;
    this.#appendLatency.add(latency_ms);
  }

  appendFailed(): void {
    this.#failed++;
  }

  queried(events: number, latency_ms: number): void {
    this.#queries++;
    this.#eventsRead += events;
    this.#queryLatency.add(latency_ms);
  }

  get idle(): boolean {
    return this.#appends + this.#queries + this.#failed === 0;
  }

  counters(): Counters {
    return {
      events_appended: this.#eventsAppended,
      appends: this.#appends,
      duplicates: this.#duplicates,
      appends_failed: this.#failed,
      queries: this.#queries,
      events_read: this.#eventsRead,
      append_latency: this.#appendLatency.buckets(),
      query_latency: this.#queryLatency.buckets(),
      since: this.#since,
      until: new Date(this.#clock()).toISOString(),
    };
  }
}

function latencyOf(buckets: Buckets): LatencyFigures {
  const histogram = new Histogram();
  histogram.merge(buckets);
  const at = (share: number): number | null => histogram.percentile(share) ?? null;
  return { count: histogram.count, p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99) };
}

/** The figures that people see. */
export function metricsOf(
  counters: readonly Counters[],
  open_seconds: number,
  storage: StorageFigures,
): StoreMetrics {
  const sum = addUp(counters) as Counters;
  return {
    since: sum.since,
    events_appended: sum.events_appended,
    appends: sum.appends,
    duplicates: sum.duplicates,
    appends_failed: sum.appends_failed,
    events_per_second: open_seconds > 0 ? Number((sum.events_appended / open_seconds).toPrecision(3)) : null,
    append_latency: latencyOf(sum.append_latency),
    query_latency: latencyOf(sum.query_latency),
    queries: sum.queries,
    events_read: sum.events_read,
    storage,
  };
}

/** Seconds in which the processes behind these counters had the store open, overlaps counted once each. */
export function openSeconds(counters: readonly Counters[]): number {
  return counters.reduce((sum, one) => sum + (Date.parse(one.until) - Date.parse(one.since)) / 1000, 0);
}
