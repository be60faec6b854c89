import { expect, test } from "vitest";

import { DEFAULT_CONFIG, type EventStore, openStore, StoreLockedError } from "../../src/index.ts";
import { fileArchive } from "../../src/engines/files/file-archive.ts";
import { restoreArchive } from "../../src/store/archive/restore-archive.ts";
import { runArchive } from "../../src/store/archive/run-archive.ts";
import { DAY_MS, FIRST_DAY, folder, openLater, partsOf, recordDays } from "./store-days.ts";

const actor = { type: "user", id: "ada" } as const;

function log(store: EventStore, issue_key: string): Promise<unknown> {
  return store.logEvent({ event_type: "PhaseStarted", issue_key, actor, metadata: { phase: "CODE" } });
}

test("a writer that goes on for days is not disturbed by what others archive", async () => {
  const path = folder();
  let now = FIRST_DAY;
  // Its journal is followed by a new one again and again, which needs every file that it wrote to.
  const config = { ...DEFAULT_CONFIG, storage: { ...DEFAULT_CONFIG.storage, journal_max_bytes: 20_000 } };
  await using writer = await openStore({ path, config, clock: () => (now += 1_000) });
  let events = 0;
  for (let day = 1; day <= 4; day++) {
    for (let count = 0; count < 30; count++, events++) await log(writer, `PROJ-${1 + (count % 3)}`);
    now = FIRST_DAY + day * DAY_MS;
    // Whoever leaves the store closes the day, and then archives it while the writer still holds its files.
    const leaving = await openLater(path, day);
    await leaving.log.head();
    await leaving.close();
    await using other = await openLater(path, day);
    const { files } = await runArchive(partsOf(other, path, day), { olderThanDays: 0 });
    expect(files.length).toBeGreaterThan(0);
  }
  for (let count = 0; count < 60; count++, events++) await log(writer, `PROJ-${1 + (count % 3)}`);
  const found = await Array.fromAsync(writer.queryEvents({ eventTypes: "PhaseStarted" }));
  expect(found.length).toBe(events);
  await writer.close();
  await using again = await openLater(path, 5);
  expect((await Array.fromAsync(again.queryEvents({ eventTypes: "PhaseStarted" }))).length).toBe(events);
});

test("readers see every event while files move to and fro", async () => {
  const path = folder();
  await recordDays(path, 3, 40);
  const over = new AbortController();
  const read = async (): Promise<number> => {
    let rounds = 0;
    await using reader = await openLater(path, 100);
    const own = { all: 0, one: 0 };
    for await (const lines of reader.log.readAll()) own.all += lines.length;
    for await (const lines of reader.log.readStream("PROJ-1")) own.one += lines.length;
    for (; !over.signal.aborted; rounds++) {
      let [all, one] = [0, 0];
      for await (const lines of reader.log.readAll({ chunk: 9 })) all += lines.length;
      for await (const lines of reader.log.readStream("PROJ-1", { direction: "backwards" }))
        one += lines.length;
      expect(all).toBeGreaterThanOrEqual(own.all);
      expect(one).toBeGreaterThanOrEqual(own.one);
    }
    return rounds;
  };
  const readers = [read(), read()];
  for (let round = 0; round < 6; round++) {
    await using store = await openLater(path, 100);
    const parts = partsOf(store, path, 100);
    await runArchive(parts, { olderThanDays: 0 });
    for (const issue of ["PROJ-1", "global"]) await restoreArchive(parts, { issue });
  }
  over.abort();
  for (const rounds of await Promise.all(readers)) expect(rounds).toBeGreaterThan(1);
});

test("one archives at a time", async () => {
  const path = folder();
  await recordDays(path, 2, 10);
  await using store = await openLater(path, 100);
  const release = await fileArchive(path).tryLock();
  await expect(runArchive(partsOf(store, path, 100), { olderThanDays: 0 })).rejects.toThrow(StoreLockedError);
  release?.();
  expect((await runArchive(partsOf(store, path, 100), { olderThanDays: 0 })).files.length).toBeGreaterThan(2);
});
