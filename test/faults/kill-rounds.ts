import { join } from "node:path";

import { type CheckedStore, mustBeWhole } from "./check-store.ts";
import {
  drain,
  expectationsOf,
  readRecord,
  runWriter,
  seeded,
  startWriter,
  type WriterJob,
} from "./support.ts";

export interface KillRoundsOptions {
  /** Holds the store and what the writers write down. */
  readonly folder: string;
  readonly rounds: number;
  readonly writers: number;
  readonly seed: number;
  /** Checks the whole store after every so many rounds, and at the end. */
  readonly checkEvery?: number;
  readonly progress?: (text: string) => void;
}

/** Settings that a writer of a round is given; each makes another part of the engine work. */
const FLAVOURS: readonly Partial<WriterJob>[] = [
  {},
  { batch: 7 },
  { width: 8 },
  { width: 4, batch: 3, durability: "sync" },
  { durability: "os" },
  { applyIntervalMs: 1000 },
  { applyIntervalMs: 0, textBytes: 3000 },
];
const STREAMS = ["PROJ-1", "PROJ-2", "OTHER-7", "global"];
/** Small, so that journals are followed by new ones all the time. */
const JOURNAL_BYTES = 60_000;

/**
 * Rounds of several writers that are killed after a number of appends. Each round's writers find what the
 * killed ones left, and nobody repairs anything by hand.
 */
export async function killRounds(options: KillRoundsOptions): Promise<CheckedStore> {
  const { folder, rounds, writers, checkEvery = rounds, progress } = options;
  const random = seeded(options.seed);
  const path = join(folder, "store");
  const journals: string[] = [];
  let checked: CheckedStore | undefined;
  for (let round = 1; round <= rounds; round++) {
    const jobs = Array.from({ length: writers }, (_, index) => jobOf({ path, folder, round, index }, random));
    journals.push(...jobs.map((job) => job.journal));
    await Promise.all(jobs.map((job) => killedAfter(job, Math.floor(random() * 40))));
    if (round % checkEvery !== 0 && round !== rounds) continue;
    await drain(path);
    const record = readRecord(...journals);
    refuseErrors(record.errors);
    checked = mustBeWhole(path, expectationsOf(record));
    progress?.(`round ${round}: ${checked.events.length} events, ${record.acknowledged.length} acknowledged`);
  }
  if (checked === undefined) throw new Error("no round was checked");
  return checked;
}

function jobOf(
  at: { path: string; folder: string; round: number; index: number },
  random: () => number,
): WriterJob {
  const { path, folder, round, index } = at;
  const flavour = FLAVOURS[Math.floor(random() * FLAVOURS.length)] ?? {};
  const prefix = `r${round}w${index}`;
  const streams = STREAMS.slice(0, 1 + Math.floor(random() * STREAMS.length));
  const common = { path, journal: join(folder, prefix), prefix, streams, events: 100_000, chatty: true };
  return { ...common, journalMaxBytes: JOURNAL_BYTES, lockTimeoutSeconds: 60, ...flavour };
}

/** Kills a writer after `appends` appends; 0 kills it while it opens the store, as soon as it is there. */
async function killedAfter(job: WriterJob, appends: number): Promise<void> {
  const writer = startWriter(job);
  let seen = 0;
  for (let line = await writer.line(); line !== undefined; line = await writer.line()) {
    if (line === "appended") seen++;
    if (line === "ready" ? appends === 0 : seen >= appends) writer.child.kill("SIGKILL");
  }
  const end = await writer.ended;
  if (end !== "SIGKILL")
    throw new Error(`writer ${job.prefix} ended with ${end} before it was killed:\n${writer.errors()}`);
}

function refuseErrors(errors: readonly { name: string; message: string }[]): void {
  const [first] = errors;
  if (first !== undefined)
    throw new Error(`${errors.length} appends failed, first: ${first.name} ${first.message}`);
}

/** A writer is killed in mid-append; a second one tries everything again with the same ids. */
export async function retryAfterKill(folder: string, appends: number): Promise<CheckedStore> {
  const path = join(folder, "store");
  const job = { path, streams: ["PROJ-1"], events: 60, prefix: "retried", width: 6 };
  await killedAfter({ ...job, journal: join(folder, "killed"), chatty: true, linger: true }, appends);
  const again = await runWriter({ ...job, journal: join(folder, "again") });
  refuseErrors(again.errors);
  const record = readRecord(join(folder, "killed"), join(folder, "again"));
  return mustBeWhole(path, expectationsOf(record));
}
