import * as fc from "fast-check";
import { expect, test } from "vitest";

import { IntegrityError } from "../errors.ts";
import type { StoredEvent } from "../event/envelope.ts";
import type { EventLogReader, StoredLine } from "../log/event-log.ts";
import { openMemoryLog } from "../engines/memory/memory-log.ts";
import { encodeCursor } from "./cursor.ts";
import { parseFilter } from "./parse-filter.ts";
import { queryEvents, queryPage } from "./run-query.ts";
import { appendAll, drafts, filters, LIMITS, naivePositions, sourceOf } from "./test-log.ts";
import { Amendments } from "./amendments.ts";

const START_MS = Date.UTC(2026, 0, 30);
const orders = fc.constantFrom("asc" as const, "desc" as const);

function steppingLog() {
  let now = START_MS;
  return openMemoryLog({ clock: () => (now += 3_600_000) });
}

async function positionsOf(events: AsyncIterable<StoredEvent>): Promise<number[]> {
  const positions: number[] = [];
  for await (const { position } of events) positions.push(position);
  return positions;
}

test("without an index every filter equals a naive scan, also while events are appended", async () => {
  const batches = fc.array(fc.array(drafts, { maxLength: 12 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(
      batches,
      filters,
      orders,
      fc.integer({ min: 1, max: 5 }),
      async (...[[first, ...later], filter, order, limit]) => {
        const log = steppingLog();
        await appendAll(log, first ?? []);
        const before = await naivePositions(log, { ...filter, order });
        const found: number[] = [];
        for (let after: string | undefined, more = true; more;) {
          const page = await queryPage(sourceOf(log), parseFilter({ ...filter, order, limit, after }), {
            limits: LIMITS,
          });
          expect(page.events.length).toBeLessThanOrEqual(limit);
          found.push(...page.events.map(({ position }) => position));
          after = page.next;
          more = after !== undefined;
          if (more) await appendAll(log, later.shift() ?? []);
        }
        expect(found).toEqual(order === "desc" ? before : await naivePositions(log, { ...filter, order }));
      },
    ),
    { numRuns: 300 },
  );
});

test("an iteration gives the log as it was when it began", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(drafts, { maxLength: 40 }), filters, orders, async (events, filter, order) => {
      const log = steppingLog();
      await appendAll(log, events);
      const before = await naivePositions(log, { ...filter, order });
      const found: number[] = [];
      const limits = { ...LIMITS, default_page_size: 2, max_page_size: 3 };
      for await (const { position } of queryEvents(sourceOf(log), parseFilter({ ...filter, order }), {
        limits,
      })) {
        found.push(position);
        if (found.length < 9) await appendAll(log, events.slice(0, 2));
      }
      expect(found).toEqual(before);
    }),
    { numRuns: 150 },
  );
});

test("limit is a page's size for pages, at most the greatest one, and the total for iterations", async () => {
  const log = openMemoryLog();
  await appendAll(
    log,
    Array.from({ length: 30 }, () => ({ issue: "PROJ-1" })),
  );
  const limits = { ...LIMITS, default_page_size: 4, max_page_size: 7 };
  const sizeOf = async (limit?: number) =>
    (await queryPage(sourceOf(log), parseFilter({ limit }), { limits })).events.length;
  expect([await sizeOf(), await sizeOf(5), await sizeOf(1e9)]).toEqual([4, 5, 7]);
  for (const limit of [1, 4, 5, 29, 30, 31]) {
    const found = await positionsOf(queryEvents(sourceOf(log), parseFilter({ limit }), { limits }));
    expect(found).toHaveLength(Math.min(limit, 30));
  }
});

test("a cursor keeps its order and is refused with the other", async () => {
  const log = openMemoryLog();
  await appendAll(
    log,
    Array.from({ length: 5 }, () => ({})),
  );
  const { next } = await queryPage(sourceOf(log), parseFilter({ order: "desc", limit: 2 }), {
    limits: LIMITS,
  });
  const page = await queryPage(sourceOf(log), parseFilter({ after: next }), { limits: LIMITS });
  expect(page.events.map(({ position }) => position)).toEqual([3, 2, 1]);
  expect(page.next).toBeUndefined();
  const other = queryPage(sourceOf(log), parseFilter({ after: next, order: "asc" }), { limits: LIMITS });
  await expect(other).rejects.toMatchObject({ code: "ESO_CURSOR_INVALID" });
});

test("a cursor of another store, of another incarnation or from beyond the end is refused", async () => {
  const log = openMemoryLog();
  await appendAll(log, [{}, {}]);
  const { storeId, incarnation } = log;
  for (const wrong of [{ storeId: "other" }, { incarnation: "other" }, { position: 3 }]) {
    const after = encodeCursor({ storeId, incarnation, position: 1, order: "asc", ...wrong });
    const page = queryPage(sourceOf(log), parseFilter({ after }), { limits: LIMITS });
    await expect(page).rejects.toMatchObject({ code: "ESO_CURSOR_INVALID" });
  }
});

