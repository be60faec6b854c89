import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { StoredEvent } from "../event/envelope.ts";
import { FAILURE_TYPES, markOf } from "./marks.ts";
import { openHistoryStore } from "./testdata/history-store.ts";
import { HISTORY_ISSUE, momentAt, storedHistory } from "./testdata/stored-history.ts";
import { timeTravelQuery } from "./time-travel.ts";

const cases = fc.record({
  seed: fc.integer({ min: 0, max: 5_000 }),
  kind: fc.nat(2),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  windowMinutes: fc.constantFrom(0, 0.05, 1, 60),
});

test("around a moment stand the events of the window, those of the moment's past before it", async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ seed, kind, share, windowMinutes }) => {
      const { store, events } = await storedHistory(seed, 90);
      const moment = momentAt(events, kind, share);
      const view = await timeTravelQuery(store, HISTORY_ISSUE, { moment, windowMinutes });
      expect(view.state).toEqual(await store.reconstructState(HISTORY_ISSUE, moment));
      const [past, now] = await Promise.all(
        [view.moment, { kind: "latest" } as const].map((point) =>
          Array.fromAsync(store.history.events(HISTORY_ISSUE, point)),
        ),
      );
      const ms = Date.parse(view.time!);
      const near = ({ timestamp }: StoredEvent) =>
        Math.abs(Date.parse(timestamp) - ms) <= windowMinutes * 60_000;
      const known = new Set(past!.map(idOf));
      expect(view.before.map(idOf)).toEqual(past!.filter(near).sort(byTime).map(idOf));
      const others = now!.filter((event) => near(event) && !known.has(idOf(event)));
      expect(view.after.map(idOf)).toEqual(others.sort(byTime).map(idOf));
    }),
    { numRuns: 60 },
  );
});

test("a crowded window gives the nearest hundred and the count of all", async () => {
  const { store } = await openHistoryStore();
  const comment = {
    event_type: "CommentPosted",
    issue_key: "PROJ-1",
    actor: { type: "user", id: "ada" },
  } as const;
  const inputs = Array.from({ length: 250 }, (_, index) => ({
    ...comment,
    timestamp: "2026-11-24T13:00:00Z",
    metadata: { comment_id: String(index) },
  }));
  await store.logEvents(inputs);
  const view = await timeTravelQuery(store, "PROJ-1", { moment: { sequence: 130 } });
  expect([view.before.length, view.before_total, view.after.length, view.after_total]).toEqual([
    100, 130, 100, 120,
  ]);
  expect([view.before.at(-1)?.event_sequence, view.after[0]?.event_sequence]).toEqual([130, 131]);
});

test("before anything happened there is nothing around", async () => {
  const { store } = await openHistoryStore();
  const view = await timeTravelQuery(store, "PROJ-1", { moment: { sequence: 0 } });
  expect(view).toMatchObject({ time: null, before: [], after: [], state: { exists: false } });
});

test("marks stand in the current run", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 5_000 }), async (seed) => {
      const { store } = await storedHistory(seed, 90);
      const now = await Array.fromAsync(store.history.events(HISTORY_ISSUE, { kind: "latest" }));
      const run = now.findLast(({ event_type }) => event_type === "OrchestrationStarted");
      const start = await markOf(store, HISTORY_ISSUE, { mark: "start" });
      expect(start.sequence).toBe(run?.event_sequence ?? 1);
      const end = await markOf(store, HISTORY_ISSUE, { mark: "end" });
      expect(end.sequence).toBeGreaterThanOrEqual(start.sequence);
      const failures: readonly string[] = FAILURE_TYPES;
      const failure = now.find(
        ({ event_sequence, event_type }) => event_sequence >= start.sequence && failures.includes(event_type),
      );
      const error = markOf(store, HISTORY_ISSUE, { mark: "error" });
      if (failure === undefined) await expect(error).rejects.toThrow("nothing failed");
      else expect((await error).sequence).toBe(failure.event_sequence);
    }),
    { numRuns: 40 },
  );
});

function idOf({ event_id }: StoredEvent): string {
  return event_id;
}

function byTime(a: StoredEvent, b: StoredEvent): number {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp ? -1 : 1;
  return a.event_sequence - b.event_sequence;
}
