import { join } from "node:path";

import type { EventStore } from "../../src/store/event-store.ts";
import { type CheckedStore, mustBeWhole } from "./check-store.ts";
import {
  drain,
  expectationsOf,
  openWith,
  prepareFolder,
  readRecord,
  startNode,
  startWriter,
  succeeded,
  type WriterJob,
} from "./support.ts";

const TAIL = join(import.meta.dirname, "tail.fixture.ts");

export interface CrowdOptions {
  readonly folder: string;
  readonly writers: number;
  readonly job: Omit<WriterJob, "path" | "journal" | "prefix">;
  /** Processes that follow the store while it is written, and check every event they are given. */
  readonly tails?: number;
}

/** Several processes write at once, from one signal on; readers follow. Everything is there once, in order. */
export async function crowd({ folder, writers, job, tails = 0 }: CrowdOptions): Promise<CheckedStore> {
  const path = join(folder, "store");
  prepareFolder(path);
  await drain(path);
  const jobs = Array.from({ length: writers }, (_, index) => {
    const prefix = `w${index}`;
    return { ...job, path, prefix, journal: join(folder, prefix), waitForGo: true, lockTimeoutSeconds: 120 };
  });
  const total = writers * job.events;
  const readers = Array.from({ length: tails }, () =>
    startNode([TAIL, JSON.stringify({ path, events: total })]),
  );
  const processes = jobs.map((one) => startWriter(one));
  for (const process of [...processes, ...readers]) {
    const line = await process.line();
    if (line !== "ready") throw new Error(`a process did not start: ${process.errors()}`);
  }
  for (const process of processes) process.go();
  await Promise.all(processes.map((process) => succeeded(process)));
  await Promise.all(readers.map((reader) => succeeded(reader)));
  const record = readRecord(...jobs.map((one) => one.journal));
  const [error] = record.errors;
  if (error !== undefined) throw new Error(`an append failed: ${error.name} ${error.message}`);
  await drain(path);
  return mustBeWhole(path, expectationsOf(record));
}

/**
 * Reads a store that only others write, over and over from the start, and compares what it saw with what it saw
 * before. Gives how often there was more.
 */
export async function watchOthers(folder: string, job: Partial<WriterJob>): Promise<number> {
  const path = join(folder, "store");
  prepareFolder(path);
  const reader = await openWith(path);
  const shared = { path, streams: ["PROJ-1", "PROJ-2"], events: 400, width: 4 };
  const writers = ["a", "b"].map((prefix) =>
    startWriter({ ...shared, prefix, journal: join(folder, prefix), ...job }),
  );
  let seen: string[] = [];
  let looks = 0;
  const running = new Set(writers);
  for (const writer of writers) void writer.ended.then(() => running.delete(writer));
  do {
    const now = await denseLines(reader);
    const changed = seen.findIndex((line, index) => now[index] !== line);
    if (changed >= 0) throw new Error(`position ${changed + 1} was seen, and is another or gone`);
    const heads = await reader.log.head();
    if (heads.position < now.length) throw new Error("the head lies before an event that was seen");
    await streamsMustFit(reader, now.length);
    if (now.length > seen.length) looks++;
    seen = now;
  } while (running.size > 0);
  await Promise.all(writers.map(succeeded));
  await reader.close();
  await drain(path);
  mustBeWhole(path, expectationsOf(readRecord(join(folder, "a"), join(folder, "b"))));
  return looks;
}

/** Every line of the log; its positions must be 1, 2, 3 and so on. */
async function denseLines(reader: EventStore): Promise<string[]> {
  const lines: string[] = [];
  for await (const chunk of reader.log.readAll()) {
    for (const { bytes, position } of chunk) {
      if (position !== lines.push(Buffer.from(bytes).toString()))
        throw new Error(`position ${position} came as number ${lines.length}`);
    }
  }
  return lines;
}

/** Streams, read after the whole log was, hold no less than it did, without a gap. */
async function streamsMustFit(reader: EventStore, seen: number): Promise<void> {
  let events = 0;
  for (const stream of ["PROJ-1", "PROJ-2", "global"]) {
    let sequence = 0;
    for await (const event of reader.readStream(stream)) {
      if (event.event_sequence !== ++sequence)
        throw new Error(`${stream} ${event.event_sequence} came as number ${sequence}`);
    }
    events += sequence;
  }
  if (events < seen) throw new Error(`the streams hold ${events} events, the log held ${seen} before`);
}
