import { describe, expect, it } from "vitest";

import type { JsonObject, StoredEvent } from "../event/envelope.ts";
import { EVENT_TYPE_NAMES, STORE_EVENT_TYPES } from "../event/registry.ts";
import { durationInWords } from "./duration.ts";
import { summarise } from "./event-summary.ts";

function eventOf(event_type: string, metadata: JsonObject): StoredEvent {
  return {
    event_id: "9ebef3c9-354a-41be-b7eb-75d197fb66da",
    event_type,
    event_version: "1.0.0",
    timestamp: "2026-11-24T13:00:00.000Z",
    event_sequence: 1,
    session_id: "s",
    actor: { type: "agent", id: "coder" },
    metadata,
    recorded_at: "2026-11-24T13:00:00.000Z",
    position: 1,
    prev_hash: "0",
  };
}

describe("summarise", () => {
  it.each([
    [
      "OrchestrationStarted",
      { issue_summary: "Login fails", initial_phase: "PLAN" },
      "start",
      "work started: Login fails",
    ],
    [
      "OrchestrationFailed",
      { failure_reason: "no disk", failure_phase: "TEST" },
      "failure",
      "work failed in TEST: no disk",
    ],
    [
      "PhaseCompleted",
      { phase: "PLAN", duration_seconds: 250, next_phase: "CODE" },
      "success",
      "PLAN completed in 4 min 10 s, next CODE",
    ],
    [
      "AgentSpawned",
      { agent_name: "coder", assigned_task: "write it" },
      "start",
      "agent coder started: write it",
    ],
    [
      "AgentCompleted",
      { agent_name: "coder", outputs_created: ["a.ts", "b.ts"] },
      "success",
      "agent coder finished with a.ts, b.ts",
    ],
    [
      "AgentBlocked",
      { agent_name: "coder", blocked_by: "review" },
      "warning",
      "agent coder is blocked by review",
    ],
    [
      "CommitCreated",
      { commit_sha: "4f2a9c1b00", commit_message: "Fix it\n\nwhy", insertions: 3 },
      "neutral",
      "commit 4f2a9c1b: Fix it (+3 −0)",
    ],
    [
      "PRMerged",
      { pr_number: 4, repo: "a/b", merged_by: "ada", merged_commit_sha: "4f2a9c1b00" },
      "success",
      "pull request a/b#4 merged by ada as 4f2a9c1b",
    ],
    [
      "TestRunCompleted",
      { test_suite: "unit", passed: 3, failed: 1, skipped: 2 },
      "failure",
      "tests unit ran: 3 passed, 1 failed, 2 skipped",
    ],
    ["TestRunCompleted", { test_suite: "unit", total_tests: 1 }, "success", "tests unit ran, 1 test"],
    [
      "QualityCheckCompleted",
      { check_type: "lint", passed_quality_gate: false, issues_found: 2 },
      "failure",
      "lint check did not pass the gate, 2 issues",
    ],
    [
      "GapIdentified",
      { gap_id: "G1", gap_type: "tests", severity: "high", description: { $blob: "x" } },
      "warning",
      "gap G1 found, high tests: (attached)",
    ],
    ["WorklogAdded", { time_spent_seconds: 5400, author: "ada" }, "neutral", "1 h 30 min booked by ada"],
    [
      "RecoveryAttempted",
      { recovery_from: "timeout", attempt_number: 2, max_attempts: 3 },
      "warning",
      "recovery from timeout tried, try 2 of 3",
    ],
    [
      "EventsReplayed",
      { from_sequence: 1, to_sequence: 9, replayed_count: 8 },
      "neutral",
      "events 1–9 replayed, 8 handed on",
    ],
  ])("%s", (...[type, metadata, tone, text]) => {
    expect(summarise(eventOf(type, metadata))).toEqual({ text, tone });
  });

  it("has a rule for every type of the catalogue", () => {
    for (const type of [...EVENT_TYPE_NAMES, ...Object.keys(STORE_EVENT_TYPES)]) {
      const { text } = summarise(
        eventOf(type, new Proxy({}, { get: (_target, name) => sampleOf(String(name)) })),
      );
      expect(text, type).not.toMatch(/undefined|\[object/);
      expect(text, type).not.toBe(type);
    }
  });

  it("tells what it can about types of others", () => {
    expect(summarise(eventOf("DeployFinished", { count: 3, target: "prod" })).text).toBe(
      "deploy finished: prod",
    );
    expect(summarise(eventOf("constructor", {}))).toEqual({ text: "constructor", tone: "neutral" });
  });
});

function sampleOf(field: string): unknown {
  if (/(_count|_seconds|_sequence|_number|^passed$|^failed$|^skipped$|insertions|deletions)$/.test(field))
    return 1;
  if (["adds"].includes(field)) return { more: 1 };
  return ["outputs_created", "found"].includes(field) ? ["x"] : "x";
}

describe("durationInWords", () => {
  it.each([
    [0, "0 ms"],
    [850, "850 ms"],
    [3299, "3.2 s"],
    [42_999, "42 s"],
    [60_000, "1 min"],
    [250_000, "4 min 10 s"],
    [6_120_000, "1 h 42 min"],
    [273_600_000, "3 d 4 h"],
    [-5000, "-5 s"],
  ])("%d ms is %s", (ms, words) => {
    expect(durationInWords(ms)).toBe(words);
  });
});
