import { cpSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { EventInput } from "../event/envelope.ts";
import { RULES, temporaryFolder } from "./claude-code/session.fixture.ts";
import type { RunStep } from "./claude-code/runs.ts";
import { type DrainOptions, drainSpool } from "./spool.ts";
import { spoolPlaces } from "./spool-files.ts";
import { takeSpoolLock } from "./spool-lock.ts";

class Killed extends Error {}

/** A record of facts that keeps the first sighting of each. */
class Facts {
  readonly byKey = new Map<string, EventInput>();

  add(events: readonly EventInput[]): void {
    for (const event of events)
      if (!this.byKey.has(event.idempotency_key ?? "")) this.byKey.set(event.idempotency_key ?? "", event);
  }
}

const STEPS = new Map<string, RunStep["type"]>([
  ["OrchestrationStarted", "started"],
  ["PhaseStarted", "phase"],
]);

/** A drain into these facts, unless they are delivered otherwise. */
function options(store: string, facts: Facts, deliver?: DrainOptions["deliver"]): DrainOptions {
  const stepsOf = (issue: string): RunStep[] =>
    [...facts.byKey.values()]
      .filter((event) => event.issue_key === issue && STEPS.has(event.event_type))
      .map(
        ({ event_type, timestamp: at = "", event_id, correlation_id, idempotency_key: key, metadata }) => ({
          type: STEPS.get(event_type) ?? "phase",
          at,
          correlation: correlation_id ?? event_id ?? "",
          key,
          phase: (metadata as { phase?: string }).phase ?? "EXPLORE",
        }),
      );
  const keep: DrainOptions["deliver"] = (events) => {
    facts.add(events);
    return Promise.resolve([]);
  };
  return {
    store,
    rules: RULES,
    now: Date.UTC(2026, 5, 2),
    stepsOf: (issue) => Promise.resolve(stepsOf(issue)),
    deliver: deliver ?? keep,
  };
}

/** Writes a hook's file; the time of writing tells the order. */
function put(store: string, n: number): void {
  const { spool } = spoolPlaces(store);
  mkdirSync(spool, { recursive: true });
  const path = join(spool, `cc-${n % 3}-${n}.hook`);
  const failed = n % 3 === 0;
  const payload = {
    session_id: `s-${n % 2}`,
    prompt_id: "p",
    hook_event_name: failed ? "PostToolUseFailure" : "PostToolUse",
    tool_name: "Bash",
    tool_use_id: `t-${n}`,
    tool_input: { command: n % 2 === 0 ? "npm test" : "git push" },
    tool_response: { stdout: " Tests  5 passed (5)" },
    error: "Exit code 1\nerror: x",
  };
  writeFileSync(path, `eso-hook/1 PROJ-1\n${JSON.stringify(payload)}`);
  utimesSync(path, 1_780_000_000 + n, 1_780_000_000 + n);
}

describe("draining", () => {
  it("comes to the same facts, wherever it is killed and started again", async () => {
    const steps = fc.array(
      fc.record({
        hooks: fc.integer({ min: 0, max: 6 }),
        dies: fc.constantFrom("before", "after", "late", "never"),
      }),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (rounds) => {
        using whole = temporaryFolder();
        using killed = temporaryFolder();
        const [expected, facts] = [new Facts(), new Facts()];
        let n = 0;
        for (const { hooks, dies } of rounds) {
          for (const end = n + hooks; n < end; n += 1) for (const { path } of [whole, killed]) put(path, n);
          await drainSpool(options(whole.path, expected));
          await dieing(killed.path, facts, dies);
        }
        await drainSpool(options(killed.path, facts));
        expect(facts.byKey).toEqual(expected.byKey);
        expect(readdirSync(spoolPlaces(killed.path).spool, { recursive: true })).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it("leaves the spool to whoever is at it", async () => {
    using folder = temporaryFolder();
    put(folder.path, 1);
    using lock = await takeSpoolLock(spoolPlaces(folder.path).lock);
    expect(lock.held).toBe(true);
    expect(await drainSpool(options(folder.path, new Facts()))).toMatchObject({ busy: true, hooks: 0 });
    expect(readdirSync(spoolPlaces(folder.path).spool)).toHaveLength(1);
  });

  it("keeps what the store refuses, with the reason", async () => {
    using folder = temporaryFolder();
    put(folder.path, 1);
    const report = await drainSpool(
      options(folder.path, new Facts(), () => Promise.resolve([{ reason: "no such phase" }])),
    );
    expect(report).toMatchObject({ hooks: 1, quarantined: 1 });
    expect(readdirSync(spoolPlaces(folder.path).quarantine)).toHaveLength(2);
  });
});

/** A drain whose process dies: before anything is recorded, just after, or before the files are removed. */
async function dieing(store: string, facts: Facts, dies: string): Promise<void> {
  const { spool } = spoolPlaces(store);
  using copy = temporaryFolder();
  mkdirSync(spool, { recursive: true });
  if (dies === "late") cpSync(spool, copy.path, { recursive: true, preserveTimestamps: true });
  try {
    await drainSpool(
      options(store, facts, (events) => {
        if (dies === "before") throw new Killed();
        facts.add(events);
        if (dies === "after") throw new Killed();
        return Promise.resolve([]);
      }),
    );
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
  if (dies === "late") cpSync(copy.path, spool, { recursive: true, preserveTimestamps: true });
}
