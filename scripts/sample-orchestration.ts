import { hash } from "node:crypto";

import type { EventInput } from "../src/index.ts";

const agent = (id: string) => ({ type: "agent", id, model: "claude-sonnet-5" }) as const;

/** A seeded run of four agents on one issue: a gap, a failed test, a fix, a pull request. */
export function sampleOrchestration(issueKey: string, start: string): EventInput[] {
  const began = Date.parse(start);
  let minute = 0;
  const events: EventInput[] = [];
  const say = (after: number, event: Pick<EventInput, "event_type" | "actor" | "metadata">): void => {
    minute += after;
    const id = hash("sha256", `${issueKey}/${events.length}`);
    const event_id = `${id.slice(0, 8)}-${id.slice(8, 12)}-4${id.slice(13, 16)}-a${id.slice(17, 20)}-${id.slice(20, 32)}`;
    const timestamp = new Date(began + minute * 60_000).toISOString();
    events.push({ event_id, timestamp, issue_key: issueKey, session_id: `demo-${issueKey}`, ...event });
  };
  const lead = { type: "user", id: "dana" } as const;
  const spawn = (after: number, name: string, task: string): void =>
    say(after, {
      event_type: "AgentSpawned",
      actor: lead,
      metadata: { agent_name: name, agent_run_id: `${name}-1`, assigned_task: task },
    });
  const done = (after: number, name: string, more: object): void =>
    say(after, {
      event_type: "AgentCompleted",
      actor: agent(name),
      metadata: { agent_name: name, agent_run_id: `${name}-1`, ...more },
    });
  const phase = (after: number, name: string, next: string): void => {
    say(after, { event_type: "PhaseCompleted", actor: lead, metadata: { phase: name, next_phase: next } });
    say(0, { event_type: "PhaseStarted", actor: lead, metadata: { phase: next } });
  };
  say(0, {
    event_type: "OrchestrationStarted",
    actor: lead,
    metadata: { issue_summary: "Retry failed payments", initial_phase: "EXPLORE", priority: "high" },
  });
  spawn(1, "explorer", "Find where payments fail for good");
  say(6, {
    event_type: "GapIdentified",
    actor: agent("explorer"),
    metadata: {
      gap_id: "gap-1",
      gap_type: "missing_test",
      severity: "high",
      description: "No test covers a timeout of the bank",
    },
  });
  done(2, "explorer", { duration_seconds: 480, cost_usd: 0.21 });
  phase(1, "EXPLORE", "CODE");
  spawn(1, "code-writer", "Retry with backoff, three times at most");
  say(14, {
    event_type: "CommitCreated",
    actor: agent("code-writer"),
    metadata: { commit_sha: "4f0c2a9d", commit_message: `${issueKey}: retry with backoff`, files_changed: 3 },
  });
  done(1, "code-writer", { duration_seconds: 960, cost_usd: 0.64 });
  phase(1, "CODE", "TEST");
  say(1, {
    event_type: "TestRunStarted",
    actor: agent("tester"),
    metadata: { test_suite: "payments", test_count: 42 },
  });
  say(3, {
    event_type: "TestRunFailed",
    actor: agent("tester"),
    metadata: { test_suite: "payments", failure_reason: "2 of 42 failed: the third retry is never made" },
  });
  phase(1, "TEST", "FIX");
  spawn(0, "fixer", "Count retries from one");
  say(7, {
    event_type: "CommitCreated",
    actor: agent("fixer"),
    metadata: {
      commit_sha: "9b1e77c0",
      commit_message: `${issueKey}: count retries from one`,
      files_changed: 1,
    },
  });
  say(2, {
    event_type: "TestRunCompleted",
    actor: agent("tester"),
    metadata: { test_suite: "payments", total_tests: 43, passed: 43, failed: 0 },
  });
  say(0, {
    event_type: "GapResolved",
    actor: agent("fixer"),
    metadata: { gap_id: "gap-1", resolution_strategy: "test added" },
  });
  done(1, "fixer", { duration_seconds: 600, cost_usd: 0.3 });
  say(2, {
    event_type: "PRCreated",
    actor: lead,
    metadata: { pr_number: 118, pr_title: "Retry failed payments", repo: "shop/payments" },
  });
  say(30, { event_type: "PRMerged", actor: lead, metadata: { pr_number: 118, repo: "shop/payments" } });
  say(1, {
    event_type: "OrchestrationCompleted",
    actor: lead,
    metadata: { total_commits: 2, total_prs: 1, final_state: "done" },
  });
  return events;
}
