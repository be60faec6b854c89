import type { FilesOptions } from "../../src/engines/files/core.ts";
import { openFilesLog } from "../../src/engines/files/open-files-log.ts";
import type { FilesLog } from "../../src/engines/files/files-log.ts";
import type { PreparedEvent } from "../../src/event/prepared.ts";
import { OutcomeUnknownError, StorageError } from "../../src/errors.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { audit, type AuditParts, type Crash, type Figures } from "./audit.ts";
import { newEvents, resetSerial } from "./client.ts";
import { CALM, type Fate, Machine, Process, runningProcess, STORE } from "./machine.ts";
import { Oracle } from "./oracle.ts";
import { SimulatedDatabase } from "./simulated-catalog.ts";
import { SimulatedDisk } from "./simulated-disk.ts";
import { SimulationFailure } from "./simulation.ts";
import { installVirtualTime } from "./virtual-time.ts";

const ENGINE: Partial<FilesOptions> = {
  journalMaxBytes: 3000,
  coverBytes: 1500,
  openFilesMax: 3,
  applyIntervalMs: 0,
};
const APPENDS = 6;

/** What ends the first of two processes. */
export type Ending = Crash | "EIO" | "ENOSPC";

/**
 * A small fixed life of a store, made from nothing by a process that meets its end, or a fault, at call
 * number `call`, and continued by a second one; then power fails. Gives false once the life is shorter.
 */
export async function endAtCall(call: number, ending: Ending, figures: Figures): Promise<boolean> {
  resetSerial();
  const random = new SeededRandom(call);
  const undo = installVirtualTime(
    () => runningProcess(),
    new SeededRandom(call + 1),
    () => undefined,
  );
  let failure: SimulationFailure | undefined;
  const fail = (what: string, cause?: unknown): void => {
    failure ??= new SimulationFailure(`${ending} at call ${call}`, what, cause);
  };
  const disk = new SimulatedDisk(new SeededRandom(call + 2));
  disk.format(STORE);
  const epoch_ms = Date.UTC(2026, 10, 25) - 3;
  const machine = new Machine(random, { disk, database: new SimulatedDatabase(), epoch_ms });
  machine.onViolation = fail;
  const oracle = new Oracle(fail);
  let first: Process | undefined;
  const fate: Fate = (process, { moment }) => {
    if (process !== first || process.calls !== call || moment === "after") return undefined;
    return ending;
  };
  const parts = { machine, oracle, random, options: ENGINE, fail, figures };
  try {
    first = new Process(machine, fate);
    const reached = await live(first, parts);
    if (ending === "power") {
      const { end, lines } = await audit(parts, "as it is");
      oracle.forgetFrom(end, lines);
    }
    await live(new Process(machine, CALM), { ...parts, look: call % APPENDS });
    if (failure === undefined) await audit(parts, "power");
    if (failure !== undefined) throw failure;
    return reached >= call;
  } finally {
    undo();
    machine.database.close();
  }
}

/** Opens the store, appends, lets power fail on a copy in between, and leaves; gives the number of calls made. */
async function live(process: Process, parts: AuditParts & { look?: number }): Promise<number> {
  const { random, look } = parts;
  try {
    const log = await process.alone(() =>
      openFilesLog({ path: STORE, ports: process.ports, clock: process.wallClock, ...ENGINE }),
    );
    for (let count = 0; count < APPENDS; count++) {
      await append(process, log, { events: newEvents(random), oracle: parts.oracle });
      if (count === look) await audit(parts, "power");
    }
    await process.alone(() => log.close());
  } catch (error) {
    if (!process.dead && !isFault(error)) parts.fail("a process met an error that nothing explains", error);
  }
  process.end();
  return process.calls;
}

function isFault(error: unknown): boolean {
  return (
    error instanceof StorageError || (error instanceof Error && /\(simulated\)|^SQLite: /.test(error.message))
  );
}

async function append(
  process: Process,
  log: FilesLog,
  { events, oracle }: { events: PreparedEvent[]; oracle: Oracle },
): Promise<void> {
  const facts = oracle.issue(events, "group");
  try {
    const placements = await process.alone(() =>
      log.append({ events, expectedSequence: "any", onDuplicate: "conflict" }),
    );
    oracle.acknowledged(facts, placements, events);
  } catch (error) {
    if (process.dead || error instanceof OutcomeUnknownError) oracle.unknown(facts);
    else oracle.rejected(facts);
    if (process.dead) throw error;
  }
}
