import { createHash } from "node:crypto";
import { chownSync, existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { mustBeWhole } from "./check-store.ts";
import {
  answersOf,
  comment,
  drain,
  expectationsOf,
  has,
  openWith,
  prepareFolder,
  readRecord,
  runWriter,
  startWriter,
  succeeded,
  temporaryFolder,
} from "./support.ts";

const DAY_MS = 86_400_000;
const NOON = Date.UTC(2026, 5, 15, 12);

test("files of a day that is over are closed: digest recorded, read-only, global moved to its day", async () => {
  using folder = temporaryFolder();
  const base = join(folder.path, "store");
  prepareFolder(base);
  let now = NOON;
  const clock = (): number => now;
  const store = await openWith(base, {}, { clock });
  for (const stream of ["PROJ-1", "PROJ-2", "global"]) await store.logEvent(comment(stream, "day one"));
  now += DAY_MS;
  for (const stream of ["PROJ-1", "global"]) await store.logEvent(comment(stream, "day two"));
  await store.close();
  const record = JSON.parse(readFileSync(join(base, ".store", "closed", "2026-06-15.json"), "utf8")) as {
    date: string;
    files: { stream: string; file: string; bytes: number; sha256: string }[];
  };
  expect(record.files.map(({ file }) => file).sort()).toEqual([
    "2026-06-15/PROJ-1/events.jsonl",
    "2026-06-15/PROJ-2/events.jsonl",
    "global/2026-06-15/events.jsonl",
  ]);
  for (const { file, bytes, sha256 } of record.files) {
    const content = readFileSync(join(base, file));
    expect(content.length, file).toBe(bytes);
    expect(createHash("sha256").update(content).digest("hex"), file).toBe(sha256);
    expect(statSync(join(base, file)).mode & 0o777, file).toBe(0o400);
  }
  expect(existsSync(join(base, ".store", "closed", "2026-06-16.json"))).toBe(false);
  expect(statSync(join(base, "global", "events.jsonl")).mode & 0o777).toBe(0o600);
  const checked = mustBeWhole(base);
  expect(checked.streams.get("global")?.map(({ file }) => file.slice(base.length + 1))).toEqual([
    "global/2026-06-15/events.jsonl",
    "global/events.jsonl",
  ]);
});

test("a clock that goes backwards, over midnight too, neither moves recorded_at back nor closes today", async () => {
  using folder = temporaryFolder();
  const base = join(folder.path, "store");
  prepareFolder(base);
  let now = NOON;
  const store = await openWith(base, { journalMaxBytes: 3000 }, { clock: () => now });
  const times: string[] = [];
  for (const jump of [
    0,
    -3_600_000,
    5,
    -DAY_MS,
    DAY_MS * 2,
    -DAY_MS,
    -DAY_MS,
    1,
    DAY_MS,
    -30 * DAY_MS,
    40 * DAY_MS,
  ]) {
    now += jump;
    for (const stream of ["PROJ-1", "global"])
      times.push((await store.logEvent(comment(stream, `jump ${jump}`))).recorded_at);
  }
  expect(times).toEqual([...times].sort());
  const before = await answersOf(store);
  await store.close();
  now -= 50 * DAY_MS;
  const again = await openWith(base, {}, { clock: () => now });
  expect(await answersOf(again)).toEqual(before);
  const ack = await again.logEvent(comment("PROJ-1", "after"));
  expect(ack.recorded_at >= (times.at(-1) ?? "")).toBe(true);
  await again.close();
  mustBeWhole(base);
});

test("a day that changes while lines wait for their files is no damage", async () => {
  using folder = temporaryFolder();
  const base = join(folder.path, "store");
  prepareFolder(base);
  const before = { path: base, streams: ["PROJ-1", "global"], events: 10, prefix: "before" };
  await runWriter({ ...before, journal: join(folder.path, "before") });
  const job = {
    path: base,
    streams: ["PROJ-1", "global"],
    events: 40,
    applyIntervalMs: 3_600_000,
    linger: true,
  };
  for (const [prefix, clockOffsetMs] of [
    ["one", 0],
    ["two", DAY_MS],
    ["three", 2 * DAY_MS],
  ] as const) {
    const writer = startWriter({ ...job, prefix, clockOffsetMs, journal: join(folder.path, prefix) });
    while ((await writer.line()) !== "done");
    writer.child.kill("SIGKILL");
    await writer.ended;
  }
  const record = readRecord(...["before", "one", "two", "three"].map((name) => join(folder.path, name)));
  expect(record.errors).toEqual([]);
  expect(record.acknowledged.length).toBe(130);
  await drain(base);
  mustBeWhole(base, expectationsOf(record));
});

test("closed days are read after the catalogue and the head were lost", async () => {
  using folder = temporaryFolder();
  const base = join(folder.path, "store");
  prepareFolder(base);
  let now = NOON;
  const store = await openWith(base, {}, { clock: () => now });
  for (const stream of ["PROJ-1", "global"]) await store.logEvent(comment(stream, "day one"));
  now += DAY_MS;
  await store.logEvent(comment("PROJ-1", "day two"));
  await store.close();
  const before = await openWith(base, {}, { clock: () => now });
  const answers = await answersOf(before);
  await before.close();
  for (const name of ["catalog.db", "catalog.db-wal", "catalog.db-shm", "head"])
    rmSync(join(base, ".store", name), { force: true });
  const after = await openWith(base, {}, { clock: () => now });
  expect(await answersOf(after)).toEqual(answers);
  await after.logEvent(comment("PROJ-1", "day two again"));
  await after.close();
  mustBeWhole(base);
});

const isRoot = process.getuid?.() === 0 && has("setpriv");

test.skipIf(!isRoot)(
  "recovery leaves the read-only files of closed days be, for a user who is not root (needs root to become one)",
  async () => {
    using folder = temporaryFolder();
    const base = join(folder.path, "store");
    prepareFolder(base);
    const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    chownSync(folder.path, 65_534, 65_534);
    for (const name of [base, join(base, "README.md")]) chownSync(name, 65_534, 65_534);
    const job = { path: base, streams: ["PROJ-1", "global"], events: 10 };
    const jobs = [0, DAY_MS, DAY_MS].map((clockOffsetMs, index) => {
      const prefix = `w${index}`;
      return { ...job, prefix, clockOffsetMs, journal: join(folder.path, prefix) };
    });
    for (const [index, one] of jobs.entries()) {
      // The last one finds a store that was left by another boot, its journal full of yesterday's lines.
      if (index === 2) rmSync(join(base, ".store", "head"));
      await succeeded(startWriter(one, nobody));
    }
    const record = readRecord(...jobs.map(({ journal }) => journal));
    expect(record.errors).toEqual([]);
    expect(mustBeWhole(base, expectationsOf(record)).events.length).toBeGreaterThanOrEqual(30);
  },
);

test("writers with clocks a day apart, in turn, keep one order", async () => {
  using folder = temporaryFolder();
  const base = join(folder.path, "store");
  prepareFolder(base);
  const offsets = [0, DAY_MS, -DAY_MS, 0];
  for (const [index, clockOffsetMs] of offsets.entries()) {
    const job = {
      path: base,
      streams: ["PROJ-1", "global"],
      events: 20,
      clockOffsetMs,
      journalMaxBytes: 5000,
    };
    const record = await runWriter({ ...job, prefix: `w${index}`, journal: join(folder.path, `w${index}`) });
    expect(record.errors).toEqual([]);
  }
  await drain(base);
  const record = readRecord(...offsets.map((_, index) => join(folder.path, `w${index}`)));
  expect(mustBeWhole(base, expectationsOf(record)).events.length).toBe(80);
});
