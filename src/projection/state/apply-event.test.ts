import { describe, expect, it } from "vitest";

import { at, type Given, given } from "./given.fixture.ts";

const started: Given = ["OrchestrationStarted", "10:00", { issue_summary: "Login", initial_phase: "PLAN" }];

function run(clock: string, correlation_id: string): Given {
  return [
    "OrchestrationStarted",
    clock,
    { issue_summary: "Login", initial_phase: "CODE" },
    { correlation_id },
  ];
}

describe("a stream without a run", () => {
  it("exists from its first event, and nothing has started", () => {
    expect(given().state()).toMatchObject({ exists: false, status: "not_started", last_timestamp: null });
    expect(given(["CustomThing", "10:00"]).state()).toMatchObject({
      exists: true,
      status: "not_started",
      correlation_id: null,
      events: 1,
      last_sequence: 1,
      last_timestamp: at("10:00"),
    });
  });

  it("has what is done without a run in its lists until a run begins", () => {
    const commit: Given = ["CommitCreated", "09:00", { commit_sha: "abcdef0", commit_message: "Fix" }];
    expect(given(commit).state().commits).toEqual([
      { sha: "abcdef0", message: "Fix", timestamp: at("09:00") },
    ]);
    expect(given(commit, started).state()).toMatchObject({ commits: [], runs: [], events: 1 });
  });
});

describe("a run", () => {
  it("opens, pauses, goes on and ends", () => {
    const paused: Given = ["OrchestrationPaused", "10:10", { pause_reason: "review" }];
    const resumed: Given = ["OrchestrationResumed", "10:15", { resume_phase: "TEST" }];
    const completed: Given = ["OrchestrationCompleted", "10:30"];
    expect(given(started).state()).toMatchObject({
      issue_key: "PROJ-1",
      session_id: "session",
      correlation_id: "e1",
      status: "in_progress",
      current_phase: "PLAN",
      started_at: at("10:00"),
      duration_seconds: null,
    });
    expect(given(started, paused).state()).toMatchObject({ status: "paused", paused_seconds: 0 });
    expect(given(started, paused, resumed).state()).toMatchObject({
      status: "in_progress",
      current_phase: "TEST",
      paused_seconds: 300,
    });
    expect(given(started, paused, resumed, completed).state()).toMatchObject({
      status: "completed",
      current_phase: null,
      completed_at: at("10:30"),
      duration_seconds: 1800,
      paused_seconds: 300,
    });
    expect(given(started, paused, completed).state()).toMatchObject({
      status: "completed",
      paused_seconds: 1200,
    });
  });

  it("stands among the others once another one begins", () => {
    const state = given(
      started,
      ["AgentSpawned", "10:01", { agent_name: "coder" }],
      ["AgentFailed", "10:02", { agent_name: "coder", failure_reason: "no" }],
      ["GapIdentified", "10:03", { gap_id: "g", gap_type: "t", severity: "low" }],
      ["OrchestrationFailed", "10:05", { failure_reason: "no", next_actions: ["ask"] }],
      ["OrchestrationStarted", "11:00", { issue_summary: "Login", initial_phase: "CODE" }],
    );
    expect(state.state()).toMatchObject({
      correlation_id: "e6",
      status: "in_progress",
      current_phase: "CODE",
      failed_agents: [],
      identified_gaps: [],
      pending_tasks: [],
      completed_at: null,
      events: 1,
    });
    expect(state.state().runs).toEqual([
      {
        correlation_id: "e1",
        session_id: "session",
        status: "failed",
        started_at: at("10:00"),
        completed_at: at("10:05"),
        events: 5,
        commits: 0,
        agents: 1,
        failed_agents: 1,
        open_gaps: ["g"],
      },
    ]);
  });

  it("that is over changes by its late events only among the others", () => {
    const second: Given = ["OrchestrationStarted", "11:00", { issue_summary: "x", initial_phase: "CODE" }];
    const late: Given[] = [
      ["CommitCreated", "10:50", { commit_sha: "abcdef0", commit_message: "x" }, { correlation_id: "e1" }],
      ["OrchestrationCompleted", "10:55", {}, { correlation_id: "e1" }],
    ];
    const state = given(started, second, ...late).state();
    expect(state).toMatchObject({ correlation_id: "e2", status: "in_progress", commits: [], events: 1 });
    expect(state.runs).toMatchObject([{ correlation_id: "e1", status: "completed", commits: 1, events: 3 }]);
  });

  it("that was recorded late stands before the current one, in order of start", () => {
    const state = given(started, run("09:00", "b"), run("08:00", "a"), run("09:30", "c")).state();
    expect(state).toMatchObject({ correlation_id: "e1", current_phase: "PLAN" });
    expect(state.runs.map(({ correlation_id }) => correlation_id)).toEqual(["a", "b", "c"]);
  });

  it("that ended goes on when it is resumed or started again", () => {
    const failed: Given = ["OrchestrationFailed", "10:30", { failure_reason: "x", next_actions: ["retry"] }];
    const open = { status: "in_progress", completed_at: null, duration_seconds: null, pending_tasks: [] };
    expect(given(started, failed, ["OrchestrationResumed", "10:40"]).state()).toMatchObject(open);
    expect(given(started, failed, run("10:40", "e1")).state()).toMatchObject({
      ...open,
      current_phase: "CODE",
      runs: [],
    });
    expect(given(started, failed).state().pending_tasks).toEqual([
      { kind: "next_action", ref: "retry", task: "retry", since: at("10:30") },
    ]);
  });

  it("can be taken up again after another one, and is one run then", () => {
    const state = given(run("10:00", "a"), run("11:00", "b"), run("12:00", "a"), run("13:00", "c")).state();
    expect(state.runs).toMatchObject([
      { correlation_id: "a", started_at: at("10:00"), events: 2 },
      { correlation_id: "b" },
    ]);
  });
});

