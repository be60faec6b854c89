import type { EngineCore, FilesOptions } from "../../src/engines/files/core.ts";
import { DEFAULT_FILES_OPTIONS } from "../../src/engines/files/core.ts";
import type { FilesLog } from "../../src/engines/files/files-log.ts";
import { layoutOf } from "../../src/engines/files/layout.ts";
import { openFilesLog } from "../../src/engines/files/open-files-log.ts";
import { Partitions } from "../../src/engines/files/partitions.ts";
import { recoverFiles } from "../../src/engines/files/recovery.ts";
import { readStoreFile } from "../../src/engines/files/store-file.ts";
import { OutcomeUnknownError } from "../../src/errors.ts";
import type { Placement, StoredLine } from "../../src/log/event-log.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { newEvents } from "./client.ts";
import { CALM, type Fate, type Machine, Process, STORE } from "./machine.ts";
import { type Oracle, textOf } from "./oracle.ts";
import { ProcessKilled } from "./simulated-disk.ts";

/** What an audit looks at, and how hard. */
export interface AuditParts {
  /** The machine as it was left; the audit works on copies. */
  readonly machine: Machine;
  readonly oracle: Oracle;
  readonly random: SeededRandom;
  readonly options: Partial<FilesOptions>;
  readonly fail: (what: string, cause?: unknown) => void;
  readonly figures: Figures;
}

export interface Figures {
  seeds: number;
  steps: number;
  calls: number;
  kills: number;
  power_losses: number;
  io_errors: number;
  full_disks: number;
  states: number;
  recoveries_cut: number;
  acknowledged: number;
}

export function noFigures(): Figures {
  return {
    seeds: 0,
    steps: 0,
    calls: 0,
    kills: 0,
    power_losses: 0,
    io_errors: 0,
    full_disks: 0,
    states: 0,
    recoveries_cut: 0,
    acknowledged: 0,
  };
}

export type Crash = "kill" | "power";

/**
 * One crash state: what would be there if everything ended now. Lets a new process recover a copy of the
 * machine (crashing that too, now and then), and holds what it finds against the oracle.
 */
export async function audit(
  parts: AuditParts,
  crash: Crash | "as it is",
): Promise<{ end: number; lines: StoredLine[] }> {
  const { random, figures } = parts;
  const machine = parts.machine.clone(new SeededRandom(random.below(2 ** 31)));
  let mayLose = crash === "as it is";
  if (crash === "power") {
    machine.losePower();
    mayLose = true;
  }
  figures.states++;
  if (random.chance(0.2)) recoverTwice(parts, machine);
  if (crash !== "as it is") mayLose = (await crashInRecovery(parts, machine)) || mayLose;
  return new Auditor(parts, machine).run(mayLose);
}

/** Lets recovery begin and end at some call, by a kill or by another power loss, up to three times. */
async function crashInRecovery(parts: AuditParts, machine: Machine): Promise<boolean> {
  const { random, figures } = parts;
  let lost = false;
  for (let times = 0; times < 3 && random.chance(0.35); times++) {
    const last = random.below(90);
    const end = random.chance(0.5) ? "kill" : "power";
    const fate: Fate = (process) => (process.calls >= last ? end : undefined);
    const process = new Process(machine, fate);
    try {
      const log = await process.alone(() => openLog(parts, process));
      await process.alone(() =>
        log.append({
          events: newEvents(random).slice(0, 0),
          expectedSequence: "any",
          onDuplicate: "conflict",
        }),
      );
      process.end();
    } catch (error) {
      if (!(error instanceof ProcessKilled) && !process.dead) parts.fail("recovery fails", error);
    }
    process.end();
    figures.states++;
    figures.recoveries_cut++;
    lost ||= end === "power";
  }
  return lost;
}

function openLog(parts: AuditParts, process: Process): Promise<FilesLog> {
  return openFilesLog({ path: STORE, ports: process.ports, clock: process.wallClock, ...parts.options });
}

