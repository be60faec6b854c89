import { expect, test } from "vitest";

import { manifestNames } from "../../src/engines/files/backup-folder.ts";
import { fileArchive } from "../../src/engines/files/file-archive.ts";
import { fileBackup } from "../../src/engines/files/file-backup.ts";
import { restoreFiles } from "../../src/engines/files/file-restore.ts";
import type { FilesLog } from "../../src/engines/files/files-log.ts";
import { openFilesLog } from "../../src/engines/files/open-files-log.ts";
import type { StoredEvent } from "../../src/event/envelope.ts";
import { OutcomeUnknownError, StorageError } from "../../src/index.ts";
import type { ClosedDayFile } from "../../src/log/archive-shelf.ts";
import type { QueryFilter } from "../../src/query/filter.ts";
import { recordPruned, removePruned, type PruneParts } from "../../src/store/archive/prune.ts";
import { restoreArchive } from "../../src/store/archive/restore-archive.ts";
import { runArchive } from "../../src/store/archive/run-archive.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { newEvents, resetSerial } from "../simulation/client.ts";
import { CALM, type Fate, Machine, Process, runningProcess, STORE } from "../simulation/machine.ts";
import { loadCatalogSchema, SimulatedDatabase } from "../simulation/simulated-catalog.ts";
import { SimulatedDisk } from "../simulation/simulated-disk.ts";
import { installVirtualTime } from "../simulation/virtual-time.ts";
import { DAY_MS, FIRST_DAY } from "./store-days.ts";

const DAYS = 2;
const APPENDS = 2;
/** Of all calls; another share with each ending. */
const STRIDE = 5;
/** Small, so that all kinds of upkeep happen; and pruning waits for no journal. */
const ENGINE = { journalMaxBytes: 3_000, coverBytes: 1_500, openFilesMax: 3, applyIntervalMs: 0 };

type Ending = "kill" | "power" | "EIO" | "ENOSPC";
type Work = (parts: PruneParts) => Promise<void>;

const archive: Work = async (parts) => {
  await runArchive(parts, { olderThanDays: 0 });
};
const restore: Work = async (parts) => {
  for (const issue of new Set(parts.shelf.files().map(({ stream }) => stream))) {
    const own = parts.shelf.files().filter(({ stream, place }) => stream === issue && place !== "live");
    if (own.length > 0) await restoreArchive(parts, { issue });
  }
};
const prune: Work = async (parts) => {
  await recordPruned(parts, { olderThanDays: 0, by: "command", floorDays: 0 });
  await removePruned(parts);
};

/** Nobody else archives. */
const openLock = () =>
  Promise.resolve({ tryAcquire: () => true, release: () => undefined, close: () => undefined });

async function withLog<T>(
  process: Process,
  use: (log: FilesLog, parts: PruneParts) => Promise<T>,
): Promise<T> {
  const { ports, wallClock: clock } = process;
  return process.alone(async () => {
    const log = await openFilesLog({ path: STORE, ports, clock, ...ENGINE });
    const result = await use(log, {
      shelf: fileArchive(STORE, { disk: ports.disk, openLock }),
      append: (request) => log.append(request),
      queryEvents: (filter) => matching(log, filter),
      clock,
      session: "test",
      snapshot: () => Promise.resolve(),
      resetIndex: () => Promise.resolve(),
    });
    await log.close();
    return result;
  });
}

/** As much of a query as archiving asks for. */
async function* matching(log: FilesLog, filter: QueryFilter): AsyncGenerator<StoredEvent> {
  const found: StoredEvent[] = [];
  const types = [filter.eventTypes ?? []].flat();
  for await (const lines of log.readStream(filter.issueKey as string))
    for (const { bytes } of lines) found.push(JSON.parse(Buffer.from(bytes).toString()) as StoredEvent);
  const wanted = found.filter(({ event_type }) => types.length === 0 || types.includes(event_type));
  if (filter.order === "desc") wanted.reverse();
  yield* wanted.slice(0, filter.limit ?? wanted.length);
}

/** Every line that is not the store's own housekeeping, by position. */
async function linesOf(log: FilesLog): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for await (const lines of log.readAll())
    for (const { position, bytes } of lines) {
      const text = Buffer.from(bytes).toString();
      if (!text.includes('"event_type":"Store')) found.set(position, text);
    }
  return found;
}

