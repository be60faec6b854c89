import type { StoredEvent } from "../event/envelope.ts";
import { isEventOf, isStoreEventType } from "../event/registry.ts";
import { summarise } from "../projection/event-summary.ts";
import { issueBrief, type IssueBrief } from "../projection/summary/issue-brief.ts";
import type { QueryFilter } from "../query/filter.ts";
import { firstOf, type Past, type PastOptions } from "./past.ts";

/** Types that tell of a failure, always or when their figures do. */
const FAILURES = [
  "OrchestrationFailed",
  "PhaseFailed",
  "AgentFailed",
  "ErrorOccurred",
  "RecoveryFailed",
  "QualityCheckCompleted",
  "QualityCheckFailed",
  "TestRunCompleted",
  "TestRunFailed",
];
const SUMMARIES = ["PhaseSummaryCreated", "OrchestrationSummaryCreated"];
const SUMMARIES_MAX = 12;
/** Events looked through for the latest ones that tell something. */
const LATEST_MAX = 12;
/** Test runs and checks that went well, behind which an older failure is no news. */
const FAILURES_LOOKED_THROUGH_MAX = 100;

/**
 * What somebody who takes over an issue needs to know: where it stands, what is open, what failed last, what
 * happened. Of the present run, else of the whole issue; an unknown issue has not started.
 */
export async function contextOf(
  past: Past,
  issueKey: string,
  options: PastOptions = {},
): Promise<IssueBrief> {
  const state = await past.history.stateAt(issueKey, { kind: "latest" }, options);
  const { correlation_id } = state;
  const ofRun = correlation_id === null ? {} : { correlationId: correlation_id };
  const newest = (filter: QueryFilter): AsyncIterable<StoredEvent> =>
    past.queryEvents({ issueKey, ...ofRun, ...filter, order: "desc" }, options);
  const started = await firstOf(newest({ eventTypes: "OrchestrationStarted", limit: 1 }));
  return issueBrief({
    state,
    title:
      started !== undefined && isEventOf(started, "OrchestrationStarted")
        ? started.metadata.issue_summary
        : undefined,
    summaries: await gathered(newest({ eventTypes: SUMMARIES, limit: SUMMARIES_MAX })),
    latest: (await gathered(newest({ limit: LATEST_MAX }))).filter(isOfTheWork),
    failure: await lastFailure(newest({ eventTypes: FAILURES, limit: FAILURES_LOOKED_THROUGH_MAX })),
  });
}

async function lastFailure(newest: AsyncIterable<StoredEvent>): Promise<StoredEvent | undefined> {
  for await (const event of newest) if (summarise(event).tone === "failure") return event;
  return undefined;
}

function isOfTheWork({ event_type }: StoredEvent): boolean {
  return !SUMMARIES.includes(event_type) && !isStoreEventType(event_type);
}

async function gathered(events: AsyncIterable<StoredEvent>): Promise<StoredEvent[]> {
  const found: StoredEvent[] = [];
  for await (const event of events) found.push(event);
  return found;
}
