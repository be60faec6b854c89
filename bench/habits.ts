import { join } from "node:path";

import { type Config, DEFAULT_CONFIG, type EventStore, openStore } from "../src/index.ts";
import { type Measurement, rate, sampleInput } from "./harness.ts";

const WRITERS = 64;
const EVENTS = WRITERS * 900;
const ROUNDS = 5;

const OFF: Config = {
  ...DEFAULT_CONFIG,
  snapshots: { ...DEFAULT_CONFIG.snapshots, enabled: false },
  summaries: { ...DEFAULT_CONFIG.summaries, enabled: false },
};

/** 64 writers inside runs, with summaries and snapshots as they are by default, beside none of either. */
export async function summariesAndSnapshots(folder: string): Promise<Measurement[]> {
  await using on = await openStore({ path: join(folder, "habits-on") });
  await using off = await openStore({ path: join(folder, "habits-off"), config: OFF });
  for (const store of [on, off]) await openRuns(store);
  const rates = { on: [] as number[], off: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    rates.off.push(await appends(off));
    rates.on.push(await appends(on));
  }
  return [
    {
      name: "W2 inside runs, with automatic summaries and snapshots, beside the same without",
      ours: middle(rates.on),
      baseline: middle(rates.off),
      unit: "events/s",
      kind: "rate",
      bar: ">= 0.8",
    },
  ];
}

const issueOf = (writer: number): string => `BENCH-${writer + 1}`;

async function openRuns(store: EventStore): Promise<void> {
  const actor = { type: "agent", id: "orchestrator" } as const;
  for (let writer = 0; writer < WRITERS; writer++) {
    const metadata = { issue_summary: "A long piece of work", initial_phase: "CODE" };
    await store.logEvent({ event_type: "OrchestrationStarted", issue_key: issueOf(writer), actor, metadata });
  }
}

async function appends(store: EventStore): Promise<number> {
  const each = EVENTS / WRITERS;
  return rate(EVENTS, async () => {
    await Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        for (let index = 0; index < each; index++) await store.logEvent(sampleInput(issueOf(writer), index));
      }),
    );
  });
}

function middle(values: number[]): number {
  return values.sort((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN;
}
