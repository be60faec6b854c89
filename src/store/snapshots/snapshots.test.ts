import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { StoredEvent } from "../../event/envelope.ts";
import { applyEvent } from "../../projection/state/apply-event.ts";
import { notStarted } from "../../projection/state/orchestration-state.ts";
import { HISTORY_ISSUE, randomHistory } from "../../projection/testdata/random-history.ts";
import { SeededRandom } from "../../testing/seeded-random.ts";
import type { Moment } from "../moment.ts";
import { type HistoryStore, openHistoryStore } from "../testdata/history-store.ts";

/** The state at a moment by the definition alone: no snapshots, no index, no increments. */
function plainState(all: readonly StoredEvent[], moment: Moment | undefined) {
  const last = moment === undefined ? all.length : Number.POSITIVE_INFINITY;
  const within = (event: StoredEvent): boolean => {
    if (typeof moment === "string") return event.timestamp <= moment;
    if (moment === undefined || moment instanceof Date) return event.event_sequence <= last;
    if ("sequence" in moment) return event.event_sequence <= moment.sequence;
    return event.recorded_at <= (moment.asKnownAt as string);
  };
  // Asked when something happened, everything that the record says by now counts.
  const known = typeof moment === "string" ? all : all.filter(within);
  const voided = new Set(
    known
      .filter((event) => event.event_type === "StoreEventVoided")
      .map((event) => event.metadata["voided_event_id"]),
  );
  const state = notStarted(HISTORY_ISSUE);
  for (const event of all) {
    if (!within(event) || voided.has(event.event_id)) continue;
    const seen = known.filter(
      ({ event_type, metadata }) => event_type === "StoreFactSeen" && metadata["fact"] === event.event_id,
    );
    const adds = seen
      .map(({ metadata }) => metadata["adds"] as object)
      .reduceRight((sum, one) => ({ ...sum, ...one }), {});
    applyEvent(state, { ...event, metadata: { ...adds, ...event.metadata } });
  }
  return state;
}

async function storedEvents({ store }: HistoryStore): Promise<StoredEvent[]> {
  return Array.fromAsync(store.readStream(HISTORY_ISSUE));
}

function randomMoment(events: readonly StoredEvent[], random: SeededRandom): Moment | undefined {
  const event = events[random.below(events.length)];
  if (event === undefined) return undefined;
  const near = (time: string) => new Date(Date.parse(time) + random.below(3) - 1).toISOString();
  switch (random.below(4)) {
    case 0:
      return { sequence: event.event_sequence - random.below(2) };
    case 1:
      return { asKnownAt: near(event.recorded_at) };
    case 2:
      return near(event.timestamp);
    default:
      return undefined;
  }
}

/** Records a history, making snapshots by hand and by rule at any time on the way. */
async function recorded(seed: number, size: number, habits = {}): Promise<HistoryStore> {
  const random = new SeededRandom(seed);
  const opened = await openHistoryStore({ frequency: 1 + random.below(12), ...habits });
  for (const event of randomHistory(seed, size)) {
    await opened.record(event);
    if (random.chance(0.05)) await opened.store.snapshots?.catchUp(HISTORY_ISSUE);
    if (random.chance(0.05))
      await opened.store.createSnapshot(HISTORY_ISSUE, {
        atSequence: 1 + random.below(event.event_sequence),
      });
  }
  return opened;
}

