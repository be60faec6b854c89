import { execFile } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";

import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";

import { IntegrityError } from "../../../errors.ts";
import type { EventLog, EventLogReader } from "../../../log/event-log.ts";
import type { EventIndex } from "../../../query/event-index.ts";
import type { QueryFilter } from "../../../query/filter.ts";
import { parseFilter } from "../../../query/parse-filter.ts";
import { queryEvents, queryPage } from "../../../query/run-query.ts";
import {
  appendAll,
  drafts,
  type EventDraft,
  filters,
  LIMITS,
  naivePositions,
  sourceOf,
} from "../../../query/test-log.ts";
import { openMemoryLog } from "../../memory/memory-log.ts";
import { openQueryIndex } from "./sqlite-index.ts";

const folder = mkdtempSync(join(tmpdir(), "eso-query-index-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const START_MS = Date.UTC(2026, 0, 30);
let files = 0;

function freshPath(): string {
  return join(folder, `index-${(files += 1)}.db`);
}

function steppingLog(): EventLog {
  let now = START_MS;
  return openMemoryLog({ clock: () => (now += 3_600_000) });
}

function indexOf(log: EventLogReader, path: string, readOnly = false): EventIndex {
  return openQueryIndex({ path, storeId: log.storeId, incarnation: log.incarnation, readOnly });
}

async function allPages(log: EventLog, index: EventIndex, filter: QueryFilter): Promise<number[]> {
  const found: number[] = [];
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await queryPage(sourceOf(log, index), parseFilter({ ...filter, after }), { limits: LIMITS });
    found.push(...page.events.map(({ position }) => position));
    after = page.next;
  }
  return found;
}

/** What may happen to an index between two pages. */
type Mishap =
  | { readonly kind: "append"; readonly events: readonly EventDraft[] }
  | { readonly kind: "refresh"; readonly text: boolean }
  | { readonly kind: "reopen" | "delete" | "foreign" | "incarnation" | "older" | "garbage" | "cut" | "reset" }
  | { readonly kind: "damage"; readonly at: number; readonly bytes: Uint8Array };

const mishaps: fc.Arbitrary<Mishap> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      events: fc.array(drafts, { maxLength: 9 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("refresh" as const), text: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("reopen", "delete", "foreign", "incarnation", "older", "garbage", "cut", "reset"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("damage" as const),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 60 }),
    }),
  },
);

class Trial {
  readonly log = steppingLog();
  readonly path = freshPath();
  index = indexOf(this.log, this.path);

  async suffer(mishap: Mishap): Promise<void> {
    switch (mishap.kind) {
      case "append":
        return appendAll(this.log, mishap.events);
      case "refresh":
        return void (await this.index.refresh(this.log, { text: mishap.text }));
      case "reset":
        return this.index.reset();
      case "delete":
        return rmSync(this.path, { force: true });
      case "reopen":
        return this.#reopen(() => undefined);
      case "older":
        return this.#reopen(() => withDatabase(this.path, "PRAGMA user_version = 0"));
      case "incarnation":
        return this.#reopen(() => withDatabase(this.path, "UPDATE identity SET incarnation = 'before'"));
      case "garbage":
        return this.#reopen(() => writeFileSync(this.path, "no database at all".repeat(1_000)));
      case "foreign":
        return this.#reopen(() => this.#leaveForeign());
      case "cut":
        return this.#reopen(() => writeAt(this.path, 0.5, new Uint8Array(8_192)));
      case "damage":
        return this.#reopen(() => writeAt(this.path, mishap.at, mishap.bytes));
    }
  }

  async #reopen(between: () => unknown): Promise<void> {
    await this.index.close();
    await between();
    this.index = indexOf(this.log, this.path);
  }

  async #leaveForeign(): Promise<void> {
    const other = steppingLog();
    await appendAll(other, [{ issue: "PROJ-1" }, { type: "CommitCreated" }, { phase: "CODE" }]);
    rmSync(this.path, { force: true });
    const index = indexOf(other, this.path);
    await index.refresh(other, { text: true });
    await index.close();
  }
}

function withDatabase(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  try {
    database.exec(sql);
  } catch {
    // A file that an earlier mishap made useless stays useless.
  } finally {
    database.close();
  }
}

