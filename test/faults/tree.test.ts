import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { mustBeWhole } from "./check-store.ts";
import { answersOf, comment, openWith, temporaryFolder } from "./support.ts";
import { eventsFileOf, smallStore } from "./torn-tails.ts";

async function failureOf(
  run: () => Promise<unknown>,
): Promise<{ code?: string; message?: string } | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error as { code?: string; message?: string };
  }
}

async function use(base: string, stream: string): Promise<void> {
  const store = await openWith(base);
  try {
    await store.logEvent(comment(stream, "more"));
    for await (const _event of store.readStream(stream));
  } finally {
    await store.close();
  }
}

const INSIDE = [".store", ".store/journal", ".store/ids"];
const FILES = [
  ".store/journal/00000001",
  ".store/head",
  ".store/order",
  ".store/store.json",
  ".store/catalog.db",
  ".store/lock.db",
];

test.each(INSIDE)("a symbolic link in place of the folder %s is refused", async (name) => {
  using folder = temporaryFolder();
  const base = join(folder.path, "store");
  await smallStore(base);
  renameSync(join(base, name), join(folder.path, "moved"));
  symlinkSync(join(folder.path, "moved"), join(base, name));
  expect(await failureOf(() => use(base, "PROJ-1"))).toMatchObject({ code: "ESO_UNSAFE_PATH" });
});

test.each(FILES)(
  "a symbolic link in place of %s is refused, and what it points to is not touched",
  async (name) => {
    using folder = temporaryFolder();
    const base = join(folder.path, "store");
    await smallStore(base);
    const moved = join(folder.path, "moved");
    renameSync(join(base, name), moved);
    const bytes = readFileSync(moved);
    symlinkSync(moved, join(base, name));
    const error = await failureOf(() => use(base, "PROJ-1"));
    expect(error).toMatchObject({ code: "ESO_UNSAFE_PATH" });
    expect(error?.message).toContain(join(base, name));
    expect(readFileSync(moved).equals(bytes)).toBe(true);
  },
);

test.each(FILES)("a pipe in place of %s is refused, and nobody waits for it", async (name) => {
  using folder = temporaryFolder();
  const base = join(folder.path, "store");
  await smallStore(base);
  rmSync(join(base, name));
  execFileSync("mkfifo", [join(base, name)]);
  const error = await failureOf(() => use(base, "PROJ-1"));
  expect(error).toMatchObject({ code: "ESO_UNSAFE_PATH" });
});

test.each(["link", "pipe", "folder"])(
  "a %s in place of a stream's file is refused; other streams work",
  async (kind) => {
    using folder = temporaryFolder();
    const base = join(folder.path, "store");
    await smallStore(base);
    const path = eventsFileOf(base, "PROJ-1");
    const moved = join(folder.path, "moved");
    renameSync(path, moved);
    if (kind === "link") symlinkSync(moved, path);
    if (kind === "pipe") execFileSync("mkfifo", [path]);
    if (kind === "folder") mkdirSync(path);
    const bytes = readFileSync(moved);
    const error = await failureOf(() => use(base, "PROJ-1"));
    expect(["ESO_UNSAFE_PATH", "ESO_LOG_DAMAGED"]).toContain(error?.code);
    expect(error?.message).toContain(path);
    await use(base, "OTHER-1");
    expect(readFileSync(moved).equals(bytes)).toBe(true);
  },
);

test("a link in place of a new stream's folder, or of the day's, is refused", async () => {
  using folder = temporaryFolder();
  const base = join(folder.path, "store");
  await smallStore(base);
  const target = join(folder.path, "target");
  mkdirSync(target);
  const dayFolder = join(eventsFileOf(base, "PROJ-1"), "..", "..");
  symlinkSync(target, join(dayFolder, "NEW-1"));
  const store = await openWith(base);
  await store.logEvent(comment("OTHER-1", "fine"));
  const ack = await failureOf(() => store.logEvent(comment("NEW-1", "into the link")));
  const closing = await failureOf(() => store.close());
  expect((ack ?? closing)?.code).toBe("ESO_UNSAFE_PATH");
  expect(execFileSync("ls", ["-A", target]).toString()).toBe("");
});

