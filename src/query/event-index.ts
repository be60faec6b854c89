import type { EventLogReader } from "../log/event-log.ts";
import type { CompiledFilter, QueryOrder } from "./filter.ts";
import type { QueryBudget } from "./query-budget.ts";

/** Positions behind `low`, up to and with `high`. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface RefreshOptions {
  readonly signal?: AbortSignal | undefined;
  /** Stop after about this long, keeping what is done; default no limit. */
  readonly timeBudget_ms?: number | undefined;
  /** Also index the words of events, which costs several times the rest; default false. */
  readonly text?: boolean | undefined;
}

export interface SelectRequest {
  readonly interval: Interval;
  readonly order: QueryOrder;
  readonly limit: number;
  readonly budget: QueryBudget;
}

export interface Selection {
  /** In the order asked for. Holds every match of the part of the interval that was answered, maybe others. */
  readonly positions: readonly number[];
  /** The part of the interval that was not answered. */
  readonly rest: Interval;
  /** Whether the index can answer more of the rest. */
  readonly more: boolean;
}

export interface IndexStats {
  /** Events that are indexed, and those whose words are. */
  readonly events: number;
  readonly text_events: number;
  readonly segments: number;
  readonly bytes: number;
  /** Why the index cannot be used or kept up at present. */
  readonly problem: string | undefined;
}

/**
 * Finds positions sooner than reading the log does. It is derived and droppable: it pulls from the log when
 * asked to, may lag behind, may forget everything at any time, and then says so through `covered` and
 * `Selection.rest`. Trouble with its storage is never an error of a query.
 */
export interface EventIndex {
  /**
   * Pulls what the log has beyond the index. Several processes may do so at once. Resolves to the position
   * covered, which stays behind the log's when the storage refuses or the time budget is used up.
   * @throws IntegrityError when the log's own lines are damaged; what stands before them is indexed.
   */
  refresh(log: EventLogReader, options?: RefreshOptions): Promise<number>;

  /**
   * Every position up to this one can be selected by this filter. At first use it is made sure that the
   * index is of this very log.
   */
  covered(filter: CompiledFilter, log: EventLogReader): Promise<number>;

  /** A superset of the matches: the caller confirms each with `matches`. */
  select(filter: CompiledFilter, request: SelectRequest): Promise<Selection>;

  stats(): Promise<IndexStats>;
  /** Forgets everything; the next refresh builds anew. */
  reset(): Promise<void>;
  /** Problems found when all of it is read, and compared with the log where one is given. */
  check(log?: EventLogReader): Promise<readonly string[]>;
  close(): Promise<void>;
}
