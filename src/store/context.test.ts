import { expect, test } from "vitest";

import type { EventInput } from "../event/envelope.ts";
import { openStore } from "../open.ts";
import { briefText } from "../projection/summary/brief-text.ts";
import { contextOf } from "./context.ts";

const ISSUE = "PROJ-1";

function event(event_type: string, metadata: object): EventInput {
  return { event_type, issue_key: ISSUE, actor: { type: "agent", id: "lead" }, metadata };
}

const started = (issue_summary: string) =>
  event("OrchestrationStarted", { issue_summary, initial_phase: "CODE" });

test("an issue that nobody has heard of has not started", async () => {
  await using store = await openStore({ engine: "memory" });
  const brief = await contextOf(store, ISSUE);
  expect(brief).toMatchObject({
    issue_key: ISSUE,
    status: "not_started",
    title: null,
    open: [],
    summaries: [],
  });
});

test("tells of the present run, and nothing of those before it", async () => {
  await using store = await openStore({ engine: "memory" });
  await store.logEvents([
    started("Login times out"),
    event("AgentFailed", { agent_name: "old-hand", failure_reason: "old trouble" }),
    event("OrchestrationFailed", { failure_reason: "gave up" }),
    started("Login times out, again"),
    event("AgentSpawned", { agent_name: "coder", assigned_task: "find the leak" }),
  ]);
  const text = briefText(await contextOf(store, ISSUE));
  expect(text).toContain("PROJ-1: Login times out, again\nStatus: in progress in phase CODE; 2 events");
  expect(text).toContain("- agent coder is at work: find the leak");
  expect(text).not.toMatch(/old|gave up/);
});

test("a test run that ended badly is the last failure, one that ended well is not", async () => {
  await using store = await openStore({ engine: "memory" });
  await store.logEvents([
    started("s"),
    event("TestRunCompleted", { test_suite: "unit", passed: 4, failed: 1 }),
    event("TestRunCompleted", { test_suite: "unit", passed: 5, failed: 0 }),
  ]);
  const { last_failure } = await contextOf(store, ISSUE);
  expect(last_failure).toMatchObject({ sequence: 2, text: "tests unit ran: 4 passed, 1 failed" });
});

test("summaries that the store wrote are told, with their highlights", async () => {
  await using store = await openStore({ engine: "memory" });
  await store.logEvents([
    started("s"),
    event("CommitCreated", { commit_sha: "abcdef12", commit_message: "Close the leak" }),
    event("PhaseCompleted", { phase: "CODE", next_phase: "TEST" }),
  ]);
  const { summaries, latest, phase } = await contextOf(store, ISSUE);
  expect(phase).toBe("TEST");
  expect(summaries).toEqual([
    {
      phase: "CODE",
      from_sequence: 2,
      to_sequence: 3,
      text: "1 commit, 1 phase completed; commit abcdef12: Close the leak",
    },
  ]);
  expect(latest.map(({ sequence }) => sequence)).toEqual([3, 2, 1]);
});
