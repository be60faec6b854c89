import { join } from "node:path";
import { describe, expect, it } from "vitest";

import type { EventInput } from "../../event/envelope.ts";
import type { AgentMetrics } from "../../projection/metrics/agent-metrics.ts";
import type { RunComparison } from "../../store/compare-runs.ts";
import { openStore } from "../../open.ts";
import { historyInputs } from "../../projection/testdata/random-history.ts";
import { recordEvents, runCli, temporaryFolder } from "../run-cli.fixture.ts";

const agent = { agent_name: "coder", agent_run_id: "c1" };

/** A small run: an agent that finishes, one at work, a red test, an error with a recovery. */
const RUN: readonly Partial<EventInput>[] = [
  { event_type: "OrchestrationStarted", metadata: { issue_summary: "x", initial_phase: "CODE" } },
  { event_type: "AgentSpawned", metadata: { ...agent, agent_model: "claude-opus-5" } },
  { event_type: "AgentSpawned", metadata: { agent_name: "tester\u001b[31m" } },
  { event_type: "ErrorOccurred", metadata: { error_type: "Timeout", error_message: "no answer in 300 ms" } },
  { event_type: "RecoveryAttempted", metadata: { recovery_from: "Timeout" } },
  { event_type: "RecoverySucceeded", metadata: { recovery_from: "Timeout" } },
  {
    event_type: "AgentCompleted",
    metadata: { ...agent, cost_usd: 0.25, tokens: { input: 900, output: 100 } },
  },
  { event_type: "PhaseCompleted", metadata: { phase: "CODE", next_phase: "TEST" } },
  {
    event_type: "TestRunCompleted",
    metadata: { test_suite: "unit", passed: 3, failed: 1, coverage: { lines: 80 } },
  },
];

async function stats(
  store: string,
  ...words: readonly string[]
): Promise<{ code: number | null; document: unknown }> {
  const { code, stdout } = await runCli(["stats", ...words, "--store", store, "--json"]);
  return { code, document: JSON.parse(stdout) };
}

