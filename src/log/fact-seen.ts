import { hash, randomUUID } from "node:crypto";

import type { JsonObject, StoredEvent } from "../event/envelope.ts";
import type { PreparedEvent } from "../event/prepared.ts";
import { renderedFields } from "./duplicate.ts";
import { prunedInput } from "./pruned-fact.ts";

/**
 * The StoreFactSeen event that keeps what a later sighting of a known fact adds to the first record, or
 * undefined when it adds nothing. Its own natural key makes repeated sightings of the same addition one event.
 */
export function factSeen(newcomer: PreparedEvent, stored: StoredEvent): PreparedEvent | undefined {
  // What was deleted on purpose must not come back by the way.
  if (prunedInput(stored) !== undefined) return undefined;
  const fields = renderedFields(newcomer);
  const offered = (fields.metadata ?? {}) as JsonObject;
  const adds = Object.fromEntries(Object.entries(offered).filter(([key]) => !(key in stored.metadata)));
  if (Object.keys(adds).length === 0) return undefined;
  const added = JSON.stringify(adds);
  const key = `seen:${stored.event_id}:${hash("sha256", added).slice(0, 32)}`;
  const source = fields.source === undefined ? "" : `,"source":${JSON.stringify(fields.source)}`;
  return {
    event_id: randomUUID(),
    event_type: "StoreFactSeen",
    event_version: "1.0.0",
    timestamp: newcomer.timestamp,
    stream: stored.issue_key ?? "global",
    issue_key: stored.issue_key,
    session_id: newcomer.session_id,
    default_session_id: newcomer.default_session_id,
    correlation_id: stored.correlation_id,
    phase: stored.phase,
    idempotency_key: key,
    given: 0,
    actor_json: `,"causation_id":"${stored.event_id}","actor":${JSON.stringify(fields.actor)}`,
    body_json: `,"metadata":{"fact":"${stored.event_id}","fact_type":"${stored.event_type}","adds":${added}},"idempotency_key":"${key}"${source}`,
    effect: { kind: "aside" },
  };
}
