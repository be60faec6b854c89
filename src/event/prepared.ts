/** What an event does to its stream's run; the engine folds these into the stream's head. */
export type RunEffect =
  | { readonly kind: "open"; readonly phase: string | null }
  | { readonly kind: "close" }
  /** The run goes on in another phase, or between phases; `ended` is the phase that is over with this event. */
  | { readonly kind: "phase"; readonly phase: string | null; readonly ended?: string }
  /** A phase failed; the run stays where it is until an event moves it. */
  | { readonly kind: "phase-failed"; readonly phase: string }
  /** What happened in a phase, or with null in the whole run, has been summed up. */
  | { readonly kind: "summarised"; readonly phase: string | null }
  /** The store speaks of itself: no part of the work, so it does not count. */
  | { readonly kind: "aside" };

/** Bits of `PreparedEvent.given`: fields that the store would have filled had the caller left them out. */
export const GIVEN = {
  event_id: 1,
  timestamp: 2,
  issue_key: 4,
  session_id: 8,
  correlation_id: 16,
  phase: 32,
} as const;

/**
 * A validated event on its way to an engine: everything that does not depend on its place in the log is
 * already rendered as JSON, so that placing it under the lock is string concatenation.
 */
export interface PreparedEvent {
  readonly event_id: string;
  readonly event_type: string;
  readonly event_version: string;
  /** ISO 8601 UTC with milliseconds; absent: the store's `recorded_at`. */
  readonly timestamp: string | undefined;
  /** The issue key, or `global`. */
  readonly stream: string;
  readonly issue_key: string | undefined;
  /** What the caller said; absent: the open run's session, then `default_session_id`. */
  readonly session_id: string | undefined;
  readonly default_session_id: string;
  /** What the caller said; absent: the open run, for a run's first event its own id, else left out. */
  readonly correlation_id: string | undefined;
  /** What the caller said here or in `metadata.phase`; absent: the run's current phase, else left out. */
  readonly phase: string | undefined;
  readonly idempotency_key: string | undefined;
  /** Union of `GIVEN` bits. */
  readonly given: number;
  /** Rendered `,"causation_id":…,"actor":…,"recorded_by":…`: what stands between correlation_id and phase. */
  readonly actor_json: string;
  /** Rendered `,"metadata":…,"git_sha":…,…,"source":…`: what stands between phase and recorded_at. */
  readonly body_json: string;
  readonly effect: RunEffect | undefined;
}
