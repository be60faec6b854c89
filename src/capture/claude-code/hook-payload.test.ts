import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createCodec } from "../../event/codec.ts";
import type { EventInput } from "../../event/envelope.ts";
import { readHook, UnknownHook } from "./hook-payload.ts";
import { UnknownAgent } from "./map-agents.ts";
import { Runs } from "./runs.ts";
import { eventsOf, RULES, Script, SESSION, typesOf } from "./session.fixture.ts";
import { SessionMapper } from "./session-mapper.ts";
import { newSession, type SessionState } from "./session-state.ts";

const BASE = { session_id: SESSION, cwd: "/home/me/shop", prompt_id: "p-1" };

/** What hooks tell of a session that works on an issue and opens a pull request. */
const PAYLOADS = [
  { hook_event_name: "SessionStart", source: "startup", model: "claude-opus-4-6" },
  { hook_event_name: "UserPromptExpansion", command_name: "jira:work", command_args: "PROJ-1" },
  {
    hook_event_name: "PreToolUse",
    tool_name: "Agent",
    tool_use_id: "t-1",
    tool_input: { subagent_type: "coder", description: "Form", prompt: "a secret" },
  },
  { hook_event_name: "SubagentStart", agent_id: "a1", agent_type: "coder" },
  {
    hook_event_name: "PostToolUse",
    agent_id: "a1",
    agent_type: "coder",
    tool_name: "Bash",
    tool_use_id: "t-2",
    tool_input: { command: "npm test" },
    tool_response: { stdout: " Tests  1 failed | 4 passed (5)", stderr: "", interrupted: false },
    duration_ms: 2_000,
  },
  { hook_event_name: "PermissionRequest", agent_id: "a1", agent_type: "coder", tool_name: "Bash" },
  {
    hook_event_name: "SubagentStop",
    agent_id: "a1",
    agent_type: "coder",
    last_assistant_message: "a secret",
  },
  {
    hook_event_name: "PostToolUse",
    tool_name: "Agent",
    tool_use_id: "t-1",
    tool_input: { subagent_type: "coder", description: "Form" },
    tool_response: { status: "completed", agentId: "a1", totalDurationMs: 9_000, totalToolUseCount: 4 },
  },
  {
    hook_event_name: "PostToolUseFailure",
    tool_name: "Bash",
    tool_use_id: "t-3",
    tool_input: { command: "git push" },
    error: "Exit code 128\nfatal: no upstream",
    is_interrupt: false,
  },
  {
    hook_event_name: "PostToolUse",
    tool_name: "Bash",
    tool_use_id: "t-4",
    tool_input: { command: "git push -u origin x && gh pr create --title 'PROJ-1: Login'" },
    tool_response: {
      stdout: "https://github.com/acme/shop/pull/7",
      gitOperation: { pr: { number: 7, url: "https://github.com/acme/shop/pull/7", action: "created" } },
    },
  },
  { hook_event_name: "Stop", stop_hook_active: false },
  { hook_event_name: "SessionEnd", reason: "prompt_input_exit", transcript_path: "/x.jsonl" },
].map((payload) => ({ ...BASE, ...payload }));

const timeOf = (index: number): string => new Date(Date.UTC(2026, 5, 1, 9, 0, index)).toISOString();

/** Maps payloads one a second; `through` stands for what happens to the state between two drains. */
function mapped(
  payloads: readonly object[],
  through = (state: SessionState): SessionState => state,
): EventInput[] {
  let state = newSession(SESSION);
  const runs = new Runs();
  return payloads.flatMap((payload, index) => {
    state = through(state);
    const mapper = new SessionMapper({ state, rules: RULES, runs });
    return readHook(payload, { at: timeOf(index), branch: "PROJ-1-login" }).flatMap((seen) =>
      mapper.take(seen),
    );
  });
}

const copied = (state: SessionState): SessionState => JSON.parse(JSON.stringify(state)) as SessionState;

const facts = (events: readonly EventInput[]): string[] =>
  [
    ...new Set(
      events.map(
        ({ event_type, event_id, idempotency_key }) => `${event_type} ${event_id} ${idempotency_key}`,
      ),
    ),
  ].sort();

const isTold = ({ event_type }: EventInput): boolean => !/^(?:AgentBlocked|Phase)/.test(event_type);

const call = (id: string, description: string) => ({
  ...BASE,
  hook_event_name: "PreToolUse",
  tool_name: "Agent",
  tool_use_id: id,
  tool_input: { subagent_type: "coder", description },
});

const start = (agent_id: string) => ({
  ...BASE,
  hook_event_name: "SubagentStart",
  agent_id,
  agent_type: "coder",
});

