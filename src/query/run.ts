import type { StoredEvent } from "../event/envelope.ts";
import type { EventLogReader } from "../log/event-log.ts";
import type { EventIndex, Interval } from "./event-index.ts";
import type { CompiledFilter, QueryOrder } from "./filter.ts";

/** What a query reads from. */
export interface QuerySource {
  readonly log: EventLogReader;
  /** Without one, every query reads the log; the answers are the same. */
  readonly index?: EventIndex | undefined;
  /** Brings a stored line to the event that callers see. */
  readonly decode: (bytes: Uint8Array) => StoredEvent;
  /** Ids of the events that were voided; left out unless the filter asks for them. */
  readonly voided?: ReadonlySet<string> | undefined;
}

/** A query at work: `interval` shrinks from the front as results are given. */
export interface Run {
  readonly source: QuerySource;
  readonly filter: CompiledFilter;
  readonly order: QueryOrder;
  interval: Interval;
}

/** What is left of a run's interval behind a position. */
export function behind({ order, interval }: Run, position: number): Interval {
  return order === "asc" ? { low: position, high: interval.high } : { low: interval.low, high: position - 1 };
}
