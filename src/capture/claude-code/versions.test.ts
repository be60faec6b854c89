import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

import { eventsIn, metadataOf, typesOf } from "./session.fixture.ts";
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
    agent_run_id: /^1/.test(version) ? "toolu_a" : expect.any(String),
  });
});

it("an agent's tokens are its own where it has a file of its own, and inner agents' are the session's", async () => {
  const of = async (version: string): Promise<unknown[]> => {
    const events = await eventsIn(fileURLToPath(new URL(`testdata/${version}`, import.meta.url)));
    return metadataOf(events, "AgentCompleted").map(
      ({ tokens }) => (tokens as { output: number } | undefined)?.output,
    );
  };
  expect(await of("1.0")).toEqual([undefined, 15]);
  expect(await of("2.0")).toEqual([5, 10]);
  expect(await of("2.1.39")).toEqual([5, 15]);
});
