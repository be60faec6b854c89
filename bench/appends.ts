import { spawn } from "node:child_process";
import { closeSync, fdatasync, fdatasyncSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

import { type EventStore, openStore } from "../src/index.ts";
import { type Measurement, rate, sampleInput } from "./harness.ts";

const W1_EVENTS = 4_000;
const W2_EVENTS = 64 * 1_500;
const W3_BATCHES = 400;
const BATCH = 100;
const W4_PROCESSES = 8;
const W4_EVENTS = 1_000;
const AT_ONCE = 64;

/** A stored line's bytes, for baselines that write the same. */
const LINE = Buffer.from(`${JSON.stringify({ ...sampleInput("LINE-1", 1), pad: "x".repeat(250) })}\n`);

function streamName(index: number): string {
  return `BENCH-${index + 1}`;
}

/** 64 writers, each appending one event at a time to streams of its own. */
export async function concurrentAppends(
  store: EventStore,
  events: number,
  streams = AT_ONCE,
): Promise<number> {
  const each = Math.floor(events / AT_ONCE);
  const perWriter = Math.max(1, Math.floor(streams / AT_ONCE));
  return rate(each * AT_ONCE, async () => {
    await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, writer) => {
        for (let index = 0; index < each; index++) {
          await store.logEvent(sampleInput(streamName(writer * perWriter + (index % perWriter)), index));
        }
      }),
    );
  });
}

export async function oneByOne(folder: string): Promise<Measurement> {
  await using store = await openStore({ path: join(folder, "w1") });
  const write = (): Promise<number> =>
    rate(W1_EVENTS, async () => {
      for (let index = 0; index < W1_EVENTS; index++) await store.logEvent(sampleInput("BENCH-1", index));
    });
  await write();
  const bare = (name: string): Promise<number> =>
    rate(W1_EVENTS, () => {
      const file = openSync(join(folder, name), "w");
      for (let index = 0; index < W1_EVENTS; index++) {
        writeSync(file, LINE);
        fdatasyncSync(file);
      }
      closeSync(file);
    });
  // Interleaved, since a shared disk changes its mood within seconds.
  const rounds = [
    await bare("w1-a"),
    await write(),
    await bare("w1-b"),
    await write(),
    await bare("w1-c"),
  ] as const;
  const ours = (rounds[1] + rounds[3]) / 2;
  const baseline = (rounds[0] + rounds[2] + rounds[4]) / 3;
  return {
    name: "W1: one stream, one by one",
    ours,
    baseline,
    unit: "events/s",
    kind: "rate",
    bar: ">= 0.8",
  };
}

const flushed = (file: number): Promise<void> =>
  new Promise((resolve, reject) => fdatasync(file, (error) => (error === null ? resolve() : reject(error))));

export async function manyStreams(folder: string): Promise<Measurement> {
  const files = Array.from({ length: AT_ONCE }, (_, index) => openSync(join(folder, `w2-${index}`), "w"));
  const perFile = (events: number): Promise<number> =>
    rate(events, async () => {
      await Promise.all(
        files.map(async (file) => {
          for (let index = 0; index < events / AT_ONCE; index++) {
            writeSync(file, JSON.stringify(sampleInput("LINE-1", index)));
            writeSync(file, LINE, 0, 300);
            await flushed(file);
          }
        }),
      );
    });
  await using store = await openStore({ path: join(folder, "w2") });
  await concurrentAppends(store, W2_EVENTS / 2);
  const baselineA = await perFile(W2_EVENTS / 4);
  const ours = await concurrentAppends(store, W2_EVENTS);
  const baselineB = await perFile(W2_EVENTS / 4);
  for (const file of files) closeSync(file);
  const baseline = (baselineA + baselineB) / 2;
  const name = "W2: 64 streams at once, beside one flush per file";
  return { name, ours, baseline, unit: "events/s", kind: "rate", bar: ">= 4" };
}

export async function batches(folder: string): Promise<Measurement> {
  await using store = await openStore({ path: join(folder, "w3") });
  const inputs = Array.from({ length: BATCH }, (_, index) => sampleInput("BENCH-3", index));
  const write = (): Promise<number> =>
    rate(W3_BATCHES * BATCH, async () => {
      for (let batch = 0; batch < W3_BATCHES; batch++) await store.logEvents(inputs);
    });
  const file = openSync(join(folder, "w3-bare"), "w");
  const bare = (): Promise<number> =>
    rate(W3_BATCHES * BATCH, () => {
      for (let batch = 0; batch < W3_BATCHES; batch++) {
        writeSync(file, inputs.map((input) => `${JSON.stringify({ ...input, pad: PAD })}\n`).join(""));
        fdatasyncSync(file);
      }
    });
  await write();
  const rounds = [await bare(), await write(), await bare(), await write()] as const;
  closeSync(file);
  const ours = (rounds[1] + rounds[3]) / 2;
  return {
    name: "W3: batches of 100",
    ours,
    baseline: (rounds[0] + rounds[2]) / 2,
    unit: "events/s",
    kind: "rate",
    bar: ">= 0.5",
  };
}

const PAD = "x".repeat(250);

/** Runs this file's worker in several processes at once; the rate counts from the first start to the last end. */
export async function manyProcesses(folder: string): Promise<Measurement> {
  const run = (mode: "ours" | "bare"): Promise<number> => {
    const path = join(folder, `w4-${mode}`);
    mkdirSync(path, { recursive: true });
    return rate(W4_PROCESSES * W4_EVENTS, async () => {
      const workers = Array.from({ length: W4_PROCESSES }, (_, index) => worker(mode, path, index));
      await Promise.all(workers);
    });
  };
  const baseline = await run("bare");
  const ours = await run("ours");
  return {
    name: "W4: 8 processes, one by one",
    ours,
    baseline,
    unit: "events/s",
    kind: "rate",
    bar: "shown",
  };
}

function worker(mode: string, path: string, index: number): Promise<void> {
  const child = spawn(process.execPath, [import.meta.filename, mode, path, String(index)], {
    stdio: "inherit",
  });
  return new Promise((resolve, reject) => {
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`worker ended with ${code}`))));
  });
}

async function work(mode: string | undefined, path: string, index: number): Promise<void> {
  if (mode === "bare") {
    const file = openSync(join(path, `file-${index}`), "w");
    for (let event = 0; event < W4_EVENTS; event++) {
      writeSync(file, LINE);
      fdatasyncSync(file);
    }
    return;
  }
  await using store = await openStore({ path });
  for (let event = 0; event < W4_EVENTS; event++)
    await store.logEvent(sampleInput(`BENCH-${index + 1}`, event));
}

if (process.argv[1] === import.meta.filename) {
  const [mode, path, index] = process.argv.slice(2);
  await work(mode, path as string, Number(index));
}
