import type { EventInput } from "../event/envelope.ts";
import { openStore } from "../open.ts";

export const SHOP = "SHOP-7";
const COMMIT = "4f2a9c1d3b5e7f9012345678901234567890abcd";
const MINUTE_MS = 60_000;

type Step = readonly [minute: number, type: string, actor: string, metadata: object, cause?: number];

/** A day's work that fails in the end; `cause` counts the steps from 1. */
const STEPS: readonly Step[] = [
  [
    0,
    "OrchestrationStarted",
    "ada",
    { issue_summary: "The cart forgets its items after a login", initial_phase: "PLAN" },
  ],
  [1, "PhaseStarted", "ada", { phase: "PLAN" }],
  [2, "AgentSpawned", "ada", { agent_name: "planner", assigned_task: "find out where items are lost" }],
  [8, "AgentCompleted", "planner", { agent_name: "planner", task_status: "done", next_agents: ["coder"] }],
  [
    9,
    "GapIdentified",
    "planner",
    {
      gap_id: "gap-1",
      gap_type: "requirement",
      severity: "high",
      description: "what happens with two carts?",
      blocking: true,
    },
  ],
  [10, "PhaseCompleted", "ada", { phase: "PLAN", next_phase: "CODE" }],
  [11, "PhaseStarted", "ada", { phase: "CODE" }],
  [
    12,
    "AgentSpawned",
    "ada",
    { agent_name: "coder", agent_run_id: "coder-1", assigned_task: "keep the cart over a login" },
  ],
  [
    24,
    "CommitCreated",
    "coder",
    { commit_sha: COMMIT, commit_message: "SHOP-7: cart keeps its items", insertions: 84, deletions: 12 },
  ],
  [
    27,
    "GapResolved",
    "ada",
    { gap_id: "gap-1", resolved_by: "ada", resolution_strategy: "the newer cart wins" },
  ],
  [
    29,
    "AgentCompleted",
    "coder",
    { agent_name: "coder", agent_run_id: "coder-1", task_status: "done", commit_sha: COMMIT },
  ],
  [30, "PhaseCompleted", "ada", { phase: "CODE", next_phase: "TEST" }],
  [31, "PhaseStarted", "ada", { phase: "TEST" }],
  [
    32,
    "AgentSpawned",
    "ada",
    { agent_name: "tester", agent_run_id: "tester-1", assigned_task: "run the suite" },
  ],
  [33, "TestRunStarted", "tester", { test_suite: "e2e", test_run_id: "e2e-1", test_count: 44 }],
  [
    37,
    "ErrorOccurred",
    "tester",
    { error_type: "Timeout", error_message: "login did not answer within 30 s" },
  ],
  [38, "TestRunCompleted", "tester", { test_suite: "e2e", test_run_id: "e2e-1", passed: 41, failed: 3 }, 16],
  [
    39,
    "AgentFailed",
    "tester",
    { agent_name: "tester", agent_run_id: "tester-1", failure_reason: "3 tests time out at the login" },
    17,
  ],
  [40, "PhaseFailed", "ada", { phase: "TEST", failure_reason: "e2e does not pass" }, 18],
  [
    42,
    "RecoveryAttempted",
    "ada",
    { recovery_from: "Timeout", recovery_strategy: "raise the limit to 60 s" },
  ],
  [
    45,
    "OrchestrationFailed",
    "ada",
    { failure_reason: "the login is too slow", failure_phase: "TEST", next_actions: ["profile the login"] },
    19,
  ],
];

/** The id of a step, counted from 1. */
export function stepId(step: number): string {
  return `5709${String(step).padStart(4, "0")}-0000-4000-8000-000000000000`;
}

/** Records the work in a store's folder; it begins at the given time. */
export async function recordFailedRun(path: string, from = Date.UTC(2026, 10, 24, 12, 40)): Promise<void> {
  let now = from;
  await using store = await openStore({ path, clock: () => now });
  for (const [index, [minute, event_type, actor, metadata, cause]] of STEPS.entries()) {
    now = from + minute * MINUTE_MS;
    const input: EventInput = {
      event_id: stepId(index + 1),
      event_type,
      issue_key: SHOP,
      actor: { type: actor === "ada" ? "user" : "agent", id: actor },
      metadata,
      ...(cause === undefined ? {} : { causation_id: stepId(cause) }),
    };
    await store.logEvent(input);
  }
}
