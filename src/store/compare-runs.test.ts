import { describe, expect, test } from "vitest";

import { NotFoundError } from "../errors.ts";
import type { EventInput } from "../event/envelope.ts";
import { openStore } from "../open.ts";
import { historyInputs } from "../projection/testdata/random-history.ts";
import { compareRuns, type RunChoice, type RunComparison, runsOf } from "./compare-runs.ts";
import type { EventStore } from "./event-store.ts";

const actor = { type: "agent", id: "coder" } as const;

/** A run: a step a minute. */
function run(issue_key: string, from: string, steps: readonly (readonly [string, object])[]): EventInput[] {
  const all = [
    ["OrchestrationStarted", { issue_summary: "x", initial_phase: "CODE" }] as const,
    ...steps,
    ["OrchestrationCompleted", {}] as const,
  ];
  return all.map(([event_type, metadata], index) => ({
    event_type,
    issue_key,
    actor,
    metadata,
    timestamp: new Date(Date.parse(from) + index * 60_000).toISOString(),
  }));
}

const CODE = ["PhaseCompleted", { phase: "CODE" }] as const;
const TEST = ["PhaseStarted", { phase: "TEST" }] as const;
const COMMIT = ["CommitCreated", { commit_sha: "4f2a9c1", commit_message: "x" }] as const;

async function opened(): Promise<EventStore> {
  const store = await openStore({ engine: "memory" });
  await store.logEvents(run("PROJ-1", "2026-11-24T10:00:00Z", [CODE, TEST]));
  await store.logEvents(run("PROJ-1", "2026-11-24T12:00:00Z", [COMMIT, CODE, TEST]));
  await store.logEvents(run("PROJ-2", "2026-11-24T12:00:00Z", [CODE, TEST]));
  return store;
}

function compared(store: EventStore, a: RunChoice, b: RunChoice): Promise<RunComparison> {
  return compareRuns(store.history, { a, b });
}

describe("compareRuns", () => {
  test("shows both runs, what only one of them has, and where they go apart", async () => {
    await using store = await opened();
    const { a, b, phases, only_in_a, only_in_b, divergence } = await compared(
      store,
      { issueKey: "PROJ-1", run: 1 },
      { issueKey: "PROJ-1" },
    );
    expect([a.number, b.number, a.status, b.status]).toEqual([1, 2, "completed", "completed"]);
    expect([only_in_a, only_in_b]).toEqual([[], ["CommitCreated"]]);
    expect(divergence).toMatchObject({
      common: 1,
      a: { event_type: "PhaseCompleted" },
      b: { event_type: "CommitCreated" },
    });
    expect(phases[0]).toMatchObject({
      phase: "CODE",
      a_active_seconds: 60,
      b_active_seconds: 120,
      delta_seconds: 60,
    });
  });

  test("finds nothing between runs that did the same, and turns round when its sides do", async () => {
    await using store = await opened();
    const [first, other] = [{ issueKey: "PROJ-1", run: 1 }, { issueKey: "PROJ-2" }];
    expect((await compared(store, first, other)).divergence).toBeNull();
    for (const seed of [1, 2, 3]) {
      const issue_key = `RAND-${seed}`;
      for (const input of historyInputs(seed, 150).inputs) {
        const { event_id: _, ...rest } = input;
        await store.logEvents([{ ...rest, issue_key }]);
      }
    }
    const runs = await runsOf(store.history, "RAND-1");
    for (const { number } of runs.slice(0, 5)) {
      const [a, b] = [{ issueKey: "RAND-1", run: number }, { issueKey: "RAND-2" }];
      const [there, back] = [await compared(store, a, b), await compared(store, b, a)];
      expect(back.a).toEqual(there.b);
      expect(back.divergence).toEqual(
        there.divergence && { common: there.divergence.common, a: there.divergence.b, b: there.divergence.a },
      );
      expect((await compared(store, a, a)).divergence).toBeNull();
    }
  });

  test("runs are numbered by their start, and found by how their ids begin", async () => {
    await using store = await opened();
    const late = run("PROJ-1", "2026-11-23T10:00:00Z", [COMMIT]).map((event) => ({
      ...event,
      correlation_id: "early",
    }));
    await store.logEvents(late);
    const runs = await runsOf(store.history, "PROJ-1");
    expect(runs.map(({ correlation_id }) => correlation_id === "early")).toEqual([true, false, false]);
    expect(runs.map(({ number, events }) => [number, events])).toEqual([
      [1, 3],
      [2, 4],
      [3, 5],
    ]);
    const id = runs[1]?.correlation_id?.slice(0, 12);
    const { a, b } = await compared(
      store,
      { issueKey: "PROJ-1", run: "EAR" },
      { issueKey: "PROJ-1", run: id },
    );
    expect([a.number, b.number]).toEqual([1, 2]);
  });

  test("names the runs that there are when it does not find one", async () => {
    await using store = await opened();
    const missing = compared(store, { issueKey: "PROJ-1", run: 7 }, { issueKey: "PROJ-1" });
    await expect(missing).rejects.toThrow(NotFoundError);
    await expect(missing).rejects.toMatchObject({ hint: expect.stringContaining("1: ") });
    await expect(compared(store, { issueKey: "NONE-1" }, { issueKey: "PROJ-1" })).rejects.toThrow(
      NotFoundError,
    );
  });
});
