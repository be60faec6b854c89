import { readFileSync } from "node:fs";
import { join } from "node:path";

import { mustBeWhole } from "./check-store.ts";
import {
  drain,
  expectationsOf,
  prepareFolder,
  readRecord,
  runWriter,
  startWriter,
  succeeded,
  type WriterJob,
} from "./support.ts";

/** The system calls with which the engine, and SQLite below it, changes what is on disk. */
export const WRITE_CALLS = [
  "openat",
  "pwrite64",
  "fdatasync",
  "fsync",
  "ftruncate",
  "rename",
  "unlink",
  "mkdir",
] as const;
export type WriteCall = (typeof WRITE_CALLS)[number];
export type Fault = "KILL" | "EIO" | "ENOSPC";
export const FAULTS: readonly Fault[] = ["KILL", "EIO", "ENOSPC"];

/** One fault at one occurrence of one call. */
export interface FaultPoint {
  readonly call: WriteCall;
  readonly fault: Fault;
  readonly when: number;
}

/** A life of a store in few calls: opened, appended to in batches, journals followed by new ones, closed. */
function jobIn(folder: string, name: string): WriterJob {
  return {
    path: join(folder, "store"),
    journal: join(folder, name),
    prefix: name,
    streams: ["PROJ-1", "global", "PROJ-2"],
    events: 36,
    batch: 3,
    textBytes: 200,
    journalMaxBytes: 4000,
    retries: 1,
  };
}

/** One thread for asynchronous calls, so that the n-th call of a run is nearly the n-th of the next. */
function strace(trace: string, ...more: string[]): string[] {
  const calls = WRITE_CALLS.join(",");
  return [
    "env",
    "UV_THREADPOOL_SIZE=1",
    "strace",
    "-f",
    "--seccomp-bpf",
    "-y",
    "-o",
    trace,
    "-e",
    `trace=${calls}`,
    ...more,
  ];
}

/** Every occurrence of a write-side call on the store in an undisturbed run, times every fault. */
export async function faultPoints(folder: string): Promise<FaultPoint[]> {
  prepareFolder(join(folder, "store"));
  const trace = join(folder, "trace");
  const job = jobIn(folder, "undisturbed");
  await succeeded(startWriter(job, strace(trace)));
  const seen = new Map<string, number>();
  const points: FaultPoint[] = [];
  for (const line of readFileSync(trace, "utf8").split("\n")) {
    const [, thread, call] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    const known = WRITE_CALLS.find((one) => one === call);
    if (known === undefined || thread === undefined) continue;
    // strace counts the calls of each thread by itself.
    const count = (seen.get(`${thread} ${known}`) ?? 0) + 1;
    seen.set(`${thread} ${known}`, count);
    const onStore = line.includes(job.path);
    if (onStore && !(known === "openat" && line.includes("O_RDONLY"))) {
      for (const fault of FAULTS) points.push({ call: known, fault, when: count });
    }
  }
  const unique = new Map(points.map((point) => [`${point.call} ${point.fault} ${point.when}`, point]));
  return [...unique.values()];
}

/**
 * Lets a writer meet one fault, then lets others use the store as if nothing had happened. Gives what is
 * wrong, or undefined when all is as it must be.
 */
export async function meetFault(folder: string, point: FaultPoint): Promise<string | undefined> {
  prepareFolder(join(folder, "store"));
  const { call, fault, when } = point;
  const how = fault === "KILL" ? "signal=KILL" : `error=${fault}`;
  const trace = join(folder, "trace");
  const job = jobIn(folder, "disturbed");
  // Another process writes along; whatever happens to the first one is no reason to fail here.
  const company = { ...jobIn(folder, "company"), journalMaxBytes: 20_000, events: 120 };
  const companion = startWriter(company);
  const writer = startWriter(job, strace(trace, "-e", `inject=${call}:${how}:when=${when}`));
  let opened = false;
  for (let line = await writer.line(); line !== undefined; line = await writer.line())
    opened ||= line === "ready";
  const end = await writer.ended;
  if ((await companion.ended) !== 0) return `the process beside it failed:\n${companion.errors()}`;
  const wrong = wrongEnd(fault, { end, opened, errors: writer.errors() });
  if (wrong !== undefined) return wrong;
  try {
    await drain(job.path);
    const beside = readRecord(company.journal);
    if (beside.errors.length > 0) return `an append beside it failed: ${beside.errors[0]?.message}`;
    const record = readRecord(job.journal, company.journal);
    const checked = mustBeWhole(job.path, expectationsOf(record));
    const raw = record.errors.find((error) => error.name === "RAW");
    if (raw !== undefined) return `an error without a code of its own: ${raw.message}`;
    await drain(job.path);
    const again = mustBeWhole(job.path);
    if (again.events.length !== checked.events.length) return "a second opening found something to recover";
    const after = await runWriter({ ...job, journal: join(folder, "after"), prefix: "after" });
    if (after.errors.length > 0) return `appends after the fault failed: ${after.errors[0]?.message}`;
    mustBeWhole(job.path, expectationsOf(readRecord(job.journal, company.journal, join(folder, "after"))));
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  return undefined;
}

/** 0: done; 9: the close failed and said so. A failing open ends a process, a failing append must not. */
function wrongEnd(
  fault: Fault,
  how: { end: number | string; opened: boolean; errors: string },
): string | undefined {
  const { end, opened, errors } = how;
  if (end === 0 || end === 9) return undefined;
  if (fault === "KILL" && (end === "SIGKILL" || end === 137)) return undefined;
  if (fault !== "KILL" && end === 1 && !opened) return undefined;
  return `the writer ended with ${end}:\n${errors}`;
}