test("with snapshots, every state at every kind of moment is that of the plain fold", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 150 }), async (seed, size) => {
      const opened = await recorded(seed, size);
      const events = await storedEvents(opened);
      const random = new SeededRandom(seed + 1);
      for (let round = 0; round < 20; round++) {
        const moment = randomMoment(events, random);
        expect(await opened.store.reconstructState(HISTORY_ISSUE, moment)).toEqual(
          plainState(events, moment),
        );
      }
      expect(opened.warnings).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test("a state at every prefix, with snapshots and compressed ones, is that of the plain fold", async () => {
  for (const compression of [false, true]) {
    const opened = await recorded(7, 120, { compression });
    const events = await storedEvents(opened);
    expect(opened.shelf.list(HISTORY_ISSUE).length).toBeGreaterThan(3);
    for (let sequence = 0; sequence <= events.length; sequence++)
      expect(await opened.store.reconstructState(HISTORY_ISSUE, { sequence })).toEqual(
        plainState(events, { sequence }),
      );
  }
});

test("a snapshot that is damaged, cut, foreign or of another version changes no answer, and is named", async () => {
  const opened = await recorded(11, 90);
  const { store, shelf, warnings } = opened;
  await store.createSnapshot(HISTORY_ISSUE);
  const events = await storedEvents(opened);
  const random = new SeededRandom(3);
  const sequence = events.length;
  const place = { stream: HISTORY_ISSUE, sequence, recorded_at: "2026-01-01T00:00:00.000Z" };
  const whole = shelf.read(HISTORY_ISSUE, sequence) ?? "";
  const spoilt = [
    ...Array.from({ length: 40 }, () => {
      const at = random.below(whole.length);
      return `${whole.slice(0, at)}${String.fromCodePoint(whole.charCodeAt(at) ^ 1)}${whole.slice(at + 1)}`;
    }),
    ...Array.from({ length: 10 }, () => whole.slice(0, random.below(whole.length))),
    "",
    "{}",
    shelf.read(HISTORY_ISSUE, shelf.list(HISTORY_ISSUE)[0]?.sequence ?? 0) ?? "",
  ];
  const truth = plainState(events, undefined);
  for (const text of spoilt) {
    if (text === whole) continue;
    shelf.write(place, text);
    expect(await store.reconstructState(HISTORY_ISSUE)).toEqual(truth);
  }
  expect(warnings).toEqual([expect.stringMatching(/^snapshot \d+ of PROJ-123 .*passed over/)]);
});

test("a snapshot newer than the log, or of a log that went another way, is passed over", async () => {
  const there = await recorded(21, 60);
  const here = await openHistoryStore();
  for (const event of randomHistory(22, 60)) await here.record(event);
  await there.store.createSnapshot(HISTORY_ISSUE, { atSequence: 50 });
  here.shelf.write(
    { stream: HISTORY_ISSUE, sequence: 50, recorded_at: "2026-01-01T00:00:00.000Z" },
    there.shelf.read(HISTORY_ISSUE, 50) ?? "",
  );
  const events = await storedEvents(here);
  expect(await here.store.reconstructState(HISTORY_ISSUE)).toEqual(plainState(events, undefined));
  expect(here.warnings).toHaveLength(1);
});

test("however many are made, snapshots take less than twice the log", async () => {
  const opened = await openHistoryStore({ frequency: 5 });
  let logBytes = 0;
  for (const event of randomHistory(5, 1_500)) {
    await opened.record(event);
    if (event.event_sequence % 5 !== 0) continue;
    await opened.store.snapshots?.catchUp(HISTORY_ISSUE);
    if (event.event_sequence < 300 || event.event_sequence % 100 !== 0) continue;
    logBytes = 0;
    for await (const lines of opened.log.readStream(HISTORY_ISSUE))
      for (const { bytes } of lines) logBytes += bytes.length + 1;
    const kept = opened.shelf.list(HISTORY_ISSUE).reduce((sum, { bytes }) => sum + bytes, 0);
    expect(kept).toBeLessThan(2 * logBytes);
  }
  expect(opened.shelf.list(HISTORY_ISSUE).length).toBeGreaterThan(10);
});

test("snapshots that are too old go, the newest stays", async () => {
  const opened = await openHistoryStore({ frequency: 10, retention_days: 1 });
  const events = randomHistory(9, 200).map((event, index) => ({
    ...event,
    recorded_at: new Date(Date.UTC(2026, 0, 1) + index * 3_600_000).toISOString(),
  }));
  for (const event of events) await opened.record(event);
  await opened.store.snapshots?.catchUp(HISTORY_ISSUE);
  const kept = opened.shelf.list(HISTORY_ISSUE);
  expect(kept.at(-1)?.sequence).toBe(200);
  expect(kept[0]?.sequence).toBeGreaterThanOrEqual(176);
});

test("an issue with few events, or without that event, gets none", async () => {
  const opened = await openHistoryStore({ frequency: 2, min_events_for_snapshot: 20 });
  for (const event of randomHistory(1, 19)) await opened.record(event);
  expect(await opened.store.snapshots?.catchUp(HISTORY_ISSUE)).toBe(0);
  await expect(opened.store.createSnapshot(HISTORY_ISSUE, { atSequence: 20 })).rejects.toThrow(
    "PROJ-123 has no event 20; its last is 19",
  );
  await expect(opened.store.createSnapshot("NONE-1")).rejects.toThrow("NONE-1 has no events");
});
