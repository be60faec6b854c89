import { join } from "node:path";

import { expect, test } from "vitest";

import { exitCodeOf } from "../../src/cli/exit-codes.ts";
import { StoreLockedError } from "../../src/errors.ts";
import { mustBeWhole } from "./check-store.ts";
import {
  comment,
  drain,
  expectationsOf,
  openWith,
  prepareFolder,
  readRecord,
  startNode,
  startWriter,
  temporaryFolder,
} from "./support.ts";

const HOLDER = join(import.meta.dirname, "holder.fixture.ts");

test("a lock held by a stopped process is never stolen: waiters give up in time, and go on when it ends", async () => {
  using folder = temporaryFolder();
  const base = join(folder.path, "store");
  prepareFolder(base);
  const store = await openWith(base, { lockTimeoutSeconds: 0.3 });
  await store.logEvent(comment("PROJ-1", "before"));
  const holder = startNode([HOLDER, base]);
  expect(await holder.line()).toBe("held");
  holder.child.kill("SIGSTOP");
  for (let attempt = 0; attempt < 2; attempt++) {
    const error = await store.logEvent(comment("PROJ-1", "refused")).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(StoreLockedError);
    expect((error as StoreLockedError).code).toBe("ESO_STORE_LOCKED");
    expect(exitCodeOf((error as StoreLockedError).code)).toBe(7);
    expect((error as StoreLockedError).details?.waited_ms).toBeGreaterThanOrEqual(300);
  }
  // Reading needs no lock.
  const read: string[] = [];
  for await (const event of store.readStream("PROJ-1")) read.push(event.event_id);
  expect(read.length).toBe(1);
  holder.child.kill("SIGCONT");
  holder.go();
  expect(await holder.line()).toBe("released");
  expect((await store.logEvent(comment("PROJ-1", "after"))).event_sequence).toBe(2);
  await store.close();
  expect(await holder.ended).toBe(0);
  expect(mustBeWhole(base).events.length).toBe(2);
});

test("a lock whose holder is killed is free at once", async () => {
  using folder = temporaryFolder();
  const base = join(folder.path, "store");
  prepareFolder(base);
  await drain(base);
  const holder = startNode([HOLDER, base]);
  expect(await holder.line()).toBe("held");
  holder.child.kill("SIGKILL");
  await holder.ended;
  const store = await openWith(base, { lockTimeoutSeconds: 0 });
  expect((await store.logEvent(comment("PROJ-1", "after"))).event_sequence).toBe(1);
  await store.close();
});

test("writers that are stopped and continued in turn write nothing twice and lose nothing", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "store");
  prepareFolder(path);
  const job = {
    path,
    streams: ["PROJ-1", "PROJ-2"],
    events: 150,
    chatty: true,
    journalMaxBytes: 30_000,
    lockTimeoutSeconds: 120,
  };
  const names = ["a", "b", "c"];
  const writers = names.map((prefix) => startWriter({ ...job, prefix, journal: join(folder.path, prefix) }));
  const stopping = writers.map(async (writer, index) => {
    const next = writers[(index + 1) % writers.length];
    let lines = 0;
    for (let line = await writer.line(); line !== undefined; line = await writer.line()) {
      lines++;
      // Stops its neighbour in whatever it is doing, and lets it go on a few appends later.
      if (lines % 20 === 10) next?.child.kill("SIGSTOP");
      if (lines % 20 === 14) next?.child.kill("SIGCONT");
    }
    next?.child.kill("SIGCONT");
    return writer.ended;
  });
  // A stopped holder stops everyone; the last word belongs to this process.
  const wake = setInterval(() => writers.forEach(({ child }) => child.kill("SIGCONT")), 200);
  expect(await Promise.all(stopping)).toEqual([0, 0, 0]);
  clearInterval(wake);
  await drain(path);
  const record = readRecord(...names.map((name) => join(folder.path, name)));
  expect(record.errors).toEqual([]);
  expect(record.acknowledged.length).toBe(450);
  mustBeWhole(path, expectationsOf(record));
});
