import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { onTestFinished } from "vitest";

import { temporaryFolder } from "../../src/cli/run-cli.fixture.ts";
import { fileArchive } from "../../src/engines/files/file-archive.ts";
import { type Config, DEFAULT_CONFIG, type EventInput, type EventStore, openStore } from "../../src/index.ts";
import type { EventLog } from "../../src/log/event-log.ts";
import type { ArchiveParts } from "../../src/store/archive/archive-records.ts";
import type { PruneParts } from "../../src/store/archive/prune.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";

export const DAY_MS = 86_400_000;
/** The first day of the stores that these tests make. */
export const FIRST_DAY = Date.UTC(2026, 7, 1, 9);
export const ISSUES = ["PROJ-1", "PROJ-2", "OPS-7"] as const;

/** A folder of a test's own. */
export function folder(): string {
  const temporary = temporaryFolder();
  onTestFinished(() => temporary[Symbol.dispose]());
  return join(temporary.path, "events");
}

function inputOf(number: number, random: SeededRandom): EventInput<string, object> {
  const actor = { type: "agent", id: `agent-${random.below(4)}` } as const;
  const issue_key = random.chance(0.1) ? undefined : random.pick(ISSUES);
  const common = { actor, ...(issue_key === undefined ? {} : { issue_key }) };
  if (number % 29 === 0)
    return {
      ...common,
      event_type: "OrchestrationStarted",
      metadata: { issue_summary: `work ${number}`, initial_phase: "CODE" },
    };
  if (number % 7 === 0)
    return {
      ...common,
      event_type: "CommitCreated",
      idempotency_key: `commit:${number}`,
      metadata: { commit_sha: random.hex(40), commit_message: `change ${number} “ü”` },
    };
  if (number % 5 === 0)
    return {
      ...common,
      event_type: "PhaseStarted",
      metadata: { phase: random.pick(["PLAN", "CODE", "TEST"]) },
    };
  return {
    ...common,
    event_type: "AgentSpawned",
    metadata: { agent_name: `agent-${number}`, assigned_task: random.hex(random.below(300)) },
  };
}

/** Records `perDay` events on each of some days, a process a day, so that each day but the last is closed. */
export async function recordDays(path: string, days: number, perDay: number): Promise<void> {
  const random = new SeededRandom(1);
  let number = 0;
  for (let day = 0; day < days; day++) {
    let now = FIRST_DAY + day * DAY_MS;
    await using store = await openStore({ path, clock: () => (now += 1_000) });
    for (let count = 0; count < perDay; count++) await store.logEvent(inputOf(++number, random));
  }
  // Whoever leaves a store closes the days that are over.
  await (await openLater(path, days)).close();
}

/** Opens a store on its last day, some days later. */
export function openLater(
  path: string,
  days: number,
  { warn = [], config = DEFAULT_CONFIG }: { warn?: string[]; config?: Config } = {},
): Promise<EventStore> {
  return openStore({
    path,
    config,
    clock: () => FIRST_DAY + days * DAY_MS,
    onWarning: (message) => void warn.push(message),
  });
}

/** What archiving works with. */
export function partsOf(store: EventStore, path: string, days: number): ArchiveParts & PruneParts {
  return {
    shelf: fileArchive(path),
    append: (request) => (store.log as EventLog).append(request),
    queryEvents: (filter) => store.queryEvents(filter),
    clock: () => FIRST_DAY + days * DAY_MS,
    session: randomUUID(),
    snapshot: (stream) => store.createSnapshot(stream),
    resetIndex: async () => store.index?.reset(),
  };
}

/** Files below a folder, by their path in it. */
export function filesBelow(path: string): Map<string, Buffer> {
  const files = readdirSync(path, { recursive: true, encoding: "utf8" }).sort();
  return new Map(
    files
      .filter((name) => statSync(join(path, name)).isFile())
      .map((name) => [name, readFileSync(join(path, name))]),
  );
}

/** Everything that a store can be asked, of events up to a position, as text. */
export async function answers(store: EventStore, upTo: number): Promise<string> {
  const all: string[] = [];
  for await (const lines of store.log.readAll())
    for (const { bytes, position } of lines) if (position <= upTo) all.push(Buffer.from(bytes).toString());
  const events = all.map(
    (line) => JSON.parse(line) as { event_id: string; recorded_at: string; position: number },
  );
  const found: unknown[] = [all.join("\n")];
  for await (const lines of store.log.readAll({ direction: "backwards", chunk: 7 }))
    for (const { position } of lines) if (position <= upTo) found.push(position);
  for (const { event_id } of events.filter((_, at) => at % 11 === 0))
    found.push(await store.getEvent(event_id));
  for (const issue of [...ISSUES, "global"]) {
    const own: unknown[] = [];
    for await (const event of store.readStream(issue)) if (event.position <= upTo) own.push(event.event_id);
    found.push(own);
    for (const { recorded_at } of events.filter((_, at) => at % 17 === 0))
      found.push(
        await store.reconstructState(issue, { asKnownAt: recorded_at }),
        await store.reconstructState(issue, recorded_at),
      );
  }
  for (const eventTypes of ["CommitCreated", "AgentSpawned"] as const)
    for await (const event of store.queryEvents({ eventTypes, order: "desc" }))
      if (event.position <= upTo) found.push(event.event_id);
  return JSON.stringify(found);
}
