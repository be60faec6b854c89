import { expect, test } from "vitest";

import { createCodec } from "../event/codec.ts";
import { simulate } from "./simulate.ts";
import { TRUTH } from "./truth.ts";

const UNTIL = Date.UTC(2026, 10, 24);
const events = simulate({ until: UNTIL, orchestrations: 600, days: 90 });
const count = (type: string, where: (metadata: Record<string, unknown>) => boolean = () => true): number =>
  events.filter(
    ({ event_type, metadata }) => event_type === type && where(metadata as Record<string, unknown>),
  ).length;

test("every simulated event is one that the store takes, and the same seed gives the same", async () => {
  const codec = await createCodec({ defaultSessionId: "demo" });
  for (const event of events) expect(() => codec.prepare(event)).not.toThrow();
  expect(simulate({ until: UNTIL, orchestrations: 600, days: 90 })).toEqual(events);
  expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(events.length);
  expect(events.every(({ timestamp = "" }) => Date.parse(timestamp) <= UNTIL)).toBe(true);
});

test("the events tell of the team as it really is, within what chance allows", () => {
  for (const { name, success } of TRUTH.agents) {
    const done = count("AgentCompleted", (metadata) => metadata["agent_name"] === name);
    const failed = count("AgentFailed", (metadata) => metadata["agent_name"] === name);
    const n = done + failed;
    const allowed = 4 * Math.sqrt((success * (1 - success)) / n);
    expect(Math.abs(done / n - success), name).toBeLessThan(allowed);
  }
  const started = count("OrchestrationStarted");
  const failed = count("OrchestrationFailed");
  expect(Math.abs(failed / started - TRUTH.fails)).toBeLessThan(
    4 * Math.sqrt((TRUTH.fails * (1 - TRUTH.fails)) / started),
  );
});

test("late records, second runs and unfinished work are among them", () => {
  const times = events.map(({ timestamp = "" }) => timestamp);
  expect(times.some((time, index) => index > 0 && time < (times[index - 1] ?? ""))).toBe(true);
  const starts = events
    .filter(({ event_type }) => event_type === "OrchestrationStarted")
    .map(({ issue_key }) => issue_key);
  expect(new Set(starts).size).toBeLessThan(starts.length);
  expect(count("OrchestrationCompleted") + count("OrchestrationFailed")).toBeLessThan(starts.length);
});