async function recordsOf(log: FilesLog, type: string): Promise<string[]> {
  const files: string[] = [];
  for await (const lines of log.readAll())
    for (const { bytes } of lines) {
      const event = JSON.parse(Buffer.from(bytes).toString()) as StoredEvent;
      if (event.event_type === type) files.push(event.metadata["file"] as string);
    }
  return files.sort();
}

/** A machine with a store of some days, all but the last closed. */
async function storeOfDays(): Promise<Machine> {
  await loadCatalogSchema();
  resetSerial();
  const random = new SeededRandom(7);
  const disk = new SimulatedDisk(new SeededRandom(8));
  disk.format(STORE);
  const machine = new Machine(random, { disk, database: new SimulatedDatabase(), epoch_ms: FIRST_DAY });
  for (let day = 0; day <= DAYS; day++) {
    const process = new Process(machine, CALM);
    await withLog(process, async (log) => {
      for (let count = 0; count < (day < DAYS ? APPENDS : 0); count++)
        await log.append({ events: newEvents(random), expectedSequence: "any", onDuplicate: "conflict" });
    });
    process.end();
    machine.epoch_ms += DAY_MS;
  }
  return machine;
}

function isFault(error: unknown): boolean {
  return (
    error instanceof StorageError ||
    error instanceof OutcomeUnknownError ||
    (error instanceof Error && /\(simulated\)|^SQLite: /.test(error.message))
  );
}

/** Lets `work` meet its end at one call, looks at what is left, and lets it be finished. */
async function endsAt(start: Machine, call: number, { ending, work }: { ending: Ending; work: Work }) {
  const machine = start.clone(new SeededRandom(call + 1));
  const fate: Fate = (process, { moment }) =>
    moment === "before" && process.calls === call ? ending : undefined;
  const mortal = new Process(machine, fate);
  try {
    await withLog(mortal, (_, parts) => work(parts));
  } catch (error) {
    if (!mortal.dead && !isFault(error)) throw error;
  }
  mortal.end();
  const calls = mortal.calls;
  if (ending !== "power" && call % 2 === 0) machine.losePower();
  const second = new Process(machine, CALM);
  const shown = await withLog(second, async (log, parts) => ({
    left: await linesOf(log),
    files: parts.shelf.files(),
  }));
  second.end();
  const third = new Process(machine, CALM);
  await withLog(third, (_, parts) => work(parts));
  third.end();
  // What is finished is on the device, also where the first one only began it; what was removed may come back once.
  machine.losePower();
  const fourth = new Process(machine, CALM);
  await withLog(fourth, (_, parts) => work(parts));
  fourth.end();
  const last = new Process(machine, CALM);
  const finished = await withLog(last, async (log, parts) => ({
    lines: await linesOf(log),
    files: parts.shelf.files(),
    archived: await recordsOf(log, "StoreArchived"),
    restored: await recordsOf(log, "StoreArchiveRestored"),
    pruned: await recordsOf(log, "StorePruned"),
  }));
  last.end();
  const { database } = machine;
  database.close();
  return { calls, shown, finished };
}

type Outcome = Awaited<ReturnType<typeof endsAt>>;

async function atEveryCall(
  prepare: Work | undefined,
  given: { work: Work; ending: Ending },
  check: (outcome: Outcome, before: Map<number, string>, closed: readonly ClosedDayFile[]) => void,
): Promise<void> {
  const undo = installVirtualTime(
    () => runningProcess(),
    new SeededRandom(3),
    () => undefined,
  );
  try {
    const machine = await storeOfDays();
    const process = new Process(machine, CALM);
    const start = await withLog(process, async (log, parts) => {
      const files = parts.shelf.files();
      await prepare?.(parts);
      return { before: await linesOf(log), files };
    });
    process.end();
    // Every third call of each: with four endings and different first calls all kinds of steps are met.
    for (let call = 1 + ENDINGS.indexOf(given.ending); ; call += STRIDE) {
      const outcome = await endsAt(machine, call, given);
      check(outcome, start.before, start.files);
      if (outcome.calls < call) break;
    }
  } finally {
    undo();
  }
}

