import { describe, expect, it } from "vitest";

import { at, type Given, given } from "./given.fixture.ts";

function spawned(clock: string, more: { readonly [field: string]: string } = {}): Given {
  return ["AgentSpawned", clock, { agent_name: "coder", ...more }];
}

function completed(clock: string, more: { readonly [field: string]: string | string[] } = {}): Given {
  return ["AgentCompleted", clock, { agent_name: "coder", ...more }];
}

function blocked(clock: string, more: { readonly [field: string]: string } = {}): Given {
  return ["AgentBlocked", clock, { agent_name: "coder", blocked_by: "review", ...more }];
}

describe("an agent's run", () => {
  it("is active, blocked, active again and completed, always in one list", () => {
    const id = { agent_run_id: "r" };
    const events: Given[] = [
      spawned("10:00", { ...id, agent_model: "m", assigned_task: "the login" }),
      blocked("10:05", id),
      ["CommitCreated", "10:10", { commit_sha: "abcdef0", commit_message: "x", ...id }],
      completed("10:20", { ...id, task_status: "done" }),
    ];
    const after = (count: number) => given(...events.slice(0, count)).state();
    const agent = { agent_name: "coder", agent_run_id: "r", model: "m", task: "the login" };
    const task = { kind: "agent", ref: "r", task: "the login", since: at("10:00"), agent_name: "coder" };
    expect(after(1).active_agents).toEqual([{ ...agent, since: at("10:00") }]);
    expect(after(1).pending_tasks).toEqual([task]);
    expect(after(2)).toMatchObject({ active_agents: [], pending_tasks: [task] });
    expect(after(2).blocked_agents).toEqual([
      { ...agent, since: at("10:05"), started_at: at("10:00"), blocked_by: "review" },
    ]);
    expect(after(3)).toMatchObject({ blocked_agents: [], active_agents: [{ ...agent, since: at("10:10") }] });
    expect(after(4)).toMatchObject({ active_agents: [], pending_tasks: [] });
    expect(after(4).completed_agents).toEqual([
      { ...agent, since: at("10:20"), started_at: at("10:00"), task_status: "done" },
    ]);
  });

  it("without an id goes by its first event, first in, first out", () => {
    const state = given(spawned("10:00"), spawned("10:01"), completed("10:05")).state();
    expect(state.active_agents).toMatchObject([{ agent_run_id: "e2" }]);
    expect(state.completed_agents).toMatchObject([
      { agent_run_id: "e1", started_at: at("10:00"), inferred: true },
    ]);
    expect(given(spawned("10:00"), blocked("10:01"), completed("10:02")).state()).toMatchObject({
      blocked_agents: [],
      completed_agents: [{ agent_run_id: "e1" }],
    });
  });

  it("without an id is not blocked twice while another one of its name is at work", () => {
    const state = given(spawned("10:00"), spawned("10:01"), blocked("10:02"), blocked("10:03")).state();
    expect(state.active_agents).toEqual([]);
    expect(state.blocked_agents.map(({ agent_run_id }) => agent_run_id)).toEqual(["e1", "e2"]);
  });

  it("is found by its cause where no id is given", () => {
    const caused: Given = ["AgentCompleted", "10:05", { agent_name: "coder" }, { causation_id: "e2" }];
    const state = given(spawned("10:00"), spawned("10:01"), caused).state();
    expect(state.completed_agents).toEqual([
      { agent_name: "coder", agent_run_id: "e2", since: at("10:05"), started_at: at("10:01") },
    ]);
  });

  it("with an id is never taken for another one of its name", () => {
    const state = given(
      spawned("10:00", { agent_run_id: "a" }),
      completed("10:05", { agent_run_id: "b" }),
    ).state();
    expect(state.active_agents).toMatchObject([{ agent_run_id: "a" }]);
    expect(state.completed_agents).toEqual([{ agent_name: "coder", agent_run_id: "b", since: at("10:05") }]);
  });

  it("that has ended can be tried again", () => {
    const failed: Given = [
      "AgentFailed",
      "10:05",
      { agent_name: "coder", agent_run_id: "r", failure_reason: "x" },
    ];
    const first = spawned("10:00", { agent_run_id: "r", assigned_task: "t" });
    expect(given(first, failed, spawned("10:06", { agent_run_id: "r" })).state()).toMatchObject({
      active_agents: [{ agent_run_id: "r", task: "t", since: at("10:06") }],
      failed_agents: [],
    });
  });

  it("is known by the actor's model where nothing else names it", () => {
    const actor = { type: "agent", id: "coder", model: "m" } as const;
    const state = given(["AgentSpawned", "10:00", { agent_name: "coder" }, { actor }]).state();
    expect(state.active_agents).toMatchObject([{ model: "m" }]);
  });

  it("asks for others until they start", () => {
    const asking = completed("10:05", { agent_run_id: "r", next_agents: ["tester", "coder"] });
    const asked = given(asking).state();
    expect(asked.pending_tasks).toEqual([
      { kind: "next_agent", ref: "tester", task: "start tester", since: at("10:05") },
      { kind: "next_agent", ref: "coder", task: "start coder", since: at("10:05") },
    ]);
    expect(given(asking, spawned("10:06")).state().pending_tasks).toMatchObject([{ ref: "tester" }]);
    expect(given(spawned("10:06"), asking).state().pending_tasks).toMatchObject([{ ref: "tester" }]);
  });
});
