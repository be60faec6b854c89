import { readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";

import { type CheckedStore, mustBeWhole } from "./check-store.ts";
import { bringBack, type FolderState, overwrite, stateOf } from "./folder-state.ts";
import { comment, drain, openWith, prepareFolder, readRecord, startWriter } from "./support.ts";

/** How the cut positions are chosen: every byte, or every `step`-th from `first` on. */
export interface Cuts {
  readonly first: number;
  readonly step: number;
}

const LINES = 9;
const TORN = 3;
const DAY_FOLDER = /^\d{4}-\d{2}-\d{2}$/;

export function eventsFileOf(base: string, stream: string): string {
  const day = readdirSync(base).find((name) => DAY_FOLDER.test(name)) ?? "no day";
  return join(base, day, stream, "events.jsonl");
}

/** A small closed store: `LINES` events in one stream, a frame each, of different lengths. */
export async function smallStore(base: string): Promise<CheckedStore> {
  prepareFolder(base);
  const store = await openWith(base);
  for (let index = 1; index <= LINES; index++)
    await store.logEvent(comment("PROJ-1", `c${index}`, "é".repeat(index)));
  await store.logEvent(comment("OTHER-1", "other"));
  await store.close();
  return mustBeWhole(base);
}

function startOfLine(bytes: Buffer, fromEnd: number): number {
  let at = bytes.length;
  for (let line = 0; line < fromEnd; line++) at = bytes.lastIndexOf(10, at - 2) + 1;
  return at;
}

function* cutsBetween(from: number, to: number, { first, step }: Cuts): Generator<number> {
  for (let at = from + (first % step); at <= to; at += step) yield at;
}

/**
 * After a power loss: the file's last lines are torn at each byte, the journal has them, and nothing says that
 * anybody has recovered. All lines come back, what was done is recorded, a second opening does nothing.
 */
export async function tearFiles(base: string, cuts: Cuts): Promise<number> {
  const before = await smallStore(base);
  const lines = before.streams.get("PROJ-1")?.map(({ line }) => line);
  const state = stateOf(base);
  const path = eventsFileOf(base, "PROJ-1");
  const whole = readFileSync(path);
  let cut = 0;
  for (const at of cutsBetween(startOfLine(whole, TORN), whole.length - 1, cuts)) {
    bringBack(base, state);
    truncateSync(path, at);
    rmSync(join(base, ".store", "head"));
    await drain(base);
    same(
      `torn at ${at}`,
      mustBeWhole(base)
        .streams.get("PROJ-1")
        ?.map(({ line }) => line),
      lines,
    );
    mustBeRecorded(base, 1, `torn at ${at}`);
    await drain(base);
    mustBeRecorded(base, 1, `torn at ${at}, second opening`);
    cut++;
  }
  return cut;
}

/** As `tearFiles`, but the last sector was never written: the bytes behind the tear are zeros, not missing. */
export async function zeroFiles(base: string, cuts: Cuts): Promise<number> {
  const before = await smallStore(base);
  const lines = before.streams.get("PROJ-1")?.map(({ line }) => line);
  const state = stateOf(base);
  const path = eventsFileOf(base, "PROJ-1");
  const whole = readFileSync(path);
  let cut = 0;
  for (const at of cutsBetween(startOfLine(whole, TORN), whole.length - 1, cuts)) {
    bringBack(base, state);
    overwrite(path, Buffer.concat([whole.subarray(0, at), Buffer.alloc(whole.length - at)]));
    rmSync(join(base, ".store", "head"));
    await drain(base);
    same(
      `zeros from ${at}`,
      mustBeWhole(base)
        .streams.get("PROJ-1")
        ?.map(({ line }) => line),
      lines,
    );
    cut++;
  }
  return cut;
}

/**
 * After a power loss in mid-flush: the journal is torn at each byte of its last frames, which nobody was told
 * about. What is whole stays, the rest is kept aside, and appending goes on without a gap.
 */
export async function tearJournal(base: string, cuts: Cuts): Promise<number> {
  prepareFolder(base);
  const store = await openWith(base);
  for (let index = 1; index <= LINES; index++)
    await store.logEvent(comment("PROJ-1", `c${index}`, "é".repeat(index)));
  await store.close();
  const all = mustBeWhole(base).streams.get("PROJ-1") ?? [];
  const state = stateOf(base);
  const journal = join(base, ".store", "journal", "00000001");
  const bytes = readFileSync(journal);
  const frames = [...bytes.toString("latin1").matchAll(/^F \d+ \d+ /gm)].map(({ index }) => index);
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  let cut = 0;
  for (const at of cutsBetween(frames.at(-TORN) ?? 0, end - 1, cuts)) {
    bringBack(base, state);
    const kept = frames.filter((_, index) => (frames[index + 1] ?? end) <= at).length;
    overwrite(journal, Buffer.concat([bytes.subarray(0, at), Buffer.alloc(bytes.length - at)]));
    truncateSync(eventsFileOf(base, "PROJ-1"), all[kept]?.offset ?? 0);
    rmSync(join(base, ".store", "head"));
    await drain(base);
    const found = mustBeWhole(base)
      .streams.get("PROJ-1")
      ?.map(({ line }) => line);
    same(
      `journal torn at ${at}`,
      found,
      all.slice(0, kept).map(({ line }) => line),
    );
    const torn = frames.includes(at) ? 0 : 1;
    mustBeRecorded(base, torn, `journal torn at ${at}`);
    await mustTakeMore(base, kept);
    mustBeRecorded(base, torn, `journal torn at ${at}, second opening`);
    cut++;
  }
  return cut;
}

async function mustTakeMore(base: string, kept: number): Promise<void> {
  const store = await openWith(base);
  const ack = await store.logEvent(comment("PROJ-1", "after"));
  await store.close();
  if (ack.event_sequence !== kept + 1) throw new Error(`the next event got sequence ${ack.event_sequence}`);
  mustBeWhole(base);
}

/**
 * A writer is killed while it brings acknowledged lines to their file, which so ends at each byte of them.
 * The journal has the lines; nothing was lost, so nothing needs recording.
 */
export async function tearApply(folder: string, cuts: Cuts): Promise<number> {
  const base = join(folder, "store");
  prepareFolder(base);
  const first = await openWith(base);
  await first.logEvent(comment("PROJ-1", "first"));
  await first.close();
  const journal = join(folder, "killed");
  const job = { path: base, journal, prefix: "killed", streams: ["PROJ-1"], events: TORN, linger: true };
  const writer = startWriter({ ...job, applyIntervalMs: 3_600_000 });
  while ((await writer.line()) !== "done");
  writer.child.kill("SIGKILL");
  await writer.ended;
  const state: FolderState = stateOf(base);
  const path = eventsFileOf(base, "PROJ-1");
  const applied = readFileSync(path);
  await drain(base);
  const whole = readFileSync(path);
  if (whole.length <= applied.length) throw new Error("the killed writer had applied its lines already");
  let cut = 0;
  for (const at of cutsBetween(applied.length, whole.length, cuts)) {
    bringBack(base, state);
    overwrite(path, whole.subarray(0, at));
    await drain(base);
    mustBeWhole(base, { acknowledged: readRecord(journal).acknowledged });
    mustBeRecorded(base, 0, `killed at ${at}`);
    cut++;
  }
  return cut;
}

function mustBeRecorded(base: string, times: number, when: string): void {
  const recorded =
    mustBeWhole(base)
      .streams.get("global")
      ?.filter(({ event_type }) => event_type === "StoreRecovered") ?? [];
  if (recorded.length !== times)
    throw new Error(`${when}: StoreRecovered stands there ${recorded.length} times, not ${times}`);
}

function same(
  when: string,
  found: readonly string[] | undefined,
  wanted: readonly string[] | undefined,
): void {
  if (JSON.stringify(found ?? []) !== JSON.stringify(wanted ?? [])) {
    throw new Error(`${when}: ${found?.length} lines, not the ${wanted?.length} that were written`);
  }
}