const BACKUP = "/backup";

/** A backup that meets its end at one call, and one after it; gives what each backup in the folder restores. */
async function backUpEndsAt(
  start: Machine,
  call: number,
  ending: Ending,
): Promise<{ calls: number; restored: number[] }> {
  const machine = start.clone(new SeededRandom(call + 1));
  const make = (process: Process) =>
    withLog(process, (log) =>
      fileBackup(STORE, BACKUP, process.ports.disk).backUp(log, { clock: process.wallClock }),
    );
  const mortal = new Process(machine, (process, { moment }) =>
    moment === "before" && process.calls === call ? ending : undefined,
  );
  await make(mortal).catch((error: unknown) => {
    if (!mortal.dead && !isFault(error)) throw error;
  });
  mortal.end();
  if (ending !== "power" && call % 2 === 0) machine.losePower();
  machine.now_ms += 1_000;
  const second = new Process(machine, CALM);
  await make(second);
  second.end();
  machine.losePower();
  const { disk } = new Process(machine, CALM).ports;
  const restored = manifestNames(disk, BACKUP).map((name, number) => {
    const { manifest } = restoreFiles({ folder: BACKUP, base: `/restored-${number}`, name, disk });
    return manifest.last_position;
  });
  machine.database.close();
  return { calls: mortal.calls, restored };
}

async function backUpEndsAtEvery(machine: Machine, ending: Ending): Promise<void> {
  for (let call = 1 + ENDINGS.indexOf(ending); ; call += STRIDE) {
    const { calls, restored } = await backUpEndsAt(machine, call, ending);
    expect([1, 2]).toContain(restored.length);
    expect(new Set(restored).size).toBe(1);
    if (calls < call) return;
  }
}

test("a backup that ends at any call harms no other, and every list of one is a whole backup", async () => {
  const undo = installVirtualTime(
    () => runningProcess(),
    new SeededRandom(3),
    () => undefined,
  );
  try {
    const machine = await storeOfDays();
    for (const ending of ENDINGS) await backUpEndsAtEvery(machine, ending);
  } finally {
    undo();
  }
});

const ENDINGS: readonly Ending[] = ["kill", "power", "EIO", "ENOSPC"];
const names = (files: readonly ClosedDayFile[]): string[] => files.map(({ file }) => file).sort();

test.each(ENDINGS)(
  "archiving that ends with %s at any call leaves every line, and is finished once",
  async (ending) => {
    await atEveryCall(undefined, { work: archive, ending }, ({ shown, finished }, before, closed) => {
      expect(shown.left).toEqual(before);
      expect(finished.lines).toEqual(before);
      expect(shown.files.filter(({ place }) => place === "missing")).toEqual([]);
      expect(finished.archived).toEqual(names(closed));
      const places = finished.files
        .filter(({ file }) => names(closed).includes(file))
        .map(({ place }) => place);
      expect(new Set(places)).toEqual(new Set(["archived"]));
    });
  },
);

test.each(ENDINGS)(
  "bringing back that ends with %s at any call leaves every line, and is finished once",
  async (ending) => {
    await atEveryCall(archive, { work: restore, ending }, ({ shown, finished }, before, closed) => {
      expect(shown.left).toEqual(before);
      expect(finished.lines).toEqual(before);
      expect(finished.restored).toEqual(names(closed));
      const places = finished.files
        .filter(({ file }) => names(closed).includes(file))
        .map(({ place }) => place);
      expect(new Set(places)).toEqual(new Set(["live"]));
    });
  },
);

test.each(ENDINGS)(
  "pruning that ends with %s at any call takes nothing that is not on record",
  async (ending) => {
    await atEveryCall(archive, { work: prune, ending }, ({ shown, finished }, before) => {
      expect(new Set(finished.pruned).size).toBe(finished.pruned.length);
      const gone = new Set(finished.files.filter(({ place }) => place === "pruned").map(({ file }) => file));
      expect([...gone].every((file) => finished.pruned.includes(file))).toBe(true);
      for (const [position, line] of shown.left) expect(line).toBe(before.get(position));
      expect(finished.lines.size).toBeLessThan(before.size);
    });
  },
);
