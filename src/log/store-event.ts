import { randomUUID } from "node:crypto";

import { type Actor, GLOBAL_STREAM, type JsonObject } from "../event/envelope.ts";
import type { PreparedEvent } from "../event/prepared.ts";

/** What the store says of itself: one housekeeping event. */
export interface StoreEventText {
  readonly type: `Store${string}`;
  readonly stream: string;
  readonly session_id: string;
  readonly metadata: JsonObject;
  /** Who asked for it; default the store itself. */
  readonly actor?: Actor | undefined;
}

const STORE_ITSELF: Actor = { type: "system", id: "eso" };

/** A housekeeping event, ready for an engine; users cannot log these types. */
export function storeEvent(text: StoreEventText): PreparedEvent {
  return {
    event_id: randomUUID(),
    event_type: text.type,
    event_version: "1.0.0",
    timestamp: undefined,
    stream: text.stream,
    issue_key: text.stream === GLOBAL_STREAM ? undefined : text.stream,
    session_id: undefined,
    default_session_id: text.session_id,
    correlation_id: undefined,
    phase: undefined,
    idempotency_key: undefined,
    given: 0,
    actor_json: `,"actor":${JSON.stringify(text.actor ?? STORE_ITSELF)}`,
    body_json: `,"metadata":${JSON.stringify(text.metadata)}`,
    effect: { kind: "aside" },
  };
}