function writeAt(path: string, share: number, bytes: Uint8Array): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return;
  const file = openSync(path, "r+");
  writeSync(file, bytes, 0, bytes.length, Math.floor(share * (size - 1)));
  closeSync(file);
}

test("whatever happens to the index, pages equal a naive scan of what was there", async () => {
  const orders = fc.constantFrom("asc" as const, "desc" as const);
  const plans = fc.record({
    first: fc.array(drafts, { minLength: 1, maxLength: 40 }),
    before: fc.array(mishaps, { maxLength: 8 }),
    between: fc.array(mishaps, { maxLength: 12 }),
    filter: filters,
    order: orders,
    limit: fc.integer({ min: 1, max: 6 }),
  });
  let hits = 0;
  await fc.assert(
    fc.asyncProperty(plans, async ({ first, before, between, filter, order, limit }) => {
      const trial = new Trial();
      await appendAll(trial.log, first);
      for (const mishap of before) await trial.suffer(mishap);
      const expectedDescending = await naivePositions(trial.log, { ...filter, order });
      const found: number[] = [];
      const left = [...between];
      for (let after: string | undefined, more = true; more;) {
        const source = sourceOf(trial.log, trial.index);
        const page = await queryPage(source, parseFilter({ ...filter, order, limit, after }), {
          limits: LIMITS,
        });
        found.push(...page.events.map(({ position }) => position));
        after = page.next;
        more = after !== undefined;
        if (more) for (const mishap of left.splice(0, 2)) await trial.suffer(mishap);
      }
      hits += found.length;
      const expected =
        order === "desc" ? expectedDescending : await naivePositions(trial.log, { ...filter, order });
      expect(found).toEqual(expected);
      await trial.index.close();
      rmSync(trial.path, { force: true });
    }),
    { numRuns: 600 },
  );
  expect(hits).toBeGreaterThan(1_000);
});

