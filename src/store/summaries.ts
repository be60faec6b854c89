import { randomUUID } from "node:crypto";

import type { PreparedEvent } from "../event/prepared.ts";
import { EVENT_TYPES } from "../event/registry.ts";
import type { Companions, DueSummary, RangeLine, SummaryPace } from "../log/companions.ts";
import { rangeRoot } from "../log/range-root.ts";
import { rangeSummary } from "../projection/summary/range-summary.ts";

/** Who writes summaries that nobody else wrote. */
const ACTOR = ',"actor":{"type":"system","id":"eso"}';

/** Summaries of phases and runs, written by the log right behind the events that make them due. */
export function summaryCompanions(pace: SummaryPace): Companions {
  return { pace, summary };
}

function summary(due: DueSummary, lines: readonly RangeLine[]): PreparedEvent {
  const { phase, from_sequence, to_sequence } = due;
  const definition =
    phase === null ? EVENT_TYPES.OrchestrationSummaryCreated : EVENT_TYPES.PhaseSummaryCreated;
  const metadata = {
    ...(phase === null ? {} : { phase }),
    from_sequence,
    to_sequence,
    ...rangeSummary(lines),
    range_root: rangeRoot(lines.map(({ leaf_hash }) => leaf_hash)),
  };
  return {
    event_id: randomUUID(),
    event_type: definition.type,
    event_version: definition.version,
    timestamp: due.timestamp,
    stream: due.stream,
    issue_key: due.issue_key,
    session_id: due.session_id,
    default_session_id: due.session_id,
    correlation_id: due.correlation_id,
    phase: phase ?? undefined,
    idempotency_key: undefined,
    given: 0,
    actor_json: `,"causation_id":"${due.causation_id}"${ACTOR}`,
    body_json: `,"metadata":${JSON.stringify(metadata)}`,
    effect: { kind: "summarised", phase },
  };
}
