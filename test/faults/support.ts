import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { openStore, type OpenStoreOptions } from "../../src/open.ts";
import { DEFAULT_CONFIG } from "../../src/config/config.ts";
import type { EventStore } from "../../src/store/event-store.ts";
import type { Acknowledged, CheckOptions } from "./check-store.ts";

const WRITER = join(import.meta.dirname, "writer.fixture.ts");

/** A folder that is gone when the scope ends. */
export function temporaryFolder(parent: string = tmpdir()): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(parent, "eso-faults-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** What a writer process shall do; see `writer.fixture.ts`. */
export interface WriterJob {
  readonly path: string;
  /** Where it writes down what it tries and what it is told. */
  readonly journal: string;
  readonly streams: readonly string[];
  readonly events: number;
  /** Makes the ids; the same prefix makes the same ids. */
  readonly prefix: string;
  readonly batch?: number;
  /** Appends under way at once. */
  readonly width?: number;
  readonly textBytes?: number;
  readonly durability?: "group" | "sync" | "os";
  readonly journalMaxBytes?: number;
  readonly applyIntervalMs?: number;
  readonly lockTimeoutSeconds?: number;
  /** Tries an append of unknown outcome again, with the same ids, so often. */
  readonly retries?: number;
  /** Prints a line after each append, so that it can be killed after so many. */
  readonly chatty?: boolean;
  /** Does not close the store, and waits to be killed. */
  readonly linger?: boolean;
  /** Says "ready" when the store is open, and begins when a line arrives on standard input. */
  readonly waitForGo?: boolean;
  /** Added to the machine's clock. */
  readonly clockOffsetMs?: number;
}

/** What a writer wrote down. */
export interface WriterRecord {
  readonly acknowledged: Acknowledged[];
  /** Told that nothing was written, and not acknowledged by a later try. */
  readonly rejected: string[];
  readonly tried: string[];
  readonly errors: { readonly code: string; readonly name: string; readonly message: string }[];
}

export interface WriterProcess {
  readonly child: ChildProcess;
  /** Resolves with what the writer prints next; undefined when it has ended. */
  line(): Promise<string | undefined>;
  go(): void;
  /** Exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  readonly errors: () => string;
}

/** Starts a writer, optionally under another program such as strace. */
export function startWriter(job: WriterJob, under: readonly string[] = []): WriterProcess {
  return startNode([WRITER, JSON.stringify(job)], under);
}

/** Starts a node program of this folder. */
export function startNode(args: readonly string[], under: readonly string[] = []): WriterProcess {
  const [program = "", ...rest] = [...under, process.execPath, ...args];
  const child = spawn(program, rest, { stdio: ["pipe", "pipe", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, "close").then(([code, signal]) => (code ?? signal) as number | string);
  child.stdin.on("error", () => undefined);
  return {
    child,
    line: async () => {
      const { value, done } = await lines.next();
      return done === true ? undefined : value;
    },
    go: () => void child.stdin.write("go\n"),
    ended,
    errors: () => errors,
  };
}

/** Waits for a process that must succeed. */
export async function succeeded(writer: WriterProcess): Promise<void> {
  const code = await writer.ended;
  if (code !== 0) throw new Error(`the writer ended with ${code}:\n${writer.errors()}`);
}

/** Runs a writer to its end; it must succeed. */
export async function runWriter(job: WriterJob): Promise<WriterRecord> {
  await succeeded(startWriter(job));
  return readRecord(job.journal);
}

interface RecordLine {
  readonly tried?: string[];
  readonly acks?: Acknowledged[];
  readonly rejected?: string[];
  readonly unknown?: string[];
  readonly error?: { code: string; name: string; message: string };
}

/** Reads what one or more writers wrote down; a last line torn by a kill counts for nothing. */
export function readRecord(...journals: string[]): WriterRecord {
  const record = { acknowledged: new Map(), rejected: new Set(), tried: new Set(), errors: [] } as Outcomes;
  for (const journal of journals) {
    if (!existsSync(journal)) continue;
    const unknown = new Set<string>();
    for (const text of readFileSync(journal, "utf8").split("\n").slice(0, -1)) {
      takeDown(JSON.parse(text) as RecordLine, record, unknown);
    }
  }
  for (const id of record.acknowledged.keys()) record.rejected.delete(id);
  const { acknowledged, rejected, tried, errors } = record;
  return { acknowledged: [...acknowledged.values()], rejected: [...rejected], tried: [...tried], errors };
}

interface Outcomes {
  readonly acknowledged: Map<string, Acknowledged>;
  readonly rejected: Set<string>;
  readonly tried: Set<string>;
  readonly errors: { code: string; name: string; message: string }[];
}

function takeDown(line: RecordLine, record: Outcomes, unknown: Set<string>): void {
  for (const id of line.tried ?? []) {
    record.tried.add(id);
    record.rejected.delete(id);
  }
  for (const ack of line.acks ?? []) record.acknowledged.set(ack.event_id, ack);
  for (const id of line.unknown ?? []) unknown.add(id);
  // An id whose outcome was once unknown may be there, whatever a later try was told.
  for (const id of line.rejected ?? []) {
    if (!unknown.has(id)) record.rejected.add(id);
  }
  if (line.error !== undefined) record.errors.push(line.error);
}

/** What the checker shall hold a store against. */
export function expectationsOf(record: WriterRecord): CheckOptions {
  return { acknowledged: record.acknowledged, rejected: record.rejected, tried: record.tried };
}

/** Makes a store's folder with a README.md, so that nobody spends time on the texts that explain a store. */
export function prepareFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  writeFileSync(join(path, "README.md"), "here already\n", { mode: 0o600 });
}

/** Opens a store with engine settings that `OpenStoreOptions` reaches only through a configuration. */
export function openWith(
  path: string,
  settings: { journalMaxBytes?: number; applyIntervalMs?: number; lockTimeoutSeconds?: number } = {},
  options: OpenStoreOptions = {},
): Promise<EventStore> {
  const { storage, performance } = DEFAULT_CONFIG;
  const config = {
    ...DEFAULT_CONFIG,
    storage: {
      ...storage,
      journal_max_bytes: settings.journalMaxBytes ?? storage.journal_max_bytes,
      lock_timeout_seconds: settings.lockTimeoutSeconds ?? storage.lock_timeout_seconds,
    },
    performance: {
      ...performance,
      apply_interval_ms: settings.applyIntervalMs ?? performance.apply_interval_ms,
    },
  };
  return openStore({ path, config, session: "faults", ...options });
}

/** Opens and closes a store, so that its files hold everything. */
export async function drain(path: string): Promise<void> {
  const store = await openWith(path);
  // Reading the head lets a recovery that goes with opening be recorded before the store is closed.
  await store.log.head();
  await store.close();
}

/** A small event. */
export function comment(stream: string, id: string, body = "text") {
  return {
    event_type: "CommentPosted",
    ...(stream === "global" ? {} : { issue_key: stream }),
    actor: { type: "agent", id: "faults" },
    metadata: { comment_id: id, comment_body: body },
  } as const;
}

/** What a store answers: every line in order of record, every stream, every id. */
export async function answersOf(
  store: EventStore,
): Promise<{ lines: string[]; streams: Record<string, string[]> }> {
  const lines: string[] = [];
  for await (const chunk of store.log.readAll())
    lines.push(...chunk.map(({ bytes }) => Buffer.from(bytes).toString()));
  const streams: Record<string, string[]> = {};
  const names: string[] = [];
  for await (const { stream } of store.streams()) names.push(stream);
  for (const stream of names.sort()) {
    const own: string[] = [];
    for await (const chunk of store.log.readStream(stream))
      own.push(...chunk.map(({ bytes }) => Buffer.from(bytes).toString()));
    streams[stream] = own;
  }
  return { lines, streams };
}

/** Whether a program is installed. */
export function has(program: string): boolean {
  return spawnSync("which", [program]).status === 0;
}

/** A generator of numbers in [0, 1) that gives the same ones for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