test("the index alone, kept up in steps of any size, finds every match", async () => {
  const steps = fc.array(fc.tuple(fc.array(drafts, { minLength: 1, maxLength: 30 }), fc.boolean()), {
    minLength: 1,
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(
      steps,
      filters,
      fc.constantFrom("asc" as const, "desc" as const),
      async (steps, filter, order) => {
        const log = steppingLog();
        const index = indexOf(log, freshPath());
        for (const [events, text] of steps) {
          await appendAll(log, events);
          await index.refresh(log, { text });
        }
        const head = await index.refresh(log, { text: true });
        expect(head).toBe((await log.head()).position);
        expect(await index.covered(parseFilter(filter), log)).toBe(head);
        expect(await allPages(log, index, { ...filter, order })).toEqual(
          await naivePositions(log, { ...filter, order }),
        );
        expect(await index.check(log)).toEqual([]);
        const { events, text_events, segments } = await index.stats();
        expect([events, text_events]).toEqual([head, head]);
        expect(segments).toBeLessThanOrEqual(Math.ceil(Math.log2(head + 1)) + 1);
        await index.close();
      },
    ),
    { numRuns: 150 },
  );
});

const LARGE = 40_000;

async function largeLog(): Promise<EventLog> {
  const log = openMemoryLog();
  const sample = fc.sample(drafts, { numRuns: 2_000, seed: 7 });
  for (let at = 0; at < LARGE; at += sample.length) {
    await appendAll(
      log,
      sample.map((draft, i) => ({
        ...draft,
        causation: `cause-${at + i}`,
        session: `run-${Math.floor((at + i) / 50)}`,
      })),
    );
  }
  return log;
}

test("a large log is answered from several segments and found by any field", async () => {
  const log = await largeLog();
  const index = indexOf(log, freshPath());
  const found = await allPages(log, index, { causationId: ["cause-39999", "cause-3", "cause-20000"] });
  expect(found).toEqual([4, 20_001, 40_000]);
  expect(await index.stats()).toMatchObject({ events: LARGE, text_events: 0, problem: undefined });
  for (const filter of [
    { sessionId: "run-333" },
    { phase: "CODE", agentName: "qa", order: "desc" },
    { commitSha: "abcdef1234567", eventTypes: ["CommitCreated", "StoreRecovered"] },
    { issueKey: "PROJ-1", fromTimestamp: "2026-01-31", toTimestamp: "2026-01-31" },
    { text: "log prüfer", order: "desc", branch: "main" },
  ] satisfies QueryFilter[]) {
    expect(await allPages(log, index, filter)).toEqual(await naivePositions(log, filter));
  }
  expect(await index.stats()).toMatchObject({ segments: 3, text_events: LARGE });
  expect(await index.check(log)).toEqual([]);
  await index.close();
});

test("every single damaged stretch of the file is noticed or harmless", async () => {
  const log = steppingLog();
  const sample = fc.sample(drafts, { numRuns: 600, seed: 3 });
  await appendAll(log, sample);
  const path = freshPath();
  const clean = indexOf(log, path);
  await clean.refresh(log, { text: true });
  await clean.close();
  const questions: QueryFilter[] = [
    { agentName: "qa" },
    { text: "login" },
    { commitSha: "abcdef1" },
    { fromTimestamp: "2026-02-01", toTimestamp: "2026-02-01" },
  ];
  const answers = await Promise.all(questions.map((filter) => naivePositions(log, filter)));
  const size = statSync(path).size;
  for (let at = 0; at < size; at += 97) {
    const index = indexOf(log, path);
    await index.refresh(log, { text: true });
    await index.close();
    writeAt(path, at / (size - 1), Uint8Array.of(0xa5, 0x5a, at & 0xff));
    const damaged = indexOf(log, path);
    for (const [i, filter] of questions.entries())
      expect(await allPages(log, damaged, filter)).toEqual(answers[i]);
    await damaged.close();
  }
});

test("an index of a log that was rolled back and went on differently is built anew", async () => {
  const [storeId, path] = ["11111111-1111-4111-8111-111111111111", freshPath()];
  const [before, after] = [openMemoryLog({ storeId }), openMemoryLog({ storeId })];
  await appendAll(before, [{ issue: "PROJ-1" }, { issue: "PROJ-2" }, { issue: "PROJ-1" }]);
  await appendAll(after, [
    { issue: "PROJ-2" },
    { issue: "PROJ-1" },
    { issue: "PROJ-2" },
    { issue: "PROJ-2" },
  ]);
  const place = { path, storeId, incarnation: "same" };
  const old = openQueryIndex(place);
  await old.refresh(before);
  await old.close();
  const index = openQueryIndex(place);
  const filter = { issueKey: ["PROJ-1", "PROJ-3"] };
  expect(await allPages(after, index, filter)).toEqual([2]);
  expect(await index.refresh(after)).toBe(4);
  expect(await allPages(after, index, filter)).toEqual([2]);
  await index.close();
});

test("an index that reaches beyond the log is built anew", async () => {
  const [storeId, path] = ["11111111-1111-4111-8111-111111111111", freshPath()];
  const [before, after] = [openMemoryLog({ storeId }), openMemoryLog({ storeId })];
  await appendAll(before, [{ phase: "CODE" }, { phase: "CODE" }, { phase: "CODE" }]);
  await appendAll(after, [{ phase: "PLAN" }, { phase: "CODE" }]);
  const place = { path, storeId, incarnation: "same" };
  const old = openQueryIndex(place);
  await old.refresh(before);
  await old.close();
  const index = openQueryIndex(place);
  expect(await allPages(after, index, { phase: "CODE" })).toEqual([2]);
  expect(await index.refresh(after)).toBe(2);
  await index.close();
});

function kept(position: number): boolean {
  return position < 40 || position === 16_400 || position > 39_990;
}

test("positions that hold no event are never selected", async () => {
  const log = await largeLog();
  const pruned = new Proxy(log, {
    get(target, key) {
      if (key === "readAll") {
        return async function* (...args: Parameters<EventLogReader["readAll"]>) {
          for await (const lines of target.readAll(...args))
            yield lines.filter(({ position }) => kept(position));
        };
      }
      if (key === "readAt") {
        return (positions: readonly number[]) => {
          expect(positions.filter((position) => !kept(position))).toEqual([]);
          return target.readAt(positions);
        };
      }
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const index = indexOf(pruned, freshPath());
  expect(await index.refresh(pruned)).toBe(LARGE);
  for (const filter of [
    { fromRecorded: "2020-01-01" },
    { toTimestamp: "2026-02-01" },
    { phase: "CODE", order: "desc" },
    { text: "login" },
  ] satisfies QueryFilter[]) {
    const expected = await naivePositions(log, filter);
    expect(await allPages(pruned, index, filter)).toEqual(expected.filter(kept));
  }
  expect(await index.check(pruned)).toEqual([]);
  await index.close();
});

test("with an index that is up to date, queries do not read through the log", async () => {
  const log = await largeLog();
  let read = 0;
  const counted = new Proxy(log, {
    get(target, key) {
      if (key === "readAll") {
        return async function* (...args: Parameters<EventLogReader["readAll"]>) {
          for await (const lines of target.readAll(...args)) {
            read += lines.length;
            yield lines;
          }
        };
      }
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const index = indexOf(counted, freshPath());
  await index.refresh(counted);
  await appendAll(log, [{ phase: "CODE", session: "last" }]);
  read = 0;
  expect(await allPages(counted, index, { sessionId: ["run-1", "last"], order: "desc" })).toHaveLength(51);
  expect(await allPages(counted, index, { sessionId: ["run-1", "last"] })).toHaveLength(51);
  expect(read).toBe(2);
  await index.close();
});

test("an index object that is reset and healed under running queries keeps answering", async () => {
  const log = await largeLog();
  const path = freshPath();
  const index = indexOf(log, path);
  const expected = await naivePositions(log, { agentName: "qa", phase: "CODE" });
  const spoil = async () => {
    for (let round = 0; round < 3; round++) {
      await index.refresh(log);
      if (round === 1) await index.reset();
      else writeAt(path, 0.3 + round / 10, new Uint8Array(20_000).fill(7));
    }
  };
  const queries = Array.from({ length: 6 }, () => allPages(log, index, { agentName: "qa", phase: "CODE" }));
  const [answers] = await Promise.all([Promise.all(queries), spoil()]);
  for (const answer of answers) expect(answer).toEqual(expected);
  await index.close();
});

test("an index that may not be written is used as far as it goes", async () => {
  const log = openMemoryLog();
  const path = freshPath();
  await appendAll(log, [{ phase: "CODE" }, { phase: "PLAN" }]);
  const missing = indexOf(log, path, true);
  expect(await allPages(log, missing, { phase: "CODE" })).toEqual([1]);
  expect((await missing.stats()).problem).toContain("cannot be used");
  await missing.close();
  const writer = indexOf(log, path);
  await writer.refresh(log);
  await writer.close();
  await appendAll(log, [{ phase: "CODE" }]);
  const reader = indexOf(log, path, true);
  expect(await reader.refresh(log)).toBe(2);
  expect(await allPages(log, reader, { phase: "CODE" })).toEqual([1, 3]);
  await reader.close();
  writeAt(path, 0.9, new Uint8Array(4_000).fill(9));
  const damaged = indexOf(log, path, true);
  expect(await allPages(log, damaged, { phase: "CODE" })).toEqual([1, 3]);
  await damaged.close();
  expect(statSync(path).size).toBeGreaterThan(0);
});

test("a folder that is missing, or a place that is a folder's, leaves queries as they are", async () => {
  const log = openMemoryLog();
  await appendAll(log, [{ phase: "CODE" }]);
  const index = indexOf(log, join(folder, "missing", "index.db"));
  expect(await allPages(log, index, { phase: "CODE" })).toEqual([1]);
  expect((await index.stats()).problem).toContain("cannot be used");
  await index.close();
});

test("a symlink or folder in the index's place is refused", async () => {
  const log = openMemoryLog();
  await appendAll(log, [{}]);
  const [link, directory] = [freshPath(), freshPath()];
  symlinkSync(freshPath(), link);
  mkdirSync(directory);
  for (const path of [link, directory]) {
    await expect(allPages(log, indexOf(log, path), { phase: "CODE" })).rejects.toMatchObject({
      code: "ESO_UNSAFE_PATH",
    });
  }
});

test("the file is the owner's only, and closing leaves nothing beside it", async () => {
  const log = openMemoryLog();
  await appendAll(log, [{}]);
  const path = join(mkdtempSync(join(folder, "own-")), "index.db");
  const index = indexOf(log, path);
  await index.refresh(log);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await index.close();
  expect(readdirSync(join(path, "..")).filter((name) => statSync(join(path, "..", name)).size > 0)).toEqual([
    "index.db",
  ]);
  await expect(index.refresh(log)).rejects.toMatchObject({ code: "ESO_STORE_CLOSED" });
});

test("a refresh that is called off or out of time keeps what it has done", async () => {
  const log = await largeLog();
  const index = indexOf(log, freshPath());
  const some = await index.refresh(log, { timeBudget_ms: 1 });
  expect(some).toBeGreaterThan(0);
  expect(some).toBeLessThan(LARGE);
  const abort = new AbortController();
  const reason = new Error("enough");
  const refresh = index.refresh(log, { signal: abort.signal });
  abort.abort(reason);
  await expect(refresh).rejects.toBe(reason);
  const limits = { ...LIMITS, max_query_time_seconds: 0.02 };
  const slow = queryPage(sourceOf(log, index), parseFilter({ text: "login" }), { limits });
  await expect(slow).rejects.toMatchObject({ code: "ESO_TIMEOUT" });
  expect(await index.refresh(log)).toBe(LARGE);
  await index.close();
});

test("queries run side by side, also while the index is built", async () => {
  const log = await largeLog();
  const path = freshPath();
  const indexes = [indexOf(log, path), indexOf(log, path)];
  const expected = await naivePositions(log, { agentName: "qa", phase: "CODE" });
  const answers = await Promise.all(
    indexes.flatMap((index) => [1, 2].map(() => allPages(log, index, { agentName: "qa", phase: "CODE" }))),
  );
  for (const answer of answers) expect(answer).toEqual(expected);
  expect(await indexes[0]?.check(log)).toEqual([]);
  for (const index of indexes) await index.close();
});

test("a damaged line stops the index before it, not the queries that do without it", async () => {
  const log = openMemoryLog();
  await appendAll(
    log,
    Array.from({ length: 3_000 }, (_, i) => ({
      issue: `PROJ-${1 + (i % 2)}`,
      phase: i < 900 ? "PLAN" : "CODE",
    })),
  );
  const damaged = new Proxy(log, {
    get(target, key) {
      if (key === "readAll")
        return (...args: Parameters<EventLogReader["readAll"]>) => upTo(target.readAll(...args), 1_500);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const index = indexOf(damaged, freshPath());
  await expect(index.refresh(damaged)).rejects.toThrow(IntegrityError);
  const page = await queryPage(sourceOf(damaged, index), parseFilter({ phase: "PLAN", limit: 800 }), {
    limits: LIMITS,
  });
  expect(page.events).toHaveLength(800);
  const through = queryEvents(sourceOf(damaged, index), parseFilter({ phase: "PLAN" }), { limits: LIMITS });
  await expect(drained(through)).rejects.toThrow(IntegrityError);
  const other = await allPages(damaged, index, { issueKey: ["PROJ-1"], phase: "CODE" });
  expect(other).toEqual(await naivePositions(log, { issueKey: "PROJ-1", phase: "CODE" }));
  await index.close();
});

async function drained(events: AsyncIterable<unknown>): Promise<void> {
  for await (const event of events) expect(event).toBeDefined();
}

async function* upTo(chunks: ReturnType<EventLogReader["readAll"]>, damagedPosition: number) {
  for await (const lines of chunks) {
    const good = lines.filter(({ position }) => position < damagedPosition);
    if (good.length > 0) yield good;
    if (good.length < lines.length)
      throw new IntegrityError("ESO_LOG_DAMAGED", "damaged", { details: { file: "f" } });
  }
}

test("processes that build the same index at once end with one that is whole", async () => {
  const path = freshPath();
  const run = promisify(execFile);
  const script = join(import.meta.dirname, "build-process.fixture.ts");
  const reports = await Promise.all(
    [1, 2, 3].map((seed) => run(process.execPath, [script, path, String(seed)])),
  );
  for (const { stdout } of reports) expect(JSON.parse(stdout)).toMatchObject({ wrong: 0, problems: [] });
});
