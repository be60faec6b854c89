import { describe, expect, it } from "vitest";

import { at, type Given, given } from "./given.fixture.ts";
import { ITEM_ID, type ListKey, type OrchestrationState } from "./orchestration-state.ts";

function permutations<T>(items: readonly T[]): readonly T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  );
}

/** What a state says, but for the order of record. */
function said(state: OrchestrationState): object {
  const { last_timestamp: _, ...rest } = state;
  return Object.fromEntries(
    Object.entries(rest).map(([key, value]) => {
      const idOf = ITEM_ID[key as ListKey] as ((item: unknown) => string) | undefined;
      const sorted = Array.isArray(value) && idOf !== undefined;
      return [key, sorted ? value.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1)) : value];
    }),
  );
}

const run = { correlation_id: "run" };
const started: Given = ["OrchestrationStarted", "10:00", { issue_summary: "x", initial_phase: "PLAN" }, run];
const agent = { agent_name: "coder" };

/** Each history says the same in whatever order it is recorded. */
const HISTORIES: Readonly<Record<string, readonly Given[]>> = {
  "a whole run": [
    started,
    ["CommitCreated", "10:05", { commit_sha: "abcdef0", commit_message: "x" }, run],
    ["WorklogAdded", "10:06", { time_spent_seconds: 60 }, run],
    ["OrchestrationCompleted", "10:30", {}, run],
  ],
  "a pause": [
    started,
    ["OrchestrationPaused", "10:10", { pause_reason: "x" }, run],
    ["OrchestrationResumed", "10:15", {}, run],
  ],
  "a pause that the run's end ends": [
    started,
    ["OrchestrationPaused", "10:10", { pause_reason: "x" }, run],
    ["OrchestrationCompleted", "10:15", {}, run],
  ],
  "an agent with an id": [
    ["AgentSpawned", "10:00", { ...agent, agent_run_id: "r", agent_model: "m", assigned_task: "t" }],
    ["AgentCompleted", "10:05", { ...agent, agent_run_id: "r", task_status: "done" }],
  ],
  "two agents of one name with ids": [
    ["AgentSpawned", "10:00", { ...agent, agent_run_id: "a" }],
    ["AgentSpawned", "10:01", { ...agent, agent_run_id: "b" }],
    ["AgentCompleted", "10:05", { ...agent, agent_run_id: "b" }],
    ["AgentFailed", "10:06", { ...agent, agent_run_id: "a", failure_reason: "x" }],
  ],
  "an agent without an id": [
    ["AgentSpawned", "10:00", { ...agent, agent_model: "m", assigned_task: "t" }],
    ["AgentCompleted", "10:05", { ...agent, task_status: "done" }],
  ],
  "a blocked agent that fails": [
    ["AgentSpawned", "10:00", { ...agent, agent_run_id: "r" }],
    ["AgentBlocked", "10:02", { ...agent, agent_run_id: "r", blocked_by: "x" }],
    ["AgentFailed", "10:05", { ...agent, agent_run_id: "r", failure_reason: "x" }],
  ],
  "an agent that is asked for": [
    ["AgentCompleted", "10:05", { ...agent, agent_run_id: "r", next_agents: ["tester"] }],
    ["AgentSpawned", "10:06", { agent_name: "tester", agent_run_id: "t" }],
  ],
  "a gap": [
    ["GapIdentified", "10:00", { gap_id: "g", gap_type: "t", severity: "low", blocking: true }],
    ["GapResolved", "10:05", { gap_id: "g", resolved_by: "ada" }],
  ],
  "a gap that was escalated": [
    ["GapEscalated", "10:02", { gap_id: "g", escalation_reason: "why" }],
    ["GapResolved", "10:05", { gap_id: "g", resolved_by: "ada" }],
  ],
  "a gap that is found again": [
    ["GapResolved", "10:05", { gap_id: "g" }],
    ["GapIdentified", "10:20", { gap_id: "g", gap_type: "t", severity: "low" }],
  ],
  "a phase": [
    ["PhaseStarted", "10:00", { phase: "CODE" }],
    ["PhaseCompleted", "10:05", { phase: "CODE" }],
  ],
  "a merged pull request": [
    ["PRCreated", "10:00", { pr_number: 1, repo: "shop", pr_title: "x" }],
    ["PRMerged", "10:05", { pr_number: 1 }],
    ["PRClosed", "10:05", { pr_number: 1, repo: "shop" }],
  ],
  "a check and a test with ids": [
    ["QualityCheckStarted", "10:00", { check_type: "lint", check_id: "c" }],
    ["QualityCheckCompleted", "10:05", { check_type: "lint", check_id: "c", overall_score: 1 }],
    ["TestRunStarted", "10:00", { test_suite: "unit", test_run_id: "t" }],
    ["TestRunFailed", "10:05", { test_suite: "unit", test_run_id: "t", failure_reason: "x" }],
  ],
  "a test without an id": [
    ["TestRunStarted", "10:00", { test_suite: "unit" }],
    ["TestRunCompleted", "10:05", { test_suite: "unit", total_tests: 3, failed: 1 }],
  ],
  "a recovery": [
    ["RecoveryAttempted", "10:00", { recovery_from: "E" }],
    ["RecoverySucceeded", "10:05", { recovery_from: "E" }],
  ],
  "a document and a checkpoint": [
    ["DocumentationCreated", "10:00", { doc_path: "a.md", doc_title: "old", doc_type: "guide" }],
    ["DocumentationCreated", "10:05", { doc_path: "a.md", doc_title: "new" }],
    ["CheckpointCreated", "10:00", { checkpoint_id: "c", git_sha: "abcdef0" }],
    ["CheckpointRestored", "10:05", { checkpoint_id: "c" }],
  ],
};

