import type { EqualityField } from "./fields.ts";
import type { TimeRange } from "./time.ts";

/** The order of record, which is the order of `position`; `desc` begins with the newest event. */
export type QueryOrder = "asc" | "desc";

/** One value, or several of which any will do. */
type OneOrMore = string | readonly string[];

/**
 * What to look for. Conditions are joined by "and"; the values of one condition by "or". A filter judges
 * events as they are stored, before older versions are brought to the newest shape.
 *
 * @example
 * ```ts
 * const filter: QueryFilter = { issueKey: "PROJ-123", eventTypes: ["AgentFailed"], fromTimestamp: "2026-11-01", order: "desc" };
 * ```
 */
export interface QueryFilter {
  /** `global` stands for the events of no issue. */
  readonly issueKey?: OneOrMore | undefined;
  /** Event types. The store's own `Store*` events are found like all others. */
  readonly eventTypes?: OneOrMore | undefined;
  /**
   * When it happened: inclusive. A Date, an ISO 8601 time with its zone, or a plain date such as
   * `2026-11-24` for that whole UTC day.
   */
  readonly fromTimestamp?: string | Date | undefined;
  /** Exclusive; a plain date includes that day. */
  readonly toTimestamp?: string | Date | undefined;
  /** When the store accepted it (`recorded_at`): inclusive. */
  readonly fromRecorded?: string | Date | undefined;
  /** Exclusive; a plain date includes that day. */
  readonly toRecorded?: string | Date | undefined;
  /** `metadata.agent_name`; what an agent did itself is found by `actorId`. */
  readonly agentName?: OneOrMore | undefined;
  /** The event's `phase`. */
  readonly phase?: OneOrMore | undefined;
  readonly actorId?: OneOrMore | undefined;
  readonly sessionId?: OneOrMore | undefined;
  /** The run. */
  readonly correlationId?: OneOrMore | undefined;
  readonly causationId?: OneOrMore | undefined;
  /** The event's `branch`. */
  readonly branch?: OneOrMore | undefined;
  /**
   * 7 to 40 hex digits, compared with `metadata.commit_sha`, `metadata.merged_commit_sha` and `git_sha`. Of a
   * cut and a longer SHA the common beginning decides.
   */
  readonly commitSha?: string | undefined;
  /**
   * Words, all of which must begin some word of the event: in any string of `metadata`, its type, issue,
   * actor, branch or phase. Case and diacritics do not count; words are runs of letters and digits.
   */
  readonly text?: string | undefined;
  /** Default `asc`, or the order of the `after` cursor. */
  readonly order?: QueryOrder | undefined;
  /** Events to give at most; a page never holds more than `query.max_page_size`. */
  readonly limit?: number | undefined;
  /** The cursor of an earlier page, to go on behind it. */
  readonly after?: string | undefined;
  /** Also give events that were voided by `eso void`; default false. */
  readonly includeVoided?: boolean | undefined;
}

/** An equality condition: the field has one of the values. */
export interface EqualityClause {
  readonly field: EqualityField;
  readonly values: readonly string[];
}

/** A checked filter. Made by `parseFilter` only. */
export interface CompiledFilter {
  readonly equals: readonly EqualityClause[];
  /** In lower case. */
  readonly commit: string | undefined;
  readonly timestamp: TimeRange | undefined;
  readonly recorded: TimeRange | undefined;
  /** Folded words of the text. */
  readonly words: readonly string[];
  readonly order: QueryOrder | undefined;
  readonly limit: number | undefined;
  readonly after: string | undefined;
  readonly includeVoided: boolean;
}

/** Whether a filter takes every event that is not voided. */
export function isUnconditional(filter: CompiledFilter): boolean {
  const { equals, commit, timestamp, recorded, words } = filter;
  return (
    equals.length === 0 &&
    commit === undefined &&
    timestamp === undefined &&
    recorded === undefined &&
    words.length === 0
  );
}