describe("phases", () => {
  it("are entered, left and visited again", () => {
    const events: Given[] = [
      started,
      ["PhaseStarted", "10:00", { phase: "PLAN" }],
      ["PhaseCompleted", "10:10", { phase: "PLAN", next_phase: "CODE" }],
      ["PhaseStarted", "10:11", { phase: "CODE" }],
      ["PhaseFailed", "10:20", { phase: "CODE", failure_reason: "red" }],
      ["PhaseStarted", "10:21", { phase: "CODE" }],
      ["PhaseCompleted", "10:30", { phase: "CODE" }],
    ];
    const phaseAfter = (count: number) => given(...events.slice(0, count)).state().current_phase;
    expect([1, 2, 3, 4, 5, 6, 7].map(phaseAfter)).toEqual([
      "PLAN",
      "PLAN",
      "CODE",
      "CODE",
      "CODE",
      "CODE",
      null,
    ]);
    const state = given(...events).state();
    expect(state.completed_phases).toEqual(["PLAN", "CODE"]);
    expect(state.phases).toEqual([
      { phase: "PLAN", visit: 1, status: "completed", started_at: at("10:00"), ended_at: at("10:10") },
      { phase: "CODE", visit: 1, status: "failed", started_at: at("10:11"), ended_at: at("10:20") },
      { phase: "CODE", visit: 2, status: "completed", started_at: at("10:21"), ended_at: at("10:30") },
    ]);
  });

  it("do not change by what is known to be past", () => {
    const lateStart: Given = ["PhaseStarted", "10:01", { phase: "PLAN" }];
    const plan: Given = ["PhaseCompleted", "10:10", { phase: "PLAN", next_phase: "CODE" }];
    const code: Given = ["PhaseStarted", "10:11", { phase: "CODE" }];
    expect(given(started, plan, code, lateStart).state()).toMatchObject({
      current_phase: "CODE",
      phases: [{ phase: "PLAN", visit: 1, started_at: at("10:01") }, { phase: "CODE" }],
    });
    expect(given(started, lateStart, code, plan).state()).toMatchObject({
      current_phase: "CODE",
      completed_phases: ["PLAN"],
    });
    expect(given(started, ["OrchestrationCompleted", "10:30"], code).state().current_phase).toBeNull();
  });
});

describe("gaps", () => {
  const found: Given = [
    "GapIdentified",
    "10:01",
    { gap_id: "g", gap_type: "t", severity: "low", blocking: true },
  ];
  const escalated: Given = [
    "GapEscalated",
    "10:02",
    { gap_id: "g", escalation_reason: "why", severity: "high" },
  ];
  const resolved: Given = ["GapResolved", "10:05", { gap_id: "g", resolved_by: "ada" }];

  it("are open until they are resolved, escalated or not", () => {
    const open = { gap_id: "g", gap_type: "t", severity: "high", blocking: true, identified_at: at("10:01") };
    const raised = { ...open, escalated_at: at("10:02"), escalation_reason: "why" };
    expect(given(found, escalated).state()).toMatchObject({
      identified_gaps: [raised],
      escalated_gaps: [raised],
      pending_tasks: [{ kind: "gap", ref: "g", task: "close gap: t", since: at("10:01") }],
    });
    expect(given(found, escalated, resolved).state()).toMatchObject({
      identified_gaps: [],
      escalated_gaps: [],
      resolved_gaps: [{ ...raised, resolved_at: at("10:05"), resolved_by: "ada" }],
      pending_tasks: [],
    });
  });

  it("are open again when they are found again", () => {
    const again: Given = ["GapIdentified", "10:20", { gap_id: "g", gap_type: "t", severity: "low" }];
    expect(given(found, resolved, again).state()).toMatchObject({
      identified_gaps: [{ gap_id: "g", identified_at: at("10:20") }],
      resolved_gaps: [],
      pending_tasks: [],
    });
  });
});