describe("records in any order say the same of", () => {
  it.each(Object.entries(HISTORIES))("%s", (_, history) => {
    const named = history.map(([type, clock, metadata, rest], index): Given => [
      type,
      clock,
      metadata ?? {},
      { event_id: `id${index}`, ...rest },
    ]);
    const inOrder = said(given(...named).state());
    for (const order of permutations(named)) expect(said(given(...order).state())).toEqual(inOrder);
  });
});

describe("a start recorded late", () => {
  it("of the current run gives it a start, and does not open a completed run", () => {
    const completed: Given = ["OrchestrationCompleted", "10:30", { duration_seconds: 5 }, run];
    expect(given(completed).state()).toMatchObject({ status: "completed", duration_seconds: 5 });
    expect(given(completed, started).state()).toMatchObject({
      status: "completed",
      correlation_id: "run",
      started_at: at("10:00"),
      duration_seconds: 1800,
      current_phase: null,
      runs: [],
    });
  });

  it("belongs to an end that names no run, too", () => {
    const unnamed: Given = ["OrchestrationStarted", "10:00", { issue_summary: "x", initial_phase: "PLAN" }];
    expect(given(["OrchestrationCompleted", "10:30"], unnamed).state()).toMatchObject({
      status: "completed",
      started_at: at("10:00"),
      runs: [],
    });
  });
});

describe("what is known to be past changes nothing", () => {
  it("an end before the end", () => {
    const failed: Given = ["OrchestrationFailed", "10:20", { failure_reason: "x" }];
    expect(given(started, ["OrchestrationCompleted", "10:30"], failed).state()).toMatchObject({
      status: "completed",
      completed_at: at("10:30"),
    });
  });

  it("a block before the end", () => {
    const events: Given[] = [
      ["AgentSpawned", "10:00", agent],
      ["AgentCompleted", "10:10", agent],
      ["AgentBlocked", "10:05", { ...agent, blocked_by: "x" }],
    ];
    expect(given(...events).state()).toMatchObject({ blocked_agents: [], completed_agents: [agent] });
  });
});
