import { NotFoundError } from "../errors.ts";
import type { StoredEvent } from "../event/envelope.ts";
import { firstOf, type Past, type PastOptions } from "./past.ts";

/** Places that are asked for so often that they have names. */
export const MARKS = ["start", "end", "error"] as const;
export type Mark = (typeof MARKS)[number];

/** Events that say that something went wrong. */
export const FAILURE_TYPES = [
  "ErrorOccurred",
  "AgentFailed",
  "PhaseFailed",
  "TestRunFailed",
  "OrchestrationFailed",
  "QualityCheckFailed",
] as const;

/**
 * Where a mark stands in a stream: the first event of its current run, the last one, or the run's first failure.
 * A stream without runs counts as one.
 * @throws NotFoundError when there is no such event.
 */
export async function markOf(
  past: Past,
  stream: string,
  { mark, ...options }: PastOptions & { readonly mark: Mark },
): Promise<{ readonly sequence: number }> {
  const head = (await past.log.stream(stream))?.head_sequence ?? 0;
  const start = await newest(past, { issueKey: stream, eventTypes: "OrchestrationStarted" }, options);
  if (mark === "start" && head > 0) return { sequence: start?.event_sequence ?? 1 };
  if (mark === "end" && head > 0) return { sequence: await lastOf(past, start, { head, options }) };
  const failure = await firstFailure(past, stream, { from: start?.event_sequence ?? 1, options });
  if (failure !== undefined) return { sequence: failure.event_sequence };
  throw new NotFoundError("ESO_NOT_FOUND", `@${mark}: ${nothing(stream, head, start)}`, {
    hint: head === 0 ? "eso ls lists the issues in the store." : "eso query --type finds older failures.",
    details: { what: `@${mark}` },
  });
}

function nothing(stream: string, head: number, start: StoredEvent | undefined): string {
  if (head === 0) return `there are no events of ${stream}`;
  return `nothing failed in ${start === undefined ? stream : `the current run of ${stream}`}`;
}

async function lastOf(
  past: Past,
  start: StoredEvent | undefined,
  { head, options }: { readonly head: number; readonly options: PastOptions },
): Promise<number> {
  const { correlation_id: correlationId, issue_key: issueKey } = start ?? {};
  if (correlationId === undefined) return head;
  const last = await newest(past, { issueKey, correlationId }, options);
  return last?.event_sequence ?? head;
}

async function firstFailure(
  past: Past,
  stream: string,
  { from, options }: { readonly from: number; readonly options: PastOptions },
): Promise<StoredEvent | undefined> {
  let first: StoredEvent | undefined;
  const failures = { issueKey: stream, eventTypes: FAILURE_TYPES, order: "desc" } as const;
  for await (const event of past.queryEvents(failures, options)) {
    if (event.event_sequence < from) break;
    first = event;
  }
  return first;
}

function newest(
  past: Past,
  filter: Parameters<Past["queryEvents"]>[0],
  options: PastOptions,
): Promise<StoredEvent | undefined> {
  return firstOf(past.queryEvents({ ...filter, order: "desc", limit: 1 }, options));
}