describe("commits and pull requests", () => {
  it("are known by their sha, and by repository and number", () => {
    const commit: Given = ["CommitCreated", "10:00", { commit_sha: "abcdef0", commit_message: "Fix" }];
    const state = given(
      commit,
      commit,
      ["PRCreated", "10:01", { pr_number: 5, repo: "shop", pr_title: "Login", pr_url: "u" }],
      ["PRMerged", "10:02", { pr_number: 5 }],
      ["PRCreated", "10:03", { pr_number: 5, repo: "billing" }],
      ["PRClosed", "10:04", { pr_number: 5 }],
    ).state();
    expect(state.commits).toHaveLength(1);
    expect(state.prs).toEqual([
      {
        number: 5,
        repo: "shop",
        status: "merged",
        url: "u",
        title: "Login",
        created_at: at("10:01"),
        merged_at: at("10:02"),
      },
      { number: 5, repo: "billing", status: "open", created_at: at("10:03") },
      { number: 5, status: "closed", closed_at: at("10:04") },
    ]);
  });
});

describe("what the tracker, the checks and the documentation hold", () => {
  it("is listed", () => {
    const state = given(
      ["IssueTransitioned", "10:00", { from_status: "To Do", to_status: "Done" }],
      ["CommentPosted", "10:01", { comment_id: "7", posted_by: "ada" }],
      ["WorklogAdded", "10:02", { time_spent_seconds: 90 }],
      ["WorklogAdded", "10:03", { time_spent_seconds: -5 }],
      ["DocumentationCreated", "10:04", { doc_path: "a.md", doc_title: "A" }],
      ["ConfluencePageCreated", "10:05", { page_id: "9", page_title: "B", page_url: "u" }],
      [
        "QualityCheckCompleted",
        "10:06",
        { check_type: "lint", overall_score: 0.5, passed_quality_gate: false },
      ],
      ["TestRunStarted", "10:07", { test_suite: "unit", test_count: 3 }],
      ["TestRunCompleted", "10:08", { test_suite: "unit", passed: 3, failed: 0 }],
      ["TestRunFailed", "10:09", { test_suite: "e2e", test_run_id: "t", failure_reason: "x" }],
      ["ErrorOccurred", "10:10", { error_type: "E", error_message: "m" }],
      ["RecoveryAttempted", "10:11", { recovery_from: "E" }],
      ["RecoverySucceeded", "10:12", { recovery_from: "E" }],
      ["CheckpointCreated", "10:13", { checkpoint_id: "c", git_sha: "abcdef0" }],
      ["CheckpointRestored", "10:14", { checkpoint_id: "c" }],
      ["PhaseSummaryCreated", "10:15", { phase: "CODE", from_sequence: 1, to_sequence: 3, text: "fine" }],
    ).state();
    expect(state).toMatchObject({
      jira_transitions: [{ from_status: "To Do", to_status: "Done", timestamp: at("10:00") }],
      comments: [{ comment_id: "7", posted_by: "ada", timestamp: at("10:01") }],
      worklog_seconds: 90,
      documentation: [
        { doc_path: "a.md", doc_title: "A", timestamp: at("10:04") },
        { doc_path: "confluence:9", doc_title: "B", url: "u", timestamp: at("10:05") },
      ],
      quality_checks: [{ check_id: "e7", status: "not_passed", overall_score: 0.5 }],
      tests: [
        { test_run_id: "e8", status: "passed", total: 3, passed: 3, started_at: at("10:07") },
        { test_run_id: "t", status: "failed" },
      ],
      errors: [{ event_id: "e11", error_type: "E" }],
      recoveries: [
        { event_id: "e12", status: "succeeded", attempted_at: at("10:11"), timestamp: at("10:12") },
      ],
      checkpoints: [
        { checkpoint_id: "c", git_sha: "abcdef0", created_at: at("10:13"), restored_at: at("10:14") },
      ],
      summaries: [{ event_id: "e16", phase: "CODE", from_sequence: 1, to_sequence: 3, text: "fine" }],
    });
  });
});