test("unknown files and folders in the tree are left alone", async () => {
  using folder = temporaryFolder();
  const base = join(folder.path, "store");
  const before = await smallStore(base);
  const dayFolder = join(eventsFileOf(base, "PROJ-1"), "..", "..");
  const foreign: [string, string][] = [
    [join(base, "notes.txt"), "mine"],
    [join(dayFolder, "PROJ-1", "notes.md"), "mine"],
    [join(dayFolder, "not an issue", "events.jsonl"), "not json\n"],
    [join(base, "2026-13-45", "PROJ-1", "events.jsonl"), "no such day\n"],
    [join(base, "global", "notes", "events.jsonl"), "mine\n"],
    [join(base, ".store", "journal", "notes"), "mine"],
    [join(base, ".store", "ids", "notes"), "mine"],
  ];
  for (const [path, text] of foreign) {
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text);
  }
  execFileSync("mkfifo", [join(base, "pipe"), join(dayFolder, "pipe")]);
  symlinkSync("/nowhere", join(base, "dangling"));
  for (const lost of [undefined, "catalog.db"]) {
    if (lost !== undefined)
      for (const suffix of ["", "-wal", "-shm"])
        rmSync(join(base, ".store", `${lost}${suffix}`), { force: true });
    const store = await openWith(base);
    const answers = await answersOf(store);
    expect(answers.lines.filter((line) => !line.includes("StoreRecovered")).length).toBeGreaterThanOrEqual(
      before.events.length,
    );
    expect(Object.keys(answers.streams).filter((stream) => stream !== "global")).toEqual([
      "OTHER-1",
      "PROJ-1",
    ]);
    await store.logEvent(comment("PROJ-1", "more"));
    await store.close();
  }
  for (const [path, text] of foreign) expect(readFileSync(path, "utf8"), path).toBe(text);
});

test("two clones of one store go their own ways; each knows that it is not the other", async () => {
  using folder = temporaryFolder();
  const base = join(folder.path, "store");
  const before = await smallStore(base);
  const clone = join(folder.path, "clone");
  cpSync(base, clone, { recursive: true });
  const [one, two] = [await openWith(base), await openWith(clone)];
  expect(two.storeId).toBe(one.storeId);
  expect(two.log.incarnation).not.toBe(one.log.incarnation);
  const sequences = [];
  for (const store of [one, two, one, two])
    sequences.push((await store.logEvent(comment("PROJ-1", "more"))).event_sequence);
  expect(sequences).toEqual([10, 10, 11, 11]);
  await one.close();
  await two.close();
  expect(mustBeWhole(base).events.length).toBe(before.events.length + 2);
  const cloned = mustBeWhole(clone);
  expect(cloned.streams.get("global")?.map(({ event_type }) => event_type)).toEqual(["StoreRecovered"]);
  const again = await openWith(clone);
  expect(again.log.incarnation).toBe(two.log.incarnation);
  await again.close();
});

test("a cursor of the one is refused by the other", async () => {
  using folder = temporaryFolder();
  const base = join(folder.path, "store");
  await smallStore(base);
  const clone = join(folder.path, "clone");
  const store = await openWith(base);
  let cursor = "";
  for await (const batch of store.subscribe({ stopAtEnd: true })) ({ cursor } = batch);
  await store.close();
  cpSync(base, clone, { recursive: true });
  const copy = await openWith(clone);
  const error = await failureOf(async () => {
    for await (const _batch of copy.subscribe({ from: cursor, stopAtEnd: true }));
  });
  await copy.close();
  expect(error).toMatchObject({ code: "ESO_CURSOR_INVALID" });
});
