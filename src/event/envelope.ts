/** Who did it. `model` is an open string, since model names change monthly. */
export interface Actor {
  readonly type: "user" | "system" | "agent";
  readonly id: string;
  readonly model?: string;
}

/** Where an ingested event came from. */
export interface EventSource {
  readonly provider: string;
  readonly delivery_id?: string;
  readonly url?: string;
}

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * The envelope's fields in the order in which they stand on every stored line.
 * Readers ignore fields that are not listed here; writers reject them.
 */
export const ENVELOPE_FIELDS = [
  "event_id",
  "event_type",
  "event_version",
  "timestamp",
  "event_sequence",
  "issue_key",
  "session_id",
  "correlation_id",
  "causation_id",
  "actor",
  "recorded_by",
  "phase",
  "metadata",
  "git_sha",
  "branch",
  "codebase_state",
  "traceparent",
  "idempotency_key",
  "source",
  "recorded_at",
  "position",
  "prev_hash",
] as const;

/** The fields that only the store may set. */
export const STORE_FIELDS = [
  "event_version",
  "event_sequence",
  "recorded_by",
  "recorded_at",
  "position",
  "prev_hash",
] as const;

/** An event as it is stored and read: one JSON object a line, snake_case, absent optional fields left out. */
export interface StoredEvent<T extends string = string, M = JsonObject> {
  readonly event_id: string;
  readonly event_type: T;
  readonly event_version: string;
  readonly timestamp: string;
  readonly event_sequence: number;
  readonly issue_key?: string;
  readonly session_id: string;
  readonly correlation_id?: string;
  readonly causation_id?: string;
  readonly actor: Actor;
  readonly recorded_by?: string;
  readonly phase?: string;
  readonly metadata: M;
  readonly git_sha?: string;
  readonly branch?: string;
  readonly codebase_state?: JsonObject | string;
  readonly traceparent?: string;
  readonly idempotency_key?: string;
  readonly source?: EventSource;
  readonly recorded_at: string;
  readonly position: number;
  readonly prev_hash: string;
}

/** What a caller gives to log an event: everything but the fields that the store sets. */
export interface EventInput<T extends string = string, M = unknown> {
  readonly event_id?: string;
  readonly event_type: T;
  readonly timestamp?: string;
  readonly issue_key?: string;
  readonly session_id?: string;
  readonly correlation_id?: string;
  readonly causation_id?: string;
  readonly actor: Actor;
  readonly phase?: string;
  readonly metadata: M;
  readonly git_sha?: string;
  readonly branch?: string;
  readonly codebase_state?: JsonObject | string;
  readonly traceparent?: string;
  readonly idempotency_key?: string;
  readonly source?: EventSource;
}

/** A line holds at most this many bytes, its LF not counted. */
export const MAX_LINE_BYTES = 65_535;
/** JSON nests at most this deep; the event itself is level 1. */
export const MAX_DEPTH = 64;
/** The stream of events that belong to no issue. */
export const GLOBAL_STREAM = "global";
/** Default rule for issue keys; replaced by `issue_key.pattern` in the configuration. */
export const DEFAULT_ISSUE_KEY_PATTERN = "^[A-Z][A-Z0-9_]{1,31}-[1-9][0-9]{0,9}$";
