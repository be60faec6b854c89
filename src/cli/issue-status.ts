import type { AnyEvent } from "../event/registry.ts";
import type { EventStore } from "../store/event-store.ts";

/** Where the work on an issue stands. */
export const STATUSES = ["not_started", "in_progress", "paused", "completed", "failed"] as const;
export type Status = (typeof STATUSES)[number];

const STATUS_AFTER = {
  OrchestrationStarted: "in_progress",
  OrchestrationResumed: "in_progress",
  OrchestrationPaused: "paused",
  OrchestrationCompleted: "completed",
  OrchestrationFailed: "failed",
} as const satisfies Readonly<Record<string, Status>>;

/** Status and title of an issue, from its newest orchestration events alone. */
export interface IssueStatus {
  readonly status: Status;
  /** `issue_summary` of the newest run. */
  readonly summary: string | undefined;
}

/** Looks up the newest orchestration event of an issue, and its newest run's title. */
export async function issueStatus(store: EventStore, issueKey: string): Promise<IssueStatus> {
  const newest = await newestOf(store, { issueKey, eventTypes: Object.keys(STATUS_AFTER) });
  if (newest === undefined) return { status: "not_started", summary: undefined };
  const started =
    newest.event_type === "OrchestrationStarted"
      ? newest
      : await newestOf(store, { issueKey, eventTypes: ["OrchestrationStarted"] });
  const summary = started?.event_type === "OrchestrationStarted" ? started.metadata.issue_summary : undefined;
  return {
    status: isOrchestration(newest.event_type) ? STATUS_AFTER[newest.event_type] : "not_started",
    summary,
  };
}

async function newestOf(
  store: EventStore,
  filter: { readonly issueKey: string; readonly eventTypes: readonly string[] },
): Promise<AnyEvent | undefined> {
  const { events } = await store.queryPage({ ...filter, order: "desc", limit: 1 });
  return events[0] as AnyEvent | undefined;
}

function isOrchestration(type: string): type is keyof typeof STATUS_AFTER {
  return Object.hasOwn(STATUS_AFTER, type);
}
