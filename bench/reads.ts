import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";

import { type EventStore, openStore } from "../src/index.ts";
import { type Measurement, medianOf, rate, sampleInput } from "./harness.ts";

const EVENTS = 120_000;
const ROUNDS = 5;
const CHUNK = 1024 * 1024;

/** One long stream, read and parsed: ours beside the same file read in chunks, split at LF and parsed. */
export async function streamRead(folder: string): Promise<Measurement> {
  const path = join(folder, "read");
  {
    await using store = await openStore({ path, durability: "os" });
    await fill(store, EVENTS, () => "READ-1");
  }
  await using store = await openStore({ path });
  const file = join(
    path,
    readdirSync(path).find((name) => /^\d{4}/.test(name)) as string,
    "READ-1",
    "events.jsonl",
  );
  const ours = (): Promise<number> =>
    rate(EVENTS, async () => {
      let events = 0;
      for await (const event of store.readStream("READ-1")) events += event.event_sequence > 0 ? 1 : 0;
      if (events !== EVENTS) throw new Error(`read ${events} of ${EVENTS}`);
    });
  const bare = (): Promise<number> => rate(EVENTS, () => void bareRead(file));
  await ours();
  bareRead(file);
  const baseline = await medianOf(ROUNDS, bare);
  const value = await medianOf(ROUNDS, ours);
  return { name: "stream read", ours: value, baseline, unit: "events/s", kind: "rate", bar: ">= 0.7" };
}

/** Appends sample events in large batches. */
export async function fill(
  store: EventStore,
  events: number,
  streamOf: (index: number) => string,
): Promise<void> {
  const batch = 1000;
  for (let from = 0; from < events; from += batch) {
    const count = Math.min(batch, events - from);
    await store.logEvents(
      Array.from({ length: count }, (_, index) => sampleInput(streamOf(from + index), from + index)),
    );
  }
}

function bareRead(path: string): number {
  const file = openSync(path, "r");
  const buffer = Buffer.alloc(CHUNK);
  let rest = Buffer.alloc(0);
  let events = 0;
  for (
    let got = readSync(file, buffer, 0, CHUNK, null);
    got > 0;
    got = readSync(file, buffer, 0, CHUNK, null)
  ) {
    const bytes = Buffer.concat([rest, buffer.subarray(0, got)]);
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      const event = JSON.parse(bytes.toString("utf8", start, end)) as { event_sequence: number };
      if (event.event_sequence > 0) events++;
      start = end + 1;
    }
    rest = Buffer.from(bytes.subarray(start));
  }
  closeSync(file);
  return events;
}
