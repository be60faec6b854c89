import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { NotFoundError } from "../../src/index.ts";
import { listArchive } from "../../src/store/archive/list-archive.ts";
import { restoreArchive } from "../../src/store/archive/restore-archive.ts";
import { runArchive } from "../../src/store/archive/run-archive.ts";
import { answers, filesBelow, folder, openLater, partsOf, recordDays } from "./store-days.ts";

const PER_DAY = 60;
const DAYS = 4;
const EVENTS = PER_DAY * DAYS;
/** The clock of those who look back. */
const LATER = 100;

async function answered(path: string): Promise<string> {
  await using store = await openLater(path, LATER);
  return await answers(store, EVENTS);
}

const isEventFile = (name: string): boolean => name.endsWith("events.jsonl");

test("an archived store gives the same answers, also when everything derived is made anew", async () => {
  const path = folder();
  await recordDays(path, DAYS, PER_DAY);
  const before = await answered(path);
  const plain = filesBelow(path);
  {
    await using store = await openLater(path, LATER);
    const run = await runArchive(partsOf(store, path, LATER), { olderThanDays: 90 });
    const closed = [...plain.keys()].filter(isEventFile);
    expect(run.files.map(({ file }) => file).sort()).toEqual(closed);
    expect(run.archive_bytes).toBeLessThan(run.bytes);
    expect(await answers(store, EVENTS)).toBe(before);
    expect((await runArchive(partsOf(store, path, LATER), { olderThanDays: 90 })).files).toEqual([]);
  }
  const left = [...filesBelow(path).keys()].filter(isEventFile);
  // Only the records of the archiving itself are live.
  expect(left.every((name) => !plain.has(name))).toBe(true);
  for (const lost of ["catalog.db", "catalog.db-wal", "catalog.db-shm", "order", "ids", "index.db"])
    rmSync(join(path, ".store", lost), { recursive: true, force: true });
  expect(await answered(path)).toBe(before);
  // Recovery meets the lines in the journal again.
  rmSync(join(path, ".store", "head"));
  expect(await answered(path)).toBe(before);
  {
    await using store = await openLater(path, LATER + 1);
    const restored = await restoreArchive(partsOf(store, path, LATER + 1), { issue: "PROJ-1" });
    for (const { file } of restored) {
      expect(readFileSync(join(path, file))).toEqual(plain.get(file));
      expect(statSync(join(path, file)).mode & 0o777).toBe(0o400);
    }
    expect(restored.length).toBe(DAYS);
    // What was brought back stays for as long as anything else would.
    expect((await runArchive(partsOf(store, path, LATER + 2), { olderThanDays: 90 })).files).toEqual([]);
  }
  expect(await answered(path)).toBe(before);
});

test("every move is recorded in its stream, and files of nothing but such records stay", async () => {
  const path = folder();
  await recordDays(path, 2, 20);
  await using store = await openLater(path, LATER);
  const { files } = await runArchive(partsOf(store, path, LATER), { olderThanDays: 0 });
  const records = await Array.fromAsync(store.queryEvents({ eventTypes: "StoreArchived" }));
  expect(records.map(({ metadata }) => metadata["file"] as string).sort()).toEqual(
    files.map(({ file }) => file).sort(),
  );
  const listed = await listArchive(partsOf(store, path, LATER));
  for (const { metadata, issue_key } of records) {
    const { file, bytes, sha256, archive_bytes } = metadata;
    const [entry] = listed.filter((one) => one.file === file);
    expect(entry).toMatchObject({ place: "archived", bytes, sha256, archive_bytes, held: false });
    expect(issue_key ?? "global").toBe(entry?.stream);
  }
  await store.close();
  for (const days of [LATER + 1, LATER + 2, LATER + 3]) {
    await using later = await openLater(path, days);
    expect((await runArchive(partsOf(later, path, days), { olderThanDays: 0 })).files).toEqual([]);
  }
});

test("a dry run, an age, an issue: nothing more is touched than was asked for", async () => {
  const path = folder();
  await recordDays(path, 3, 30);
  await using store = await openLater(path, 3);
  const before = filesBelow(path);
  const dry = await runArchive(partsOf(store, path, 3), { olderThanDays: 0, dryRun: true });
  expect(dry.files.length).toBeGreaterThan(6);
  expect([...filesBelow(path).keys()].filter((name) => name.startsWith("archive"))).toEqual([]);
  expect(filesBelow(path).get(dry.files[0]?.file ?? "")).toEqual(before.get(dry.files[0]?.file ?? ""));
  const old = await runArchive(partsOf(store, path, 3), { olderThanDays: 1, issue: "PROJ-1" });
  expect(old.files.map(({ file }) => file)).toEqual([
    "2026-08-01/PROJ-1/events.jsonl",
    "2026-08-02/PROJ-1/events.jsonl",
  ]);
  expect((await runArchive(partsOf(store, path, 3), { olderThanDays: 90 })).files).toEqual([]);
  await expect(restoreArchive(partsOf(store, path, 3), { issue: "PROJ-2" })).rejects.toThrow(NotFoundError);
});

test("summaries stay beside the archived day, byte for byte", async () => {
  const path = folder();
  await recordDays(path, 3, 200);
  const plain = filesBelow(path);
  await using store = await openLater(path, LATER);
  const { files } = await runArchive(partsOf(store, path, LATER), { olderThanDays: 90 });
  let summaries = 0;
  for (const { file } of files) {
    const lines = plain.get(file)?.toString().split("\n") ?? [];
    const expected = lines.filter((line) => /"event_type":"(Phase|Orchestration)SummaryCreated"/.test(line));
    summaries += expected.length;
    const kept = filesBelow(path).get(file.replace("events.jsonl", "summaries.jsonl"));
    expect(kept?.toString() ?? "").toBe(expected.map((line) => `${line}\n`).join(""));
  }
  expect(summaries).toBeGreaterThan(0);
});
