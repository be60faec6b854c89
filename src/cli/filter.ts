import { EVENT_TYPE_NAMES, isEventType, isStoreEventType } from "../event/registry.ts";
import { suggest } from "../event/suggest.ts";
import type { QueryFilter } from "../query/filter.ts";
import type { Arguments } from "./arguments.ts";
import type { Output } from "./output.ts";
import { type MomentOptions, parseTime } from "./moment.ts";
import { didYouMean, UsageError } from "./usage-error.ts";

/** A filter without order and paging. */
export type Conditions = Omit<QueryFilter, "order" | "limit" | "after">;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const LISTS = [
  ["type", "eventTypes"],
  ["agent", "agentName"],
  ["phase", "phase"],
  ["actor", "actorId"],
  ["session", "sessionId"],
  ["correlation", "correlationId"],
  ["causation", "causationId"],
  ["branch", "branch"],
] as const;

const TIMES = [
  ["from", "fromTimestamp"],
  ["to", "toTimestamp"],
  ["recorded-from", "fromRecorded"],
  ["recorded-to", "toRecorded"],
] as const;

/** The filter behind the options of `FILTER_OPTIONS`. */
export function filterOf(given: Arguments, now: number): Conditions {
  const issues = given.list("issue");
  return { ...conditionsOf(given, now), ...(issues.length === 0 ? {} : { issueKey: issues }) };
}

/** The filter behind the options of `CONDITION_OPTIONS`. */
export function conditionsOf(given: Arguments, now: number): Conditions {
  const filter: Mutable<Conditions> = {};
  for (const [option, key] of LISTS) {
    const values = given.list(option);
    if (values.length > 0) filter[key] = values;
  }
  const options: MomentOptions = { now, utc: given.flag("utc") };
  for (const [option, key] of TIMES) {
    const text = given.text(option);
    if (text !== undefined) filter[key] = timeOption(option, text, options);
  }
  const text = given.text("text");
  if (text !== undefined) filter.text = text;
  const commitSha = given.text("commit");
  if (commitSha !== undefined) filter.commitSha = commitSha;
  if (given.flag("include-voided")) filter.includeVoided = true;
  return filter;
}

function timeOption(option: string, text: string, options: MomentOptions): string {
  try {
    return parseTime(text, options);
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`--${option}: ${error.message}`, error.hint);
    throw error;
  }
}

/** Says what may be misspelt in a filter that found nothing; a type may also be a custom one. */
export async function noteUnknownTypes(given: Arguments, err: Output): Promise<void> {
  for (const type of given.list("type")) {
    if (isEventType(type) || isStoreEventType(type)) continue;
    const near = didYouMean(suggest(type, EVENT_TYPE_NAMES));
    await err.line(`note: ${type} is not a built-in event type.${near === undefined ? "" : ` ${near}`}`);
  }
}
