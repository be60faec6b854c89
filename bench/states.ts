import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { type EventStore, openStore } from "../src/index.ts";
import { SeededRandom } from "../src/testing/seeded-random.ts";
import { type Measurement, time } from "./harness.ts";
import { fillRuns } from "./seeded-runs.ts";

const ISSUE = "BENCH-1";
const EVENTS = 100_000;
const RUNS = 200;
const WARM = 300;
const COLD = 30;
const PLAIN = 8;

/** States of one long issue at random moments, with snapshots beside folding from the first event. */
export async function states(folder: string): Promise<Measurement[]> {
  const path = join(folder, "states");
  {
    await using store = await openStore({ path });
    await fillRuns(store, { issue: ISSUE, runs: RUNS, events: EVENTS });
    await store.snapshots?.catchUp(ISSUE);
    await store.index?.refresh(store.log);
  }
  const moments = await momentsOf(path);
  const warm = await warmTimes(path, moments.slice(0, WARM));
  const cold = await coldTimes(path, moments.slice(0, COLD));
  dropSnapshots(path);
  const plain = await warmTimes(path, moments.slice(0, PLAIN));
  const what = `${EVENTS.toLocaleString("en")} events, ${RUNS} runs, beside the plain fold`;
  return [
    row(
      `state at a random time, warm, median of ${WARM} (p95 ${at(warm, 0.95).toFixed(1)} ms), ${what}`,
      warm,
      plain,
    ),
    row(
      `state at a random time, cold, median of ${COLD} (p95 ${at(cold, 0.95).toFixed(1)} ms), ${what}`,
      cold,
      plain,
    ),
  ];
}

function row(name: string, ours: readonly number[], plain: readonly number[]): Measurement {
  return { name, ours: at(ours, 0.5), baseline: at(plain, 0.5), unit: "ms", kind: "time", bar: ">= 20" };
}

const at = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;

async function momentsOf(path: string): Promise<string[]> {
  await using store = await openStore({ path });
  const last = await store.reconstructState(ISSUE);
  const random = new SeededRandom(1);
  const from = Date.UTC(2026, 0, 1);
  const to = Date.parse(last.last_timestamp ?? "");
  return Array.from({ length: WARM }, () => new Date(from + random.below(to - from)).toISOString());
}

async function warmTimes(path: string, moments: readonly string[]): Promise<number[]> {
  await using store = await openStore({ path });
  await store.reconstructState(ISSUE, moments[0]);
  return await timesOf(store, moments);
}

async function coldTimes(path: string, moments: readonly string[]): Promise<number[]> {
  const times: number[] = [];
  for (const moment of moments) {
    await using store = await openStore({ path });
    times.push(...(await timesOf(store, [moment])));
  }
  return times;
}

async function timesOf(store: EventStore, moments: readonly string[]): Promise<number[]> {
  const times: number[] = [];
  for (const moment of moments)
    times.push(await time(async () => void (await store.reconstructState(ISSUE, moment))));
  return times;
}

function dropSnapshots(path: string): void {
  for (const day of readdirSync(path).filter((name) => /^\d{4}-/.test(name))) {
    const folder = join(path, day, ISSUE);
    for (const name of readdirSync(folder)) if (name.startsWith("snapshot-")) rmSync(join(folder, name));
  }
}
