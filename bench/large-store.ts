import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { type EventStore, openStore, type QueryFilter } from "../src/index.ts";
import { concurrentAppends } from "./appends.ts";
import { type Measurement, medianOf, time } from "./harness.ts";
import { fill } from "./reads.ts";

const W2_EVENTS = 64 * 600;
const ROUNDS = 9;
const PAGE = 100;

const middle = (values: number[]): number => values.sort((a, b) => a - b)[2] as number;

/** The same 64 writers on stores that hold more and more; each beside an empty store in the same run. */
export async function appendsAtSize(
  folder: string,
  size: { events: number; streams: number },
): Promise<Measurement> {
  const { events, streams } = size;
  const large = join(folder, `size-${events}-${streams}`);
  const empty = join(folder, `empty-${events}-${streams}`);
  await using store = await openStore({ path: large, durability: "os" });
  await fill(store, events, (index) => `BENCH-${1 + (index % streams)}`);
  await using fresh = await openStore({ path: empty });
  await using grown = await openStore({ path: large });
  const rates = { ours: [] as number[], baseline: [] as number[] };
  for (let round = 0; round < 5; round++) {
    rates.baseline.push(await concurrentAppends(fresh, W2_EVENTS));
    rates.ours.push(await concurrentAppends(grown, W2_EVENTS));
  }
  const name = `W2 at ${events.toLocaleString("en")} events, ${streams.toLocaleString("en")} streams, beside an empty store`;
  return {
    name,
    ours: middle(rates.ours),
    baseline: middle(rates.baseline),
    unit: "events/s",
    kind: "rate",
    bar: ">= 0.8",
  };
}

const FILTERS: Readonly<Record<string, QueryFilter>> = {
  "one issue and type": { issueKey: "BENCH-77", eventTypes: "AgentCompleted", order: "desc" },
  "one agent": { agentName: "code-writer-3", order: "desc" },
};

/** Everything that is measured on one store of a million events. */
export async function millionEvents(folder: string, events = 1_000_000): Promise<Measurement[]> {
  const path = join(folder, "million");
  {
    await using store = await openStore({ path, durability: "os" });
    await fill(store, events, (index) => `BENCH-${1 + (index % 10_000)}`);
  }
  const measurements = [await indexBuild(path, events), ...(await firstPages(path)), await opening(path)];
  rmSync(path, { recursive: true, force: true });
  return measurements;
}

async function indexBuild(path: string, events: number): Promise<Measurement> {
  await using store = await openStore({ path });
  const baseline_ms = await bareInserts(store, join(path, "bare.db"));
  const ours_ms = await time(async () => {
    await store.index?.refresh(store.log);
  });
  return {
    name: `index build, ${events.toLocaleString("en")} events, beside bare inserts into a table with an index a filter`,
    ours: (events / ours_ms) * 1000,
    baseline: (events / baseline_ms) * 1000,
    unit: "events/s",
    kind: "rate",
    bar: ">= 0.6",
  };
}

const COLUMNS = ["stream", "type", "agent", "phase", "actor", "session", "correlation"] as const;

/** What a plain index would be: a row an event, an index a column; only the inserts are timed. */
async function bareInserts(store: EventStore, file: string): Promise<number> {
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536");
  database.exec(`CREATE TABLE e (position INTEGER PRIMARY KEY, happened, recorded, ${COLUMNS.join(", ")})`);
  for (const column of COLUMNS) database.exec(`CREATE INDEX e_${column} ON e (${column}, position)`);
  const insert = database.prepare(`INSERT INTO e VALUES (?, ?, ?, ${COLUMNS.map(() => "?").join(", ")})`);
  let total = 0;
  for await (const lines of store.log.readAll({ chunk: 10_000 })) {
    const rows = lines.map((line) => rowOf(JSON.parse(Buffer.from(line.bytes).toString()) as StoredRow));
    total += await time(() => {
      database.exec("BEGIN");
      for (const row of rows) insert.run(...row);
      database.exec("COMMIT");
    });
  }
  database.close();
  return total;
}

interface StoredRow {
  position: number;
  timestamp: string;
  recorded_at: string;
  issue_key: string;
  event_type: string;
  session_id: string;
  actor: { id: string };
  metadata: { agent_name: string };
}

function rowOf(event: StoredRow): (string | number | null)[] {
  return [
    event.position,
    Date.parse(event.timestamp),
    Date.parse(event.recorded_at),
    event.issue_key,
    event.event_type,
    event.metadata.agent_name,
    null,
    event.actor.id,
    event.session_id,
    null,
  ];
}

async function firstPages(path: string): Promise<Measurement[]> {
  await using store = await openStore({ path });
  const database = new DatabaseSync(join(path, "bare.db"));
  const bare: Readonly<Record<string, () => number[]>> = {
    "one issue and type": () => positions(database, "stream = 'BENCH-77' AND +type = 'AgentCompleted'"),
    "one agent": () => positions(database, "agent = 'code-writer-3'"),
  };
  const measurements: Measurement[] = [];
  for (const [name, filter] of Object.entries(FILTERS)) {
    const ours = (): Promise<number> =>
      time(async () => void (await store.queryPage({ ...filter, limit: PAGE })));
    const baseline = (): Promise<number> =>
      time(async () => {
        const lines = await store.log.readAt(bare[name]?.() ?? []);
        for (const line of lines) JSON.parse(Buffer.from(line.bytes).toString());
      });
    await ours();
    await baseline();
    measurements.push({
      name: `first page of 100, ${name}, beside the bare statement and reading its lines`,
      ours: await medianOf(ROUNDS, ours),
      baseline: await medianOf(ROUNDS, baseline),
      unit: "ms",
      kind: "time",
      bar: ">= 0.33",
    });
  }
  database.close();
  return measurements;
}

function positions(database: DatabaseSync, where: string): number[] {
  const rows = database
    .prepare(`SELECT position FROM e WHERE ${where} ORDER BY position DESC LIMIT ${PAGE}`)
    .all();
  return rows.map((row) => Number(row["position"]));
}

/** Opening in a process of its own; the baseline is a process that opens nothing. */
async function opening(path: string): Promise<Measurement> {
  const script = `import { openStore } from ${JSON.stringify(join(import.meta.dirname, "..", "dist", "index.js"))};
    const began = performance.now(); const store = await openStore({ path: ${JSON.stringify(path)} });
    await store.log.head(); const ms = performance.now() - began;
    console.log(JSON.stringify({ ms, mb: process.memoryUsage().rss / 1e6 })); await store.close();`;
  const run = (): { ms: number; mb: number } => {
    const child = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    return JSON.parse(child.stdout) as { ms: number; mb: number };
  };
  run();
  const ms = await medianOf(ROUNDS, () => run().ms);
  const { mb } = run();
  return {
    name: `open, with the whole process at ${mb.toFixed(0)} MB, beside the bar of 150 ms`,
    ours: ms,
    baseline: 150,
    unit: "ms",
    kind: "time",
    bar: ">= 1",
  };
}
