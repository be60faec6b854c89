import { randomFillSync } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { mustBeWhole } from "./check-store.ts";
import { bringBack, overwrite, stateOf } from "./folder-state.ts";
import { answersOf, comment, openWith, prepareFolder, runWriter, temporaryFolder } from "./support.ts";

/** A cleanly closed store: several streams, journals that were given up, an index that has been asked. */
async function closedStore(folder: string): Promise<string> {
  const path = join(folder, "store");
  prepareFolder(path);
  const store = await openWith(path, { journalMaxBytes: 8000 });
  const streams = ["PROJ-1", "PROJ-2", "global"];
  for (let batch = 0; batch < 30; batch++) {
    const indexes = [0, 1, 2, 3].map((index) => batch * 4 + index);
    await store.logEvents(indexes.map((index) => comment(streams[index % 3] ?? "global", `c${index}`)));
  }
  await store.logEvent({ ...comment("PROJ-1", "keyed"), idempotency_key: "comment:keyed" });
  for await (const _event of store.queryEvents({ eventTypes: ["CommentPosted"] }));
  await store.close();
  return path;
}

/** Everything that a store can be asked. */
async function everything(base: string, access: "read" | "write"): Promise<unknown> {
  const store = await openWith(base, {}, { access });
  try {
    const answers = await answersOf(store);
    const queried: string[] = [];
    for await (const event of store.queryEvents({ issueKey: "PROJ-2", eventTypes: ["CommentPosted"] }))
      queried.push(event.event_id);
    const ids = answers.lines.map((line) => (JSON.parse(line) as { event_id: string }).event_id);
    const found = await Promise.all(ids.map(async (id) => (await store.getEvent(id))?.position));
    const keyed = (await store.log.findByKey("comment:keyed"))?.position;
    return {
      answers: withoutRecovery(answers),
      queried,
      found: found.length,
      keyed,
      missing: found.includes(undefined),
    };
  } finally {
    await store.close();
  }
}

function own(line: string): boolean {
  return !line.includes('"event_type":"StoreRecovered"');
}

/** What recovery adds to `global` is no answer to a question about the events before. */
function withoutRecovery(answers: { lines: string[]; streams: Record<string, string[]> }) {
  const streams = Object.entries(answers.streams).map(([name, lines]) => [name, lines.filter(own)]);
  return {
    lines: answers.lines.filter(own),
    streams: Object.fromEntries(streams) as Record<string, string[]>,
  };
}

const DATABASE = (name: string): string[] => [name, `${name}-wal`, `${name}-shm`];

const PARTS: [string, string[]][] = [
  ["the catalogue", DATABASE("catalog.db")],
  ["the order of record", ["order"]],
  ["the ids", ["ids"]],
  ["the query index", DATABASE("index.db")],
  ["the head", ["head"]],
  ["the journal", ["journal"]],
  ["the lock's file", DATABASE("lock.db")],
  ["the head and the catalogue", ["head", ...DATABASE("catalog.db")]],
  ["the journal and the head", ["journal", "head"]],
  ["the journal and the ids", ["journal", "ids"]],
  [
    "all of these",
    ["order", "ids", "head", "journal", ...["catalog.db", "index.db", "lock.db"].flatMap(DATABASE)],
  ],
];

test.each(PARTS)("without %s a closed store answers the same, and goes on", async (_name, parts) => {
  using folder = temporaryFolder();
  const base = await closedStore(folder.path);
  const before = (await everything(base, "write")) as { found: number };
  for (const part of parts) rmSync(join(base, ".store", part), { recursive: true, force: true });
  if (!parts.includes("journal")) expect(await everything(base, "read")).toEqual(before);
  expect(await everything(base, "write")).toMatchObject({ ...before, found: expect.any(Number) });
  const store = await openWith(base);
  const again = await store.logEvent({ ...comment("PROJ-1", "keyed"), idempotency_key: "comment:keyed" });
  expect(again.duplicate).toBe(true);
  const fresh = await store.logEvent(comment("PROJ-1", "fresh"));
  expect(fresh.event_sequence).toBe(42);
  await store.close();
  mustBeWhole(base);
});

