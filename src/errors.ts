/** Stable machine-readable error codes. Each has a page entry in `docs/reference/errors.md`. */
export const ERROR_CODES = {
  ESO_INVALID_EVENT: "An event does not have the shape that its type asks for.",
  ESO_UNKNOWN_EVENT_TYPE: "The event type is neither in the catalogue nor registered.",
  ESO_INVALID_QUERY: "A filter, moment or option cannot be understood.",
  ESO_CONFLICT: "The stream is not where the caller expected it, or an id is taken by another fact.",
  ESO_NOT_FOUND: "What was asked for is not in the store.",
  ESO_LOG_DAMAGED: "Stored bytes are not what was written.",
  ESO_PRUNED: "The events were deleted by an explicit policy, and the deletion is on record.",
  ESO_CURSOR_INVALID: "The cursor belongs to another store, or to one that was rolled back.",
  ESO_OUTCOME_UNKNOWN: "The write may or may not be on disk; retry with the same event_id.",
  ESO_STORE_LOCKED: "Another process held the store's lock for too long.",
  ESO_STORE_CLOSED: "The store was closed before the call.",
  ESO_STORAGE_FULL: "The disk cannot take the write; nothing was written.",
  ESO_STORAGE_READ_ONLY: "The store's folder cannot be written; nothing was written.",
  ESO_INVALID_CONFIG: "A configuration key or value cannot be used.",
  ESO_FORMAT_TOO_NEW: "The store was written by a newer version.",
  ESO_NETWORK_FILE_SYSTEM: "The store lies on a network file system, where its lock cannot be trusted.",
  ESO_UNSAFE_PATH: "A symlink or special file stands where a store file belongs.",
  ESO_REPLAY_REFUSED: "A replay would do something that must not be repeated.",
  ESO_TIMEOUT: "A query took longer than its time limit.",
  ESO_INVALID_EVIDENCE: "A seal, proof, key or policy does not have the form that it must have.",
  ESO_ROLLED_BACK: "The store is behind a seal of its own, or differs from it; nothing was written.",
} as const;

export type EsoErrorCode = keyof typeof ERROR_CODES;

/** What an error says besides its message: the remedy, typed details, the cause. */
export interface EsoErrorOptions<D> {
  readonly hint?: string;
  readonly details?: D;
  readonly cause?: unknown;
}

/**
 * The base of every error that this package throws on purpose. The message says what happened and why,
 * `hint` what to do; programmer mistakes are plain assertions and not of this class.
 */
export class EsoError<D = unknown> extends Error {
  readonly code: EsoErrorCode;
  readonly hint: string | undefined;
  readonly details: D | undefined;

  constructor(code: EsoErrorCode, message: string, options: EsoErrorOptions<D> = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }
}

/** One reason for a rejection; `path` is a JSON path such as `$.metadata.pr_number`. */
export interface ValidationIssue {
  readonly path: string;
  readonly message: string;
}

/** The input cannot be an event, a filter or an option. Nothing was written. */
export class ValidationError extends EsoError<{ issues: readonly ValidationIssue[] }> {
  get issues(): readonly ValidationIssue[] {
    return this.details?.issues ?? [];
  }
}

/** The expected sequence, or the fact behind an id, is not what the store holds. Nothing was written. */
export class ConflictError extends EsoError<{
  stream: string;
  expected: number | string;
  actual: number | string;
}> {}

/** An event, stream or file that was asked for by name is not there. */
export class NotFoundError extends EsoError<{ what: string; suggestions?: readonly string[] }> {}

/** Stored bytes are damaged; `line` counts from 1, `offset` is in bytes. */
export class IntegrityError extends EsoError<{ file: string; line?: number; offset?: number }> {}

/** The events are gone on purpose: a policy deleted them, and their stream says so. */
export class PrunedError extends IntegrityError {}

/** Text that should be a seal, a proof, a key or a policy is none; `line` counts from 1. */
export class EvidenceError extends EsoError<{ what: string; line?: number }> {}

/** The store does not continue what it has sealed: events are missing, or others stand in their place. */
export class RolledBackError extends EsoError<{ origin: string; sealed: number; held: number }> {}

/** A cursor cannot be continued in this store. */
export class CursorInvalidError extends EsoError {}

/** The write may have happened. Retrying with the same `event_id` is always safe. */
export class OutcomeUnknownError extends EsoError<{ event_ids: readonly string[] }> {}

/** The lock was not free within the time limit. Nothing was written. */
export class StoreLockedError extends EsoError<{ waited_ms: number }> {}

/** The configuration, the store's format or its place on disk cannot be used. */
export class ConfigError extends EsoError<{ path?: string; suggestions?: readonly string[] }> {}

/** A replay was refused before it did anything. */
export class ReplayRefusedError extends EsoError {}

/** The disk refused the write before anything was acknowledged; nothing will appear. */
export class StorageError extends EsoError<{ path: string }> {}
