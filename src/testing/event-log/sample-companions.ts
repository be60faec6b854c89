import { randomUUID } from "node:crypto";

import type { PreparedEvent } from "../../event/prepared.ts";
import type { Companions, DueSummary, RangeLine } from "../../log/companions.ts";

/** Small enough for a few events to make summaries due, and with no common divisor. */
export const SAMPLE_PACE = { phase: 4, run: 9 } as const;

/** Summaries that say which lines they were made from, so that a test can tell whether those were the right ones. */
export const SAMPLE_COMPANIONS: Companions = { pace: SAMPLE_PACE, summary };

function summary(due: DueSummary, lines: readonly RangeLine[]): PreparedEvent {
  const { phase, from_sequence, to_sequence, session_id } = due;
  const metadata = {
    ...(phase === null ? {} : { phase }),
    from_sequence,
    to_sequence,
    // Each line's type and hash as the log knows them, and the id that it reads from the line itself.
    highlights: lines.map((line) => `${line.event_type} ${line.leaf_hash} ${line.read().event_id}`),
  };
  return {
    event_id: randomUUID(),
    event_type: phase === null ? "OrchestrationSummaryCreated" : "PhaseSummaryCreated",
    event_version: "1.0.0",
    timestamp: due.timestamp,
    stream: due.stream,
    issue_key: due.issue_key,
    session_id,
    default_session_id: session_id,
    correlation_id: due.correlation_id,
    phase: phase ?? undefined,
    idempotency_key: undefined,
    given: 0,
    actor_json: `,"causation_id":"${due.causation_id}","actor":{"type":"system","id":"suite"}`,
    body_json: `,"metadata":${JSON.stringify(metadata)}`,
    effect: { kind: "summarised", phase },
  };
}