test.each(["catalog.db", "order", "index.db", "head"])(
  "%s full of random bytes is made anew",
  async (name) => {
    using folder = temporaryFolder();
    const base = await closedStore(folder.path);
    const before = await everything(base, "write");
    const path = join(base, ".store", name);
    for (const suffix of ["-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true });
    overwrite(path, randomFillSync(readFileSync(path)));
    // Places of lines are checked against the lines; nothing false may come out, whatever else happens.
    const after = await everything(base, "write").catch((error: unknown) => error);
    if (after instanceof Error) expect(after).toMatchObject({ code: "ESO_LOG_DAMAGED" });
    else expect(after).toMatchObject({ ...(before as object), found: expect.any(Number) });
    const store = await openWith(base);
    await store.logEvent(comment("PROJ-1", "fresh"));
    await store.close();
    mustBeWhole(base);
  },
);

test.each(["catalog.db", "order", "index.db", "head"])("an older %s is brought up to date", async (name) => {
  using folder = temporaryFolder();
  const base = await closedStore(folder.path);
  const older = stateOf(join(base, ".store"));
  const more = { path: base, prefix: "m", streams: ["PROJ-1", "NEW-1"], events: 80, batch: 4 };
  await runWriter({ ...more, journal: join(folder.path, "more"), journalMaxBytes: 8000 });
  const before = await everything(base, "write");
  for (const suffix of ["", "-wal", "-shm"]) {
    const old = older.get(`${name}${suffix}`);
    const path = join(base, ".store", `${name}${suffix}`);
    if (old === undefined) rmSync(path, { force: true });
    else overwrite(path, old);
  }
  expect(await everything(base, "write")).toMatchObject({ ...(before as object), found: expect.any(Number) });
  mustBeWhole(base);
});

test("another store's catalogue, order, ids and index are not taken for this one's", async () => {
  using folder = temporaryFolder();
  using elsewhere = temporaryFolder();
  const base = await closedStore(folder.path);
  const foreign = await closedStore(elsewhere.path);
  const store = await openWith(foreign);
  for (let index = 0; index < 40; index++) await store.logEvent(comment("PROJ-9", `foreign ${index}`));
  await store.close();
  const before = await everything(base, "write");
  for (const part of ["order", "ids", ...DATABASE("catalog.db"), ...DATABASE("index.db")]) {
    rmSync(join(base, ".store", part), { recursive: true, force: true });
  }
  for (const [name, bytes] of stateOf(join(foreign, ".store"))) {
    if (/^(order|ids|catalog|index)/.test(name)) overwrite(join(base, ".store", name), bytes);
  }
  expect(await everything(base, "write")).toMatchObject({ ...(before as object), found: expect.any(Number) });
  mustBeWhole(base);
});

test("summaries beside the events may be deleted, damaged or foreign", async () => {
  using folder = temporaryFolder();
  const base = await closedStore(folder.path);
  const before = await everything(base, "write");
  const day = readdirSync(base).find((name) => /^\d{4}-/.test(name)) ?? "";
  rmSync(join(base, day, "index.json"));
  writeFileSync(join(base, day, "PROJ-1", "metadata.json"), "{ half");
  rmSync(join(base, day, "PROJ-2", "metadata.json"));
  expect(await everything(base, "write")).toEqual(before);
  const store = await openWith(base);
  await store.logEvent(comment("PROJ-1", "fresh"));
  await store.logEvent(comment("PROJ-2", "fresh"));
  await store.close();
  const read = (name: string): unknown =>
    JSON.parse(readFileSync(join(base, day, name, "metadata.json"), "utf8"));
  expect(read("PROJ-1")).toMatchObject({ events: 42, sequence_range: { first: 1, last: 42 } });
  expect(read("PROJ-2")).toMatchObject({ events: 41 });
  expect(existsSync(join(base, day, "index.json"))).toBe(true);
});

test("the catalogue deleted under a running writer harms neither it nor those who open the store then", async () => {
  using folder = temporaryFolder();
  const base = await closedStore(folder.path);
  const running = await openWith(base, { journalMaxBytes: 6000 });
  const acks = [];
  for (let index = 0; index < 20; index++)
    acks.push(await running.logEvent(comment("PROJ-1", `before ${index}`)));
  for (const name of DATABASE("catalog.db")) rmSync(join(base, ".store", name), { force: true });
  const second = await openWith(base, { journalMaxBytes: 6000 });
  for (let index = 0; index < 40; index++) {
    acks.push(await running.logEvent(comment("PROJ-1", `running ${index}`)));
    acks.push(await second.logEvent(comment("NEW-1", `second ${index}`)));
  }
  const [one, two] = [await answersOf(running), await answersOf(second)];
  expect(one.lines).toEqual(two.lines);
  expect(one.streams).toEqual(two.streams);
  await running.close();
  await second.close();
  const checked = mustBeWhole(base);
  const ids = new Set(checked.events.map(({ event_id }) => event_id));
  expect(acks.filter(({ event_id }) => !ids.has(event_id))).toEqual([]);
  const third = await openWith(base);
  expect((await answersOf(third)).lines.length).toBe(checked.events.length);
  await third.close();
});

test("the ids lost under a running reader are made anew, by several reads at once too", async () => {
  using folder = temporaryFolder();
  const base = join(folder.path, "store");
  prepareFolder(base);
  const reader = await openWith(base, { journalMaxBytes: 3000 });
  await reader.logEvent(comment("PROJ-1", "first"));
  const writer = await openWith(base, { journalMaxBytes: 3000 });
  for (let index = 0; index < 60; index++)
    await writer.logEvent(comment("PROJ-1", `c${index}`, "x".repeat(200)));
  await writer.close();
  for (const name of readdirSync(join(base, ".store", "ids"))) rmSync(join(base, ".store", "ids", name));
  const counts = await Promise.all(
    Array.from({ length: 8 }, async () => (await answersOf(reader)).streams["PROJ-1"]?.length),
  );
  expect(counts).toEqual(Array.from({ length: 8 }, () => 61));
  await reader.close();
  mustBeWhole(base);
});

test("a state brought back in place, as by a file-wise restore, opens as it was", async () => {
  using folder = temporaryFolder();
  const base = await closedStore(folder.path);
  const before = await everything(base, "write");
  const state = stateOf(base);
  await runWriter({
    path: base,
    prefix: "m",
    streams: ["PROJ-1"],
    events: 30,
    journal: join(folder.path, "more"),
  });
  bringBack(base, state);
  expect(await everything(base, "write")).toEqual(before);
  mustBeWhole(base);
});
