/**
 * Speed of the query index against SQLite alone: the same rows inserted by prepared statements into a table
 * with an index for every filter. Usage: node bench/index-build.ts [events] [--text]
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { openQueryIndex } from "../src/engines/files/query-index/sqlite-index.ts";
import type { StoredEvent } from "../src/event/envelope.ts";
import type { EventLogReader, StoredLine } from "../src/log/event-log.ts";
import type { QueryFilter } from "../src/query/filter.ts";
import { parseFilter } from "../src/query/parse-filter.ts";
import { queryPage } from "../src/query/run-query.ts";
import { SeededRandom } from "../src/testing/seeded-random.ts";

const EVENTS = Number(process.argv.find((argument) => /^\d+$/.test(argument)) ?? 200_000);
const WITH_TEXT = process.argv.includes("--text");
const PAGES_TIMED = 30;
const LIMITS = { default_page_size: 100, max_page_size: 1_000, max_query_time_seconds: 0 };
const START_MS = Date.UTC(2026, 0, 1);
const folder = mkdtempSync(join(tmpdir(), "eso-bench-index-"));

const random = new SeededRandom(1);
const TYPES = Array.from({ length: 39 }, (_, i) => `EventType${i}`);
const WORDS = Array.from({ length: 5_000 }, () => random.hex(3 + random.below(9)));

function uuid(): string {
  const hex = random.hex(32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

function sentence(words: number): string {
  return Array.from({ length: words }, () => WORDS[Math.floor(WORDS.length * random.next() ** 3)]).join(" ");
}

/** Runs of 50 events, each with its session and correlation, on 2,000 issues. */
const runs = Array.from({ length: Math.ceil(EVENTS / 50) }, () => ({ session: uuid(), correlation: uuid() }));

function eventAt(i: number): StoredEvent {
  const run = runs[Math.floor(i / 50)]!;
  const agent = `agent-${random.below(40)}`;
  const recorded = START_MS + i * 25;
  const commit = random.chance(0.1) ? { commit_sha: random.hex(40) } : {};
  return {
    event_id: uuid(),
    event_type: random.pick(["AgentSpawned", ...TYPES]),
    event_version: "1.0.0",
    timestamp: new Date(recorded - random.below(60_000)).toISOString(),
    event_sequence: i + 1,
    issue_key: `PROJ-${1 + random.below(2_000)}`,
    session_id: run.session,
    correlation_id: run.correlation,
    ...(random.chance(0.5) ? { causation_id: uuid() } : {}),
    actor: { type: "agent", id: agent, model: "claude-opus-5" },
    phase: random.pick(["EXPLORE", "PLAN", "CODE", "TEST", "FIX", "DOCUMENT"]),
    metadata: { agent_name: agent, ...commit, assigned_task: sentence(14), spawn_reason: sentence(5) },
    git_sha: random.hex(40),
    branch: `feature/PROJ-${1 + random.below(300)}`,
    recorded_at: new Date(recorded).toISOString(),
    position: i + 1,
    prev_hash: random.hex(64),
  };
}

const lines: StoredLine[] = [];
for (let i = 0; i < EVENTS; i++) {
  const event = eventAt(i);
  const bytes = Buffer.from(JSON.stringify(event));
  lines.push({ stream: event.issue_key!, sequence: i + 1, position: i + 1, bytes });
}

/** The lines as a log, without an engine's own cost. */
const log: EventLogReader = {
  storeId: uuid(),
  incarnation: uuid(),
  capabilities: {
    totalOrder: true,
    multiStreamBatches: true,
    persistent: false,
    multiProcess: false,
    durabilities: ["memory"],
  },
  head: async () => ({ position: lines.length, recorded_at: undefined }),
  stream: async (stream) => ({ stream, head_sequence: EVENTS, last_position: EVENTS, last_recorded_at: "" }),
  async *streams() {},
  async *readStream() {},
  async *readAll({ after = 0, chunk = 1_000 } = {}) {
    for (let at = after; at < lines.length; at += chunk) yield lines.slice(at, at + chunk);
  },
  readAt: async (positions) => positions.map((position) => lines[position - 1]!),
  findById: async () => undefined,
  findByKey: async () => undefined,
  waitBeyond: async () => undefined,
};

function seconds(since_ms: number): number {
  return (performance.now() - since_ms) / 1_000;
}

function report(name: string, took_seconds: number, path: string): number {
  const rate = EVENTS / took_seconds;
  const bytes = statSync(path).size / EVENTS;
  console.log(
    `${name.padEnd(46)} ${Math.round(rate).toLocaleString("en").padStart(9)} events/s ${bytes.toFixed(0).padStart(5)} B/event`,
  );
  return rate;
}

const COLUMNS = [
  "stream",
  "type",
  "agent",
  "phase",
  "actor",
  "session",
  "correlation",
  "causation",
  "branch",
  "commit_sha",
];

/** Rows ready to insert: dictionary numbers and times, so that only SQLite is measured. */
function rowsOf(): (number | null)[][] {
  const dictionaries = COLUMNS.map(() => new Map<string, number>());
  return lines.map(({ bytes }, i) => {
    const event: StoredEvent = JSON.parse(bytes.toString());
    const { metadata } = event;
    const values = [
      event.issue_key,
      event.event_type,
      metadata["agent_name"],
      event.phase,
      event.actor.id,
      event.session_id,
      event.correlation_id,
      event.causation_id,
      event.branch,
      event.git_sha,
    ];
    const ids = values.map((value, column) => {
      if (typeof value !== "string") return null;
      const dictionary = dictionaries[column]!;
      const id = dictionary.get(value) ?? dictionary.size;
      dictionary.set(value, id);
      return id;
    });
    return [
      i + 1,
      1,
      i * 720,
      bytes.length,
      Date.parse(event.timestamp),
      Date.parse(event.recorded_at),
      ...ids,
    ];
  });
}

