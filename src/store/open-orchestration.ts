import type { EventStore } from "./event-store.ts";

/** A session that started more runs than this without ending any is not looked through further. */
const RUNS_MAX = 10;

/** The issue whose orchestration this session started last and nobody has ended since. */
export async function openOrchestration(store: EventStore, sessionId: string): Promise<string | undefined> {
  const started = await store.queryPage({
    eventTypes: "OrchestrationStarted",
    sessionId,
    order: "desc",
    limit: RUNS_MAX,
  });
  for (const { issue_key, correlation_id, event_id } of started.events) {
    if (issue_key === undefined) continue;
    const ended = await store.queryPage({
      issueKey: issue_key,
      eventTypes: ["OrchestrationCompleted", "OrchestrationFailed"],
      correlationId: correlation_id ?? event_id,
      limit: 1,
    });
    if (ended.events.length === 0) return issue_key;
  }
  return undefined;
}
