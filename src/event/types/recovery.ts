import { defineEventType } from "../definition.ts";

const ErrorOccurred = defineEventType({
  type: "ErrorOccurred",
  version: "1.0.0",
  description: "Something went wrong.",
  required: (f) => ({
    error_type: f.name("The kind of error."),
    error_message: f.text("The error as it was reported."),
  }),
  optional: (f) => ({
    error_fingerprint: f.name("The same for errors with the same cause."),
    error_code: f.name("The error's code."),
    error_context: f.object("Where and when it happened."),
    recoverable: f.yesNo("Whether the work can go on."),
    recovery_strategy: f.text("How it is to go on."),
  }),
});

const RecoveryAttempted = defineEventType({
  type: "RecoveryAttempted",
  version: "1.0.0",
  description: "A recovery is being tried.",
  required: (f) => ({ recovery_from: f.name("The error or failure.") }),
  optional: (f) => ({
    recovery_strategy: f.text("What is being tried."),
    attempt_number: f.count("Which try this is."),
    max_attempts: f.count("How many tries there may be."),
    backoff_seconds: f.number("How long it was waited before."),
  }),
});

const RecoverySucceeded = defineEventType({
  type: "RecoverySucceeded",
  version: "1.0.0",
  description: "A recovery worked.",
  required: (f) => ({ recovery_from: f.name("The error or failure.") }),
  optional: (f) => ({
    recovery_attempt: f.count("Which try worked."),
    recovery_duration_seconds: f.number("How long it took."),
    state_restored: f.yesNo("Whether the state is as it was before."),
    can_continue: f.yesNo("Whether the work goes on."),
  }),
});

const RecoveryFailed = defineEventType({
  type: "RecoveryFailed",
  version: "1.0.0",
  description: "A recovery did not work.",
  required: (f) => ({ recovery_from: f.name("The error or failure.") }),
  optional: (f) => ({
    all_attempts_exhausted: f.yesNo("Whether no try is left."),
    final_error: f.text("The last error."),
    escalation_required: f.yesNo("Whether a person must decide."),
    rollback_initiated: f.yesNo("Whether changes are being rolled back."),
  }),
});

export const recoveryTypes = { ErrorOccurred, RecoveryAttempted, RecoverySucceeded, RecoveryFailed } as const;
