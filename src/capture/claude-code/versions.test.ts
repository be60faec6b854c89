import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { expect, it } from "vitest";

import { eventsIn, metadataOf, Script, temporaryFolder, typesOf } from "./session.fixture.ts";
import type { PassedOver } from "./transcript-file.ts";

/** Transcripts in the forms of several versions of Claude Code, with what was particular to each. */
const FORMS = {
  "1.0": ["AgentSpawned", "AgentCompleted", "TestRunStarted", "TestRunCompleted"],
  "2.0": ["AgentSpawned", "AgentCompleted", "CommitCreated"],
  "2.1.39": ["AgentSpawned", "AgentCompleted", "TestRunStarted", "TestRunCompleted"],
  "2.1.330": ["AgentSpawned", "AgentCompleted", "PRCreated", "PRCreated"],
} as const;

it.each(Object.entries(FORMS))("transcripts of %s are understood", async (version, types) => {
  const passedOver: PassedOver = { lines: 0, kinds: new Map() };
  const events = await eventsIn(fileURLToPath(new URL(`testdata/${version}`, import.meta.url)), {
    passedOver,
  });
  expect(typesOf(events)).toEqual([
    "OrchestrationStarted",
    "AgentSpawned",
    ...types,
    "AgentCompleted",
    "OrchestrationPaused",
  ]);
  expect(new Set(events.map(({ issue_key }) => issue_key))).toEqual(new Set(["PROJ-5"]));
  expect(passedOver).toEqual({
    lines: 0,
    kinds: version === "2.1.330" ? new Map([["hologram", 1]]) : new Map(),
  });
  expect(metadataOf(events, "AgentCompleted")[0]).toMatchObject({
    agent_run_id: version.startsWith("1") ? "toolu_a" : expect.any(String),
  });
});

const outputTokens = async (version: string): Promise<unknown[]> => {
  const events = await eventsIn(fileURLToPath(new URL(`testdata/${version}`, import.meta.url)));
  return metadataOf(events, "AgentCompleted").map(
    ({ tokens }) => (tokens as { output: number } | undefined)?.output,
  );
};

it("an agent's tokens are its own where it has a file of its own, and inner agents' are the session's", async () => {
  expect(await outputTokens("1.0")).toEqual([undefined, 15]);
  expect(await outputTokens("2.0")).toEqual([5, 10]);
  expect(await outputTokens("2.1.39")).toEqual([5, 15]);
});

/** Where values stand in an entry, nested ones included. */
function placesIn(value: unknown): [Record<string, unknown>, string][] {
  if (typeof value !== "object" || value === null) return [];
  const fields = value as Record<string, unknown>;
  return Object.keys(fields).flatMap((key) => [
    [fields, key] as [Record<string, unknown>, string],
    ...placesIn(fields[key]),
  ]);
}

it("a transcript in which anything stands anywhere gives events that the store takes", async () => {
  const session = new Script().command("work", "PROJ-1");
  const agent = session.call("Agent", { subagent_type: "coder", description: "x" });
  session
    .bash("npm test", "Exit code 1\n Tests  1 failed (1)", { error: true })
    .bash("git commit", "[PROJ-1 1234567] x");
  session.result(
    session.call("TaskUpdate", { taskId: "4", status: "completed", metadata: { phase: "CODE" } }),
    "ok",
  );
  session.bash("gh pr create", "https://github.com/acme/shop/pull/7", {
    response: { gitOperation: { pr: { number: 7 } } },
  });
  session.result(session.call("mcp__jira__add_worklog", { timeSpent: "1h" }), "ok", {
    response: { id: "7" },
  });
  session.result(session.call("ReportFindings", {}), "ok", {
    response: { findings: [{ category: "x", severity: "low" }] },
  });
  session.result(agent, "done", { response: { status: "completed", agentId: "a1", totalDurationMs: 5 } });
  using folder = temporaryFolder();
  const lines = readFileSync(session.write(folder.path), "utf8").trim().split("\n");
  const change = fc.record({
    line: fc.nat(lines.length - 1),
    place: fc.nat(),
    value: fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(
        "__proto__",
        "valueOf",
        "",
        -1,
        1e300,
        "+275760-09-13T00:00:00.000Z",
        "0001-01-01",
        "\ud800",
        "x".repeat(70_000),
      ),
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
      const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      for (const { line, place, value } of changes) {
        const places = placesIn(entries[line]);
        const [fields, key] = places[place % places.length] ?? [{}, ""];
        Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true });
      }
      using changed = temporaryFolder();
      const path = join(changed.path, `${session.session}.jsonl`);
      writeFileSync(path, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
      await eventsIn(path);
    }),
    { numRuns: 150 },
  );
});
