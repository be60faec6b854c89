import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { expect, test } from "vitest";

import type { StoredEvent } from "../../event/envelope.ts";
import type { EventLog } from "../../log/event-log.ts";
import { SAMPLE_COMPANIONS, SAMPLE_PACE } from "../../testing/event-log/sample-companions.ts";
import { samplePrepared, type SampleOverrides } from "../../testing/sample-event.ts";
import { openFilesLog } from "./open-files-log.ts";

const STREAM = "SUM-1";
const DAY_MS = 86_400_000;

function event(seed: number, overrides: SampleOverrides = {}) {
  const unset = { session_id: undefined, correlation_id: undefined, phase: undefined };
  const agent = { event_type: "AgentSpawned", metadata: { agent_name: "a" } };
  return samplePrepared(seed, { issue_key: STREAM, ...agent, ...unset, ...overrides });
}

const started = (seed: number) =>
  event(seed, {
    event_type: "OrchestrationStarted",
    metadata: { issue_summary: "s", initial_phase: "CODE" },
  });

async function append(log: EventLog, events: ReturnType<typeof event>[]): Promise<void> {
  await log.append({ events, expectedSequence: "any", onDuplicate: "conflict" });
}

async function summaries(log: EventLog): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const lines of log.readStream(STREAM))
    for (const { bytes } of lines) events.push(JSON.parse(Buffer.from(bytes).toString()) as StoredEvent);
  return events.filter(({ event_type }) => event_type.endsWith("SummaryCreated"));
}

const rangeOf = ({ metadata }: StoredEvent) => [metadata["from_sequence"], metadata["to_sequence"]];

async function inStore(use: (path: string) => Promise<void>): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), "eso-summaries-"));
  try {
    await use(path);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

/** A run that lacks one event to the summary of its phase, its lines in their file. */
async function oneShort(path: string): Promise<string> {
  const log = await openFilesLog({ path, companions: SAMPLE_COMPANIONS, coverBytes: 1 });
  await append(log, [started(1), event(2), event(3), event(4)]);
  await log.close();
  const day = readdirSync(path).find((name) => /^\d{4}-/.test(name));
  return join(path, day ?? "", STREAM, "events.jsonl");
}

test("a damaged line leaves its summary out, not the event; the next one makes up for it", () =>
  inStore(async (path) => {
    const file = await oneShort(path);
    const whole = readFileSync(file);
    writeFileSync(file, whole.toString().replace('"agent_name":"a"', '"agent_name":"b"'));
    await using log = await openFilesLog({ path, companions: SAMPLE_COMPANIONS });
    await append(log, [event(5)]);
    expect(await summaries(log)).toEqual([]);
    // The line is brought back in place, as the file may be held open.
    const now = readFileSync(file);
    writeFileSync(file, Buffer.concat([whole, now.subarray(whole.length)]));
    for (let seed = 6; seed < 6 + SAMPLE_PACE.phase; seed++) await append(log, [event(seed)]);
    expect((await summaries(log)).map(rangeOf)).toContainEqual([2, 9]);
  }));

test("a range may span days, and files that this process has not written", () =>
  inStore(async (path) => {
    let now_ms = Date.UTC(2026, 2, 4);
    const open = () =>
      openFilesLog({ path, companions: SAMPLE_COMPANIONS, coverBytes: 1, clock: () => now_ms });
    for (const [index, events] of [[started(1), event(2)], [event(3)], [event(4)], [event(5)]].entries()) {
      await using log = await open();
      await append(log, events);
      now_ms += DAY_MS;
      if (index === 3) expect((await summaries(log)).map(rangeOf)).toEqual([[2, 5]]);
    }
    await using log = await open();
    const [first] = await summaries(log);
    expect(first?.metadata["highlights"]).toHaveLength(SAMPLE_PACE.phase);
  }));

test("a catalogue that was kept before runs were counted is taken as it is", () =>
  inStore(async (path) => {
    await oneShort(path);
    const database = new DatabaseSync(join(path, ".store", "catalog.db"));
    const { runs } = database.prepare("SELECT runs FROM streams WHERE stream = ?").get(STREAM) as {
      runs: string;
    };
    const [{ correlation_id, session_id, phase }] = JSON.parse(runs) as [Record<string, string>];
    const bare = JSON.stringify([{ correlation_id, session_id, phase }]);
    database.prepare("UPDATE streams SET runs = ? WHERE stream = ?").run(bare, STREAM);
    database.close();
    await using log = await openFilesLog({ path, companions: SAMPLE_COMPANIONS });
    for (let seed = 5; seed < 5 + SAMPLE_PACE.phase; seed++) await append(log, [event(seed)]);
    expect((await summaries(log)).map(rangeOf)).toEqual([[5, 8]]);
  }));

test("counting goes on when the catalogue is made anew from the files", () =>
  inStore(async (path) => {
    await oneShort(path);
    for (const name of readdirSync(join(path, ".store")).filter((one) => one.startsWith("catalog.db")))
      rmSync(join(path, ".store", name));
    await using log = await openFilesLog({ path, companions: SAMPLE_COMPANIONS });
    await append(log, [event(5)]);
    expect((await summaries(log)).map(rangeOf)).toEqual([[2, 5]]);
  }));
