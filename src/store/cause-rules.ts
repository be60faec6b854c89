import type { StoredEvent } from "../event/envelope.ts";

/** Which earlier event an event of a type goes back to when nobody said so. */
export interface CauseRule {
  /** In words, behind "inferred: ". */
  readonly says: string;
  /** Types of the earlier event. */
  readonly earlier: readonly string[];
  /** Whether an earlier event is the one. */
  readonly fits: (event: StoredEvent, earlier: StoredEvent) => boolean;
}

const FAILURES = ["ErrorOccurred", "AgentFailed", "PhaseFailed", "TestRunFailed", "QualityCheckFailed"];
const RUNS = ["OrchestrationStarted"];

const AGENT: CauseRule = {
  says: "the start of the same agent run",
  earlier: ["AgentSpawned"],
  fits: (event, earlier) => sameRun(event, earlier, ["agent_run_id", "agent_name"]),
};
const PHASE: CauseRule = {
  says: "the start of the phase",
  earlier: ["PhaseStarted"],
  fits: (event, earlier) => same(event, earlier, "phase"),
};
const TESTS: CauseRule = {
  says: "the start of the same test run",
  earlier: ["TestRunStarted"],
  fits: (event, earlier) => sameRun(event, earlier, ["test_run_id", "test_suite"]),
};
const CHECK: CauseRule = {
  says: "the start of the same check",
  earlier: ["QualityCheckStarted"],
  fits: (event, earlier) => sameRun(event, earlier, ["check_id", "check_type"]),
};
const GAP: CauseRule = {
  says: "the finding of the gap",
  earlier: ["GapIdentified"],
  fits: (event, earlier) => same(event, earlier, "gap_id"),
};
const PULL_REQUEST: CauseRule = {
  says: "the opening of the pull request",
  earlier: ["PRCreated"],
  fits: (event, earlier) => same(event, earlier, "pr_number") && same(event, earlier, "repo"),
};
const RECOVERY: CauseRule = {
  says: "the failure that it recovers from",
  earlier: FAILURES,
  fits: ({ metadata }, earlier) => namesFailure(metadata["recovery_from"], earlier),
};
const ATTEMPT: CauseRule = {
  says: "the attempt to recover",
  earlier: ["RecoveryAttempted"],
  fits: (event, earlier) => same(event, earlier, "recovery_from"),
};
const RUN: CauseRule = { says: "the start of the run", earlier: RUNS, fits: ofOneRun };
const PAUSE: CauseRule = { says: "the pause", earlier: ["OrchestrationPaused"], fits: ofOneRun };
const CHECKPOINT: CauseRule = {
  says: "the checkpoint",
  earlier: ["CheckpointCreated"],
  fits: (event, earlier) => same(event, earlier, "checkpoint_id"),
};

/** By type, the surest rule first. */
export const CAUSE_RULES: Readonly<Record<string, readonly CauseRule[]>> = {
  AgentCompleted: [AGENT],
  AgentFailed: [AGENT],
  AgentBlocked: [AGENT],
  PhaseCompleted: [PHASE],
  PhaseFailed: [PHASE],
  TestRunCompleted: [TESTS],
  TestRunFailed: [TESTS],
  QualityCheckCompleted: [CHECK],
  QualityCheckFailed: [CHECK],
  GapResolved: [GAP],
  GapEscalated: [GAP],
  PRMerged: [PULL_REQUEST],
  PRClosed: [PULL_REQUEST],
  RecoveryAttempted: [RECOVERY],
  RecoverySucceeded: [ATTEMPT, RECOVERY],
  RecoveryFailed: [ATTEMPT, RECOVERY],
  OrchestrationPaused: [RUN],
  OrchestrationResumed: [PAUSE, RUN],
  OrchestrationCompleted: [RUN],
  OrchestrationFailed: [RUN],
  CheckpointRestored: [CHECKPOINT],
};

/** The types whose events may go back to one of this type. */
export function typesBehind(type: string): readonly string[] {
  return Object.keys(CAUSE_RULES).filter((later) =>
    CAUSE_RULES[later]?.some(({ earlier }) => earlier.includes(type)),
  );
}

/** By the id when one of them has it, else by the name. */
function sameRun(event: StoredEvent, earlier: StoredEvent, [id, name]: readonly [string, string]): boolean {
  if (event.metadata[id] === undefined) return same(event, earlier, name);
  // Without an id of its own, a run is known by its first event.
  return event.metadata[id] === (earlier.metadata[id] ?? earlier.event_id);
}

function same(event: StoredEvent, earlier: StoredEvent, field: string): boolean {
  return event.metadata[field] === earlier.metadata[field];
}

function ofOneRun(event: StoredEvent, earlier: StoredEvent): boolean {
  return event.correlation_id === earlier.correlation_id;
}

function namesFailure(name: unknown, { event_id, metadata }: StoredEvent): boolean {
  const names = [event_id, metadata["error_type"], metadata["error_fingerprint"], metadata["agent_name"]];
  names.push(metadata["phase"], metadata["test_suite"], metadata["check_type"], metadata["error_code"]);
  return name !== undefined && names.includes(name as string);
}