describe("eso stats", () => {
  it("gives the figures of agents, phases, quality and errors as JSON", async () => {
    using folder = temporaryFolder();
    const store = join(folder.path, "s");
    await recordEvents(store, RUN);
    expect(await stats(store, "agents")).toMatchObject({
      code: 0,
      document: {
        schema: "eso.stats-agents/1",
        agents: [
          { agent_name: "coder", completed: 1, cost_usd: 0.25, duration: { finished: 1, median_seconds: 5 } },
          { open: 1, duration: { finished: 0, median_seconds: null, open: 1, open_seconds: 6 } },
        ],
        models: [{ model: "claude-opus-5", completed: 1 }],
        total: { spawned: 2, success: { successes: 1, n: 1 } },
      },
    });
    expect(await stats(store, "phases")).toMatchObject({
      document: { schema: "eso.stats-phases/1", phases: [{ phase: "CODE" }, { phase: "TEST", open: 1 }] },
    });
    expect(await stats(store, "quality")).toMatchObject({
      document: { schema: "eso.stats-quality/1", suites: [{ test_suite: "unit", not_passed: 1 }] },
    });
    expect(await stats(store, "errors")).toMatchObject({
      document: {
        schema: "eso.stats-errors/1",
        complete: true,
        errors: [{ message: "no answer in <n> ms", recoveries: { succeeded: 1 } }],
      },
    });
  });

  it("prints a row a thing without a terminal, hostile names escaped", async () => {
    using folder = temporaryFolder();
    const store = join(folder.path, "s");
    await recordEvents(store, RUN);
    const agents = await runCli(["stats", "agents", "--store", store]);
    expect(agents.stdout.split("\n")[0]).toMatch(/^coder\t1\t1\t0\t0\t0\t0\t5\t5\t5\t1\t/);
    expect(agents.stdout).toContain("tester\\u001b[31m\t");
    expect(agents.stdout).not.toContain("\u001b");
    expect((await runCli(["stats", "agents", "--models", "--store", store])).stdout).toMatch(
      /^claude-opus-5\t1\t/,
    );
    expect((await runCli(["stats", "phases", "--phase", "TEST", "--store", store])).stdout).toMatch(
      /^phase\tTEST\t1\t/,
    );
    expect((await runCli(["stats", "quality", "--store", store])).stdout).toContain("tests\tunit\t1\t0\t1\t");
    expect((await runCli(["stats", "errors", "--store", store])).stdout).toMatch(
      /^1\t.*\tTimeout\tno answer in <n> ms\n$/,
    );
    const none = await runCli(["stats", "agents", "--issue", "NONE-1", "--store", store]);
    expect(none).toMatchObject({ code: 0, stdout: "" });
    expect(none.stderr).toContain("No events match");
    expect((await runCli(["stats", "agents", "--from", "seq:3", "--store", store])).code).toBe(2);
  });

  it("leaves out what was recorded later, so that answers of the past do not change", async () => {
    using folder = temporaryFolder();
    const store = join(folder.path, "s");
    await recordEvents(store, RUN);
    const until = ["--recorded-to", "2026-11-24T13:00:09Z"];
    const before = await stats(store, "agents", ...until);
    expect((before.document as AgentMetrics).total.open).toBe(1);
    const later = [
      {
        event_type: "AgentCompleted",
        metadata: { agent_name: "tester\u001b[31m" },
        timestamp: "2026-11-24T13:00:05Z",
      },
      { event_type: "OrchestrationCompleted", metadata: {} },
    ];
    await recordEvents(store, later, Date.UTC(2026, 10, 24, 14));
    expect(await stats(store, "agents", ...until)).toEqual(before);
    expect(((await stats(store, "agents")).document as AgentMetrics).total.open).toBe(0);
  });

  it("says the same of an issue as of its events in a whole store", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "s");
    {
      await using store = await openStore({ path });
      const { inputs } = historyInputs(5, 120);
      for (const input of inputs) await store.logEvents([input]);
    }
    const whole = await stats(path, "quality");
    expect(await stats(path, "quality", "--issue", "PROJ-123")).toEqual(whole);
  });
});

describe("eso compare", () => {
  it("compares two runs, and names those that there are", async () => {
    using folder = temporaryFolder();
    const store = join(folder.path, "s");
    await recordEvents(store, [...RUN, { event_type: "OrchestrationCompleted", metadata: {} }]);
    const alone = await runCli(["compare", "PROJ-1", "--store", store]);
    expect(alone).toMatchObject({ code: 3 });
    expect(alone.stderr).toContain("has only one run");
    await recordEvents(store, RUN.slice(0, 2), Date.UTC(2026, 10, 24, 15));
    const { code, stdout } = await runCli(["compare", "PROJ-1", "--store", store, "--json"]);
    expect(code).toBe(0);
    const document = JSON.parse(stdout) as RunComparison;
    expect(document).toMatchObject({
      schema: "eso.compare/1",
      a: { number: 1, status: "completed" },
      b: { number: 2, status: "in_progress" },
      divergence: { common: 2, a: { event_type: "AgentSpawned" }, b: null },
    });
    const last = await runCli(["compare", "PROJ-1#1", "PROJ-1#last", "--store", store]);
    expect(last.stdout).toContain("run\tPROJ-1#1\tPROJ-1#2\n");
    expect(last.stdout).toContain("status\tcompleted\tin progress\t");
    const id = document.b.correlation_id?.slice(0, 13);
    expect((await runCli(["compare", "PROJ-1#1", `PROJ-1#${id}`, "--store", store])).stdout).toBe(
      last.stdout,
    );
    expect((await runCli(["compare", "PROJ-1#9", "PROJ-1", "--store", store])).code).toBe(3);
    expect((await runCli(["compare", "PROJ-1#", "PROJ-1", "--store", store])).code).toBe(2);
    expect((await runCli(["compare", "PROJ-1#1", "--store", store])).code).toBe(2);
    expect((await runCli(["compare", "NONE-1", "PROJ-1", "--store", store])).code).toBe(3);
  });
});