function bareSql(
  rows: readonly (number | null)[][],
  indexed: readonly string[],
): { rate: number; path: string } {
  const path = join(folder, `bare-${indexed.length}.db`);
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536");
  const columns = ["file", "at", "length", "timestamp", "recorded", ...COLUMNS];
  database.exec(
    `CREATE TABLE event (position INTEGER PRIMARY KEY, ${columns.map((name) => `${name} INTEGER`).join(", ")})`,
  );
  for (const columns of indexed) database.exec(`CREATE INDEX "by ${columns}" ON event (${columns})`);
  const insert = database.prepare(`INSERT INTO event VALUES (?, ${columns.map(() => "?").join(", ")})`);
  const start = performance.now();
  for (let at = 0; at < rows.length; at += 16_384) {
    database.exec("BEGIN");
    for (const row of rows.slice(at, at + 16_384)) insert.run(...row);
    database.exec("COMMIT");
  }
  const took = seconds(start);
  database.close();
  return { rate: report(`bare SQL inserts, ${indexed.length} secondary indexes`, took, path), path };
}

async function medianOf(work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < PAGES_TIMED; i++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(PAGES_TIMED / 2)]!;
}

const path = join(folder, "index.db");
const place = { path, storeId: log.storeId, incarnation: log.incarnation };
const index = openQueryIndex(place);
let start = performance.now();
await index.refresh(log);
const ours = report("query index, from lines", seconds(start), path);
if (WITH_TEXT) {
  start = performance.now();
  await index.refresh(log, { text: true });
  report("words of the same events, added", seconds(start), path);
}

const rows = rowsOf();
const plain = bareSql(rows, []);
const three = bareSql(rows, ["stream", "type, timestamp", "session"]);
const all = bareSql(rows, ["timestamp", ...COLUMNS]);
for (const [name, { rate }] of Object.entries({
  "no index": plain,
  "3 indexes": three,
  "an index a filter": all,
})) {
  console.log(`ratio to bare SQL with ${name}: ${(ours / rate).toFixed(2)}`);
}

const sample: StoredEvent = JSON.parse(lines[Math.floor(EVENTS / 2)]!.bytes.toString());
const hour = (from: number) => new Date(START_MS + from * 3_600_000).toISOString();
const middle = Math.floor((EVENTS * 25) / 3_600_000 / 2);
const questions: readonly [QueryFilter, string][] = [
  [{ issueKey: "PROJ-77" }, "stream = (SELECT stream FROM event LIMIT 1 OFFSET 500)"],
  [{ sessionId: sample.session_id }, `session = ${Math.floor(EVENTS / 100)}`],
  [{ causationId: sample.causation_id ?? "none" }, "causation = 777"],
  [
    { eventTypes: "AgentSpawned", fromTimestamp: hour(middle), toTimestamp: hour(middle + 1) },
    `type = 0 AND timestamp >= ${START_MS + middle * 3_600_000} AND timestamp < ${START_MS + (middle + 1) * 3_600_000}`,
  ],
  [{ agentName: "agent-7", phase: "TEST" }, "agent = 7 AND phase = 3"],
  [{ agentName: "agent-7", phase: "TEST", order: "desc" }, "agent = 7 AND phase = 3"],
  [{ branch: "feature/PROJ-5", eventTypes: "AgentSpawned" }, "branch = 5 AND type = 0"],
  [{ commitSha: sample.git_sha ?? "" }, "commit_sha = 777"],
];
const textQuestions: readonly [QueryFilter, string][] = [
  [{ text: WORDS.at(-1) ?? "" }, ""],
  [{ text: `${WORDS[0] ?? ""} ${WORDS[4_000] ?? ""}` }, ""],
];
const bare = new DatabaseSync(all.path);
const decode = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString());
for (const [filter, where] of WITH_TEXT ? [...questions, ...textQuestions] : questions) {
  const compiled = parseFilter({ ...filter, limit: 100 });
  const { events } = await queryPage({ log, index, decode }, compiled, { limits: LIMITS });
  const page_ms = await medianOf(() => queryPage({ log, index, decode }, compiled, { limits: LIMITS }));
  const cold_ms = await medianOf(async () => {
    const cold = openQueryIndex(place);
    await queryPage({ log, index: cold, decode }, compiled, { limits: LIMITS });
    await cold.close();
  });
  const statement =
    where === ""
      ? undefined
      : bare.prepare(
          `SELECT position FROM event WHERE ${where} ORDER BY position ${filter.order ?? "asc"} LIMIT 100`,
        );
  const bare_ms =
    statement === undefined
      ? Number.NaN
      : await medianOf(() =>
          statement.all().map(({ position }) => decode(lines[Number(position) - 1]!.bytes)),
        );
  console.log(
    `${JSON.stringify(filter).slice(0, 90).padEnd(90)} ${String(events.length).padStart(3)} events: page ${page_ms.toFixed(2)} ms, cold ${cold_ms.toFixed(2)} ms, bare statement and parse ${bare_ms.toFixed(2)} ms`,
  );
}
bare.close();
await index.close();
rmSync(folder, { recursive: true });