describe("hooks", () => {
  it("tell of a session", () => {
    const events = mapped(PAYLOADS);
    expect(typesOf(events)).toEqual([
      "OrchestrationStarted",
      "AgentSpawned",
      "AgentSpawned",
      "TestRunStarted",
      "TestRunCompleted",
      "AgentBlocked",
      "AgentCompleted",
      "AgentCompleted",
      "ErrorOccurred",
      "PRCreated",
      "RecoveryAttempted",
      "RecoverySucceeded",
      "AgentCompleted",
      "OrchestrationPaused",
    ]);
    expect(JSON.stringify(events)).not.toContain("secret");
    const ends = events.filter(({ event_type }) => event_type === "AgentCompleted");
    expect(ends[0]?.idempotency_key).toBe(ends[1]?.idempotency_key);
  });

  it("mean the same however often they are interrupted by another process", () => {
    expect(mapped(PAYLOADS, copied)).toEqual(mapped(PAYLOADS));
  });

  it("and transcripts tell of the same facts", async () => {
    const script = new Script().command("jira:work", "PROJ-1", "p-1");
    const agent = script.call("Agent", { subagent_type: "coder", description: "Form" });
    const test = script.call("Bash", { command: "npm test" }, "a1");
    script.result(test, " Tests  5 passed (5)", { agent: "a1" });
    script.result(agent, "ok", { response: { status: "completed", agentId: "a1" } });
    const fromTranscript = await eventsOf(script);
    const renamed = JSON.parse(
      JSON.stringify(PAYLOADS.slice(0, 8)).replaceAll('"t-1"', `"${agent}"`).replaceAll('"t-2"', `"${test}"`),
    ) as object[];
    const fromHooks = mapped([...renamed, PAYLOADS.at(-1) ?? {}]);
    expect(facts(fromHooks.filter(isTold))).toEqual(facts(fromTranscript.filter(isTold)));
  });

  it("of a session that they see late, or in part, tell of the same beginning and end", async () => {
    const fromTranscript = await eventsOf(
      new Script().prompt("explain", "p-0").say("so").prompt("go", "p-1").say("ok"),
    );
    const late = mapped(PAYLOADS.slice(8).map((payload) => ({ ...payload, prompt_id: "p-9" })));
    expect(facts(fromTranscript).filter((fact) => !facts(late).includes(fact))).toEqual([]);
  });

  it("of agents that were started at once wait for the call to say which is which", () => {
    const done = (id: string, agentId: string) => ({
      ...call(id, id),
      hook_event_name: "PostToolUse",
      tool_response: { status: "completed", agentId },
    });
    const events = mapped([
      call("t-1", "Form"),
      call("t-2", "Mail"),
      start("a2"),
      start("a1"),
      done("t-1", "a1"),
      done("t-2", "a2"),
    ]);
    const spawned = events
      .filter(({ event_type }) => event_type === "AgentSpawned")
      .map(({ metadata }) => metadata as Record<string, unknown>)
      .filter(({ assigned_task }) => assigned_task === "Form" || assigned_task === "Mail");
    expect(spawned.map((one) => [one["agent_run_id"], one["assigned_task"]])).toEqual([
      ["a1", "Form"],
      ["a2", "Mail"],
    ]);
  });

  it("that tell of the ends of inner agents are refused", () => {
    const stop = { ...BASE, hook_event_name: "SubagentStop", agent_id: "x" };
    expect(() => mapped([stop])).toThrow(UnknownHook);
    expect(() => mapped([{ ...stop, agent_type: "coder" }])).toThrow(UnknownAgent);
  });

  it("of any form are taken or refused, and leave a state that goes on", async () => {
    const codec = await createCodec({ defaultSessionId: "test" });
    const names = PAYLOADS.map(({ hook_event_name }) => hook_event_name);
    const loose = fc.record(
      {
        hook_event_name: fc.oneof(fc.constantFrom(...names), fc.string()),
        tool_name: fc.oneof(
          fc.constantFrom("Bash", "Agent", "Write", "TaskUpdate", "ReportFindings", "mcp__x__add_comment"),
          fc.jsonValue(),
        ),
        tool_use_id: fc.oneof(fc.constantFrom("t-1", "t-2", "__proto__", "toString"), fc.jsonValue()),
        tool_input: fc.oneof(
          fc.record({
            command: fc.constantFrom("npm test", "git commit", "gh pr merge 3", "bd close PROJ-1"),
          }),
          fc.jsonValue(),
        ),
        tool_response: fc.jsonValue(),
        agent_id: fc.oneof(fc.constantFrom("a1", "a2", "__proto__", "valueOf"), fc.jsonValue()),
        agent_type: fc.oneof(fc.constant("coder"), fc.jsonValue()),
        prompt_id: fc.oneof(fc.constantFrom("p-1", "p-2"), fc.jsonValue()),
        error: fc.jsonValue(),
        is_interrupt: fc.jsonValue(),
      },
      { requiredKeys: ["hook_event_name"] },
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(loose, fc.constantFrom(...PAYLOADS)), { maxLength: 12 }), (payloads) => {
        const state = newSession(SESSION);
        const mapper = new SessionMapper({ state, rules: RULES, runs: new Runs() });
        for (const [index, payload] of payloads.entries()) {
          try {
            const seen = readHook({ ...BASE, ...payload }, { at: timeOf(index) });
            seen.flatMap((one) => mapper.take(one)).forEach((event) => codec.prepare(event));
          } catch (error) {
            if (!(error instanceof UnknownHook || error instanceof UnknownAgent)) throw error;
          }
        }
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
    );
  });
});