/** Recovery run twice leaves the same bytes as run once. */
function recoverTwice(parts: AuditParts, original: Machine): void {
  const machine = original.clone(new SeededRandom(parts.random.below(2 ** 31)));
  const process = new Process(machine, CALM);
  const { disk } = process.ports;
  const layout = layoutOf(STORE);
  if (disk.kind(layout.room) === undefined || disk.kind(layout.journals) === undefined) return;
  const store = readStoreFile(disk, layout);
  if (store === undefined) return;
  const options = { ...DEFAULT_FILES_OPTIONS, ...parts.options };
  const lock = { tryAcquire: () => true, release: () => undefined, close: () => undefined };
  const core: EngineCore = {
    disk,
    layout,
    lock,
    storeId: store.store_id,
    clock: process.wallClock,
    boot: machine.boot,
    options,
  };
  const recover = () =>
    process.run(() =>
      recoverFiles(core, new Partitions(disk, layout, 8), { force: false, synced: { journal: 0, end: 0 } }),
    );
  try {
    recover();
    const once = bytesOf(machine);
    const report = recover();
    const twice = bytesOf(machine);
    if (report !== undefined && (report.fragments.length > 0 || report.files_restored > 0))
      parts.fail("a second recovery found something to do");
    for (const [path, bytes] of twice)
      if (once.get(path)?.equals(bytes) !== true) parts.fail(`a second recovery changed ${path}`);
    if (once.size !== twice.size) parts.fail("a second recovery made or removed a file");
  } catch (error) {
    if (!simulated(error)) parts.fail("recovery of the files fails", error);
  }
}

function bytesOf(machine: Machine): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const [path, inode] of machine.disk.files())
    files.set(path, Buffer.from(inode.cache.bytes.subarray(0, inode.cache.size)));
  return files;
}

class Auditor {
  readonly #parts: AuditParts;
  readonly #machine: Machine;

  constructor(parts: AuditParts, machine: Machine) {
    this.#parts = parts;
    this.#machine = machine;
  }

  async run(mayLose: boolean): Promise<{ end: number; lines: StoredLine[] }> {
    const { oracle, random, fail } = this.#parts;
    let lines: StoredLine[] = [];
    let end = 1;
    try {
      const process = new Process(this.#machine, CALM);
      const log = await this.#persist(process, () => openLog(this.#parts, process));
      lines = await this.#persist(process, () => collect(log.readAll({ chunk: 200 })));
      end = oracle.checkWhole(lines, { storeId: log.storeId, mayLose });
      const after = await this.#write(process, log, lines);
      if (random.chance(0.3)) await this.#compareStreams(process, log, after);
      await process.alone(() => log.close());
      process.end();
      this.#checkFiles(after);
      if (random.chance(0.3)) await this.#onceMore(after);
    } catch (error) {
      fail("after a crash the store does not work", error);
    }
    return { end, lines };
  }

  /** A write-back that failed before the crash is told to the first who flushes; then the same is tried again. */
  async #persist<T>(process: Process, run: () => Promise<T>): Promise<T> {
    for (let times = 0; ; times++) {
      try {
        return await process.alone(run);
      } catch (error) {
        if (!(simulated(error) || error instanceof OutcomeUnknownError) || times > 10) throw error;
      }
    }
  }

