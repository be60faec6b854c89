import { join } from "node:path";

import { mustBeWhole } from "../faults/check-store.ts";
import {
  drain,
  prepareFolder,
  readRecord,
  startNode,
  startWriter,
  succeeded,
  type WriterJob,
} from "../faults/support.ts";

const FIRST_ACK = join(import.meta.dirname, "first-ack.fixture.ts");
const BATCH = 500;
/** Appends that a writer makes before it is killed. */
const APPENDS = 5000;

export interface RecoveryTimes {
  readonly afterKill_ms: number;
  /** As after a loss of power, when the head tells nothing and the journals are read from their start. */
  readonly afterPowerLoss_ms: number;
}

/**
 * Fills a store, kills its writer in the middle of appends, and measures in a fresh process how long it takes
 * from opening the store to the first acknowledgement.
 */
export async function recoverAtScale(
  folder: string,
  events: number,
  say: (text: string) => void,
): Promise<RecoveryTimes> {
  const path = join(folder, "store");
  prepareFolder(path);
  const streams = Array.from({ length: 200 }, (_, index) => `PROJ-${index + 1}`);
  const job = { path, streams, events, batch: BATCH, width: 8, textBytes: 100, durability: "os" as const };
  await succeeded(startWriter({ ...job, prefix: "fill", journal: join(folder, "fill") }));
  say(`${events} events are there`);
  const times: number[] = [];
  for (const prefix of ["killed", "powerless"]) {
    await killed({
      path,
      streams,
      events: 1_000_000,
      width: 8,
      prefix,
      journal: join(folder, prefix),
      chatty: true,
    });
    const first = startNode([FIRST_ACK, JSON.stringify({ path, loseHead: prefix === "powerless" })]);
    times.push(Number(await first.line()));
    await succeeded(first);
  }
  await drain(path);
  const record = readRecord(...["fill", "killed", "powerless"].map((name) => join(folder, name)));
  const checked = mustBeWhole(path, { acknowledged: record.acknowledged });
  say(`${checked.events.length} events are whole`);
  const [afterKill_ms = Number.NaN, afterPowerLoss_ms = Number.NaN] = times;
  return { afterKill_ms, afterPowerLoss_ms };
}

async function killed(job: WriterJob): Promise<void> {
  const writer = startWriter(job);
  let seen = 0;
  for (let line = await writer.line(); line !== undefined; line = await writer.line()) {
    if (line === "appended" && ++seen === APPENDS) writer.child.kill("SIGKILL");
  }
  await writer.ended;
}
