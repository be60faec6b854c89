/** An agent of the simulated team: how often it succeeds, and how long it takes. */
export interface SimulatedAgent {
  readonly name: string;
  readonly model: string;
  readonly phase: string;
  readonly success: number;
  /** Median of a log-normal duration, and its spread (the standard deviation of the logarithm). */
  readonly median_minutes: number;
  readonly spread: number;
  readonly usd_per_minute: number;
  readonly tasks: readonly [string, ...string[]];
}

/** A kind of error that keeps coming back. */
export interface SimulatedError {
  readonly error_type: string;
  readonly error_fingerprint: string;
  readonly message: string;
  readonly phase: string;
  /** How often a visit to the phase meets it. */
  readonly rate: number;
  readonly recovery: number;
}

/**
 * What the simulated team is really like. Whatever is computed from its events can be held against this: reports and
 * statistics are right when they find these figures again, within what chance allows.
 */
export const TRUTH = {
  phases: ["EXPLORE", "PLAN", "CODE", "TEST", "DOCUMENT"],
  agents: [
    {
      name: "explorer",
      model: "claude-haiku-5",
      phase: "EXPLORE",
      success: 0.97,
      median_minutes: 6,
      spread: 0.5,
      usd_per_minute: 0.01,
      tasks: ["Find what the change touches", "Read the failing module", "List the callers"],
    },
    {
      name: "planner",
      model: "claude-opus-5",
      phase: "PLAN",
      success: 0.95,
      median_minutes: 9,
      spread: 0.4,
      usd_per_minute: 0.06,
      tasks: ["Cut the work into steps", "Write the plan", "Name the risks"],
    },
    {
      name: "code-writer",
      model: "claude-sonnet-5",
      phase: "CODE",
      success: 0.88,
      median_minutes: 22,
      spread: 0.6,
      usd_per_minute: 0.04,
      tasks: ["Write the change", "Add the endpoint", "Move the query behind the port"],
    },
    {
      name: "test-engineer",
      model: "claude-sonnet-5",
      phase: "TEST",
      success: 0.92,
      median_minutes: 14,
      spread: 0.5,
      usd_per_minute: 0.03,
      tasks: ["Cover the change", "Run the suite", "Hunt the flaky test"],
    },
    {
      name: "fixer",
      model: "claude-opus-5",
      phase: "FIX",
      success: 0.9,
      median_minutes: 12,
      spread: 0.6,
      usd_per_minute: 0.06,
      tasks: ["Mend what the tests found", "Repair the migration"],
    },
    {
      name: "doc-writer",
      model: "claude-haiku-5",
      phase: "DOCUMENT",
      success: 0.99,
      median_minutes: 5,
      spread: 0.3,
      usd_per_minute: 0.01,
      tasks: ["Describe the change", "Update the guide"],
    },
  ],
  errors: [
    {
      error_type: "Timeout",
      error_fingerprint: "timeout-registry",
      message: "the package registry did not answer within 30 s",
      phase: "CODE",
      rate: 0.12,
      recovery: 0.9,
    },
    {
      error_type: "MergeConflict",
      error_fingerprint: "conflict-main",
      message: "main has moved: both sides changed the same lines",
      phase: "FIX",
      rate: 0.2,
      recovery: 0.7,
    },
    {
      error_type: "OutOfMemory",
      error_fingerprint: "oom-e2e",
      message: "the browser of the end-to-end tests was killed",
      phase: "TEST",
      rate: 0.08,
      recovery: 0.5,
    },
  ],
  /** How often the first visit to TEST finds nothing, and each later one. */
  first_pass: 0.55,
  fix_works: 0.7,
  /** How a piece of work ends: given up with a reason, or left lying without a word; else it is completed. */
  fails: 0.08,
  abandoned: 0.05,
  paused: 0.1,
  /** Gaps a piece of work has on average; and how each of them ends, else it stays open. */
  gaps: 1.2,
  gap_resolved: 0.8,
  gap_escalated: 0.1,
  pr_merged: 0.88,
  pr_closed: 0.07,
  /** How often a fact is recorded only hours after it happened. */
  late: 0.01,
} as const satisfies {
  readonly agents: readonly SimulatedAgent[];
  readonly errors: readonly SimulatedError[];
  readonly [key: string]: unknown;
};