test("a query that takes too long says so", async () => {
  const log = openMemoryLog();
  await appendAll(
    log,
    Array.from({ length: 5_000 }, () => ({ metadata: { note: "some words to look at" } })),
  );
  const limits = { ...LIMITS, max_query_time_seconds: 0.001 };
  const page = queryPage(sourceOf(log), parseFilter({ text: "absent" }), { limits });
  await expect(page).rejects.toMatchObject({ code: "ESO_TIMEOUT", hint: expect.stringContaining("Narrow") });
  const unlimited = queryPage(sourceOf(log), parseFilter({ text: "absent" }), {
    limits: { ...limits, max_query_time_seconds: 0 },
  });
  expect(await unlimited).toEqual({ events: [] });
});

test("a signal ends pages and iterations with its reason", async () => {
  const log = openMemoryLog();
  await appendAll(
    log,
    Array.from({ length: 10 }, () => ({})),
  );
  const reason = new Error("enough");
  const page = queryPage(sourceOf(log), parseFilter({}), {
    limits: LIMITS,
    signal: AbortSignal.abort(reason),
  });
  await expect(page).rejects.toBe(reason);
  const abort = new AbortController();
  const events = queryEvents(sourceOf(log), parseFilter({}), { limits: LIMITS, signal: abort.signal });
  expect((await events.next()).value).toMatchObject({ position: 1 });
  abort.abort(reason);
  await expect(events.next()).rejects.toBe(reason);
});

test("voided events are left out unless asked for", async () => {
  const log = openMemoryLog();
  await appendAll(log, [{ issue: "PROJ-1" }, { issue: "PROJ-1" }]);
  const voided = new Amendments();
  const ask = async (filter: object) => {
    await voided.bringUpToDate(sourceOf(log), { limits: LIMITS });
    const source = { ...sourceOf(log), voided: voided.voided };
    const { events } = await queryPage(source, parseFilter(filter), { limits: LIMITS });
    return events.map(({ position }) => position);
  };
  expect(await ask({})).toEqual([1, 2]);
  const { events } = await queryPage(sourceOf(log), parseFilter({}), { limits: LIMITS });
  await appendAll(log, [
    { type: "StoreEventVoided", metadata: { voided_event_id: events[0]?.event_id ?? "" } },
  ]);
  expect(await ask({})).toEqual([2, 3]);
  expect(await ask({ issueKey: "PROJ-1" })).toEqual([2]);
  expect(await ask({ includeVoided: true })).toEqual([1, 2, 3]);
});

test("a damaged line fails only the queries that depend on it", async () => {
  const log = openMemoryLog();
  await appendAll(log, [{ issue: "PROJ-1" }, { issue: "PROJ-2" }, { issue: "PROJ-3" }, { issue: "PROJ-2" }]);
  const source = sourceOf(withDamage(log, 3));
  const ask = (filter: object) => queryPage(source, parseFilter(filter), { limits: LIMITS });
  await expect(ask({ phase: "PLAN" })).rejects.toThrow(IntegrityError);
  await expect(ask({ issueKey: "PROJ-3" })).rejects.toThrow(IntegrityError);
  expect((await ask({ limit: 1 })).events).toHaveLength(1);
  expect((await ask({ issueKey: ["PROJ-2", "PROJ-1"] })).events.map(({ position }) => position)).toEqual([
    1, 2, 4,
  ]);
  expect((await ask({ issueKey: "PROJ-2", order: "desc" })).events.map(({ position }) => position)).toEqual([
    4, 2,
  ]);
});

/** The log with one line that reads as damaged. */
function withDamage(log: EventLogReader, position: number): EventLogReader {
  const check = (lines: readonly StoredLine[]) => {
    if (!lines.some((line) => line.position === position)) return lines;
    throw new IntegrityError("ESO_LOG_DAMAGED", `position ${position} is damaged`, {
      details: { file: "events.jsonl" },
    });
  };
  async function* checked(chunks: AsyncIterable<readonly StoredLine[]>) {
    for await (const lines of chunks) for (const line of lines) yield check([line]);
  }
  return new Proxy(log, {
    get(target, key) {
      if (key === "readAll")
        return (...args: Parameters<EventLogReader["readAll"]>) => checked(target.readAll(...args));
      if (key === "readStream")
        return (...args: Parameters<EventLogReader["readStream"]>) => checked(target.readStream(...args));
      if (key === "readAt")
        return async (positions: readonly number[]) => check(await target.readAt(positions));
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
