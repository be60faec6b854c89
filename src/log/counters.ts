import { type Buckets, Histogram } from "./histogram.ts";

/** Counters of one process or of many, added up. */
export interface Counters {
  readonly events_appended: number;
  readonly appends: number;
  readonly duplicates: number;
  readonly appends_failed: number;
  readonly queries: number;
  readonly events_read: number;
  readonly append_latency: Buckets;
  readonly query_latency: Buckets;
  /** When the first and the last of these were counted. */
  readonly since: string;
  readonly until: string;
}

/** Where counters outlive the process. */
export interface CounterShelf {
  /** Adds one process's counters; must be cheap and never fail the caller's work. */
  add(counters: Counters): void;
  /** Everything that was added. */
  load(): readonly Counters[];
}

const COUNTED = [
  "events_appended",
  "appends",
  "duplicates",
  "appends_failed",
  "queries",
  "events_read",
] as const;

/** Several processes' counters as one. */
export function addUp(all: readonly Counters[]): Counters | undefined {
  const [first] = all;
  if (first === undefined) return undefined;
  const append = new Histogram();
  const query = new Histogram();
  const sums = Object.fromEntries(
    COUNTED.map((name) => [name, all.reduce((sum, one) => sum + one[name], 0)]),
  );
  for (const one of all) {
    append.merge(one.append_latency);
    query.merge(one.query_latency);
  }
  return {
    ...(sums as Pick<Counters, (typeof COUNTED)[number]>),
    append_latency: append.buckets(),
    query_latency: query.buckets(),
    since: all.map((one) => one.since).reduce((a, b) => (a < b ? a : b)),
    until: all.map((one) => one.until).reduce((a, b) => (a > b ? a : b)),
  };
}