  /** The store takes events again, new ones and retries of whatever was lost or is there. */
  async #write(process: Process, log: FilesLog, before: readonly StoredLine[]): Promise<StoredLine[]> {
    const { random, fail } = this.#parts;
    const events = newEvents(random);
    const append = () =>
      process.alone(() => log.append({ events, expectedSequence: "any", onDuplicate: "conflict" }));
    // A write-back that failed before the crash is told to the first who flushes; then the same ids are tried again.
    let placements: readonly Placement[] = [];
    let surprises = 0;
    while (placements.length === 0) {
      try {
        placements = await append();
      } catch (error) {
        if (!(error instanceof OutcomeUnknownError) || ++surprises > 10) throw error;
      }
    }
    const known = before[random.below(before.length)];
    const event =
      known === undefined
        ? undefined
        : (JSON.parse(textOf(known)) as { event_id: string; event_type: string });
    if (known !== undefined && event !== undefined) {
      const found = await process.alone(() => log.findById(event.event_id));
      if (found?.position !== known.position)
        fail(`${event.event_id} at position ${known.position} is not found by its id`);
    }
    if (surprises === 0 && placements.some((placement) => placement.duplicate))
      fail("a new event is taken for a duplicate");
    const retried = await append();
    if (
      retried.some(
        (placement, index) => !placement.duplicate || placement.position !== placements[index]?.position,
      )
    )
      fail("a retry is not answered with the first placement");
    const after = await process.alone(() => collect(log.readAll({ chunk: 200 })));
    before.forEach((line, index) => {
      if (after[index] === undefined || !Buffer.from(line.bytes).equals(after[index].bytes))
        fail(`the line at position ${index + 1} has changed after recovery`);
    });
    return after;
  }

  async #compareStreams(process: Process, log: FilesLog, all: readonly StoredLine[]): Promise<void> {
    const { fail, random } = this.#parts;
    for (const [stream, wanted] of Map.groupBy(all, (line) => line.stream)) {
      const direction = random.chance(0.5) ? "forwards" : "backwards";
      const lines = await process.alone(() => collect(log.readStream(stream, { direction })));
      if (direction === "backwards") lines.reverse();
      const same =
        lines.length === wanted.length &&
        lines.every((line, index) => Buffer.from(line.bytes).equals(wanted[index]?.bytes ?? Buffer.alloc(0)));
      if (!same)
        fail(
          `${stream} read alone (${direction}, ${lines.length}) is not what it is within all (${wanted.length})`,
        );
    }
  }

  /** After an orderly end the plain files hold the whole log and nothing else. */
  #checkFiles(all: readonly StoredLine[]): void {
    const { fail } = this.#parts;
    const found = new Map<number, string>();
    for (const [path, inode] of this.#machine.disk.files()) {
      if (!path.endsWith("/events.jsonl")) continue;
      const text = inode.cache.bytes.toString("utf8", 0, inode.cache.size);
      if (text !== "" && !text.endsWith("\n")) fail(`${path} ends inside a line`);
      for (const line of text.split("\n").slice(0, -1)) {
        const position = Number(/"position":(\d+),"prev_hash":"[0-9a-f]{64}"\}$/.exec(line)?.[1]);
        if (found.has(position)) fail(`position ${position} stands in two files`);
        found.set(position, line);
        const day = /"recorded_at":"(.{10})/.exec(line.slice(line.lastIndexOf('"recorded_at"')))?.[1];
        if (!path.includes(`/${day}/`) && path !== `${STORE}/global/events.jsonl`)
          fail(`${path} holds a line of ${day}`);
      }
    }
    for (const line of all)
      if (found.get(line.position) !== textOf(line))
        fail(`position ${line.position} is not in its file after close`);
    if (found.size !== all.length) fail(`the files hold ${found.size} lines, the log ${all.length}`);
  }

  /** Power goes once more, with nobody there: nothing at all may be missing then. */
  async #onceMore(all: readonly StoredLine[]): Promise<void> {
    const { fail, figures } = this.#parts;
    this.#machine.losePower();
    figures.states++;
    const process = new Process(this.#machine, CALM);
    const log = await process.alone(() => openLog(this.#parts, process));
    const lines = await process.alone(() => collect(log.readAll({ chunk: 200 })));
    all.forEach((line, index) => {
      const now = lines[index];
      if (now === undefined || !Buffer.from(line.bytes).equals(now.bytes))
        fail(`position ${index + 1} did not outlive a power loss after close`);
    });
    await process.alone(() => log.close());
    process.end();
  }
}

async function collect(chunks: AsyncIterable<readonly StoredLine[]>): Promise<StoredLine[]> {
  const all: StoredLine[] = [];
  for await (const lines of chunks) all.push(...lines);
  return all;
}

/** Whether an error is a fault that the simulated disk reports. */
export function simulated(error: unknown): boolean {
  return error instanceof Error && error.message.includes("(simulated)");
}
