import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { JsonObject, StoredEvent } from "../../event/envelope.ts";
import { SeededRandom } from "../../testing/seeded-random.ts";
import { randomHistory } from "../testdata/random-history.ts";
import { constructIntervals, type IntervalLog, intervalLog, noteEvent } from "./intervals.ts";
import { type IntervalKind, marksOf } from "./marks.ts";
import { independentlyShuffled } from "./testdata/independently-shuffled.ts";
import { type PlainInterval, plainIntervals } from "./testdata/plain-intervals.ts";

const KINDS: readonly IntervalKind[] = ["phase", "agent", "gap", "test", "check", "recovery"];
const SEEDS = Array.from({ length: 60 }, (_, seed) => seed);

function logOf(events: readonly StoredEvent[]): IntervalLog {
  const log = intervalLog(...KINDS);
  for (const [index, event] of events.entries()) noteEvent(log, event, index + 1);
  return log;
}

/** The intervals, with the ids of the events that begin and end them. */
function named(events: readonly StoredEvent[], asOf_ms?: number): PlainInterval[] {
  const idOf = (number: number | undefined): string | undefined => events[(number ?? 0) - 1]?.event_id;
  return [...constructIntervals(logOf(events), asOf_ms)].map((one) => ({
    ...one,
    start: idOf(one.start),
    end: idOf(one.end),
  }));
}

function intervals(events: readonly StoredEvent[]): readonly PlainInterval[] {
  return inOrder(named(events));
}

function inOrder<T>(values: readonly T[]): T[] {
  const keyed = values.map(
    (value) => [JSON.stringify(value, Object.keys(value as object).sort()), value] as const,
  );
  return keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, value]) => value);
}

/** An event at a minute of a day. */
// oxlint-disable-next-line max-params -- reads as a table
function at(
  minute: number,
  event_type: string,
  metadata: JsonObject,
  more: Partial<StoredEvent> = {},
): StoredEvent {
  return {
    event_id: `${event_type}-${minute}-${JSON.stringify(metadata)}`,
    event_type,
    event_version: "1.0.0",
    timestamp: new Date(Date.UTC(2026, 0, 5) + minute * 60_000).toISOString(),
    event_sequence: 0,
    issue_key: "PROJ-1",
    session_id: "s",
    correlation_id: "run-1",
    actor: { type: "agent", id: "coder" },
    metadata,
    recorded_at: "2026-01-05T00:00:00.000Z",
    position: 0,
    prev_hash: "",
    ...more,
  };
}

/** The events as they are recorded one after the other. */
function recorded(...events: readonly StoredEvent[]): StoredEvent[] {
  return events.map((event, index) => ({ ...event, event_sequence: index + 1 }));
}

const MINUTE = 60_000;

function byFirst([a]: readonly unknown[], [b]: readonly unknown[]): number {
  return Number(a) - Number(b);
}

const started = at(0, "OrchestrationStarted", { issue_summary: "x", initial_phase: "EXPLORE" });

function shown(events: readonly StoredEvent[], kind: IntervalKind): readonly string[] {
  return intervals(events)
    .filter((one) => one.kind === kind)
    .map(({ name, status, wall_ms, active_ms, inferred }) => {
      const pause = wall_ms === active_ms ? "" : ` (${active_ms / MINUTE} active)`;
      return `${name} ${status} ${wall_ms / MINUTE}${pause}${inferred ? " inferred" : ""}`;
    })
    .sort();
}

describe("intervals", () => {
  test("equal those of a plain reading of the rules, on random histories", () => {
    const statuses = new Set<string>();
    for (const seed of SEEDS) {
      const history = randomHistory(seed, 250);
      const found = intervals(history);
      expect(found).toEqual(inOrder(plainIntervals(history, KINDS)));
      for (const { status, inferred, clock_skew } of found)
        statuses.add(`${status} ${inferred} ${clock_skew}`);
    }
    for (const status of ["complete", "failed", "abandoned", "truncated", "open", "orphan_end"])
      expect(statuses).toContain(`${status} false false`);
    expect(statuses).toContain("complete true false");
  });

  test("every start and every end is in exactly one interval", () => {
    for (const seed of SEEDS) {
      const history = randomHistory(seed, 250);
      const found = intervals(history);
      const marks = history.flatMap((event) => marksOf(event).map((mark) => ({ ...mark, event })));
      const real = marks.filter(({ implied }) => implied !== true);
      const ids = found.flatMap(({ start, end, implied, kind }) => [
        ...(start === undefined || implied ? [] : [`${kind} ${start}`]),
        ...(end === undefined ? [] : [`${kind} ${end}`]),
      ]);
      expect(ids.toSorted()).toEqual(real.map(({ kind, event }) => `${kind} ${event.event_id}`).toSorted());
    }
  });

  test("active time is never longer than wall time, and neither is negative", () => {
    for (const seed of SEEDS) {
      for (const { wall_ms, active_ms } of intervals(randomHistory(seed, 250))) {
        expect(active_ms).toBeGreaterThanOrEqual(0);
        expect(active_ms).toBeLessThanOrEqual(wall_ms);
      }
    }
  });

  test("the order of record of independent events does not matter", () => {
    for (const seed of SEEDS) {
      const history = randomHistory(seed, 250);
      const shuffled = independentlyShuffled(history, new SeededRandom(seed));
      expect(shuffled.map(({ event_id }) => event_id)).not.toEqual(history.map(({ event_id }) => event_id));
      expect(intervals(shuffled)).toEqual(intervals(history));
    }
  });

  test("streams that are interleaved do not mix", () => {
    for (const seed of SEEDS.slice(0, 20)) {
      const [a, b] = [randomHistory(seed, 120), randomHistory(seed + 100, 120)].map((history, index) =>
        history.map((event) => ({ ...event, issue_key: `PROJ-${index}`, correlation_id: "same-id" })),
      ) as [StoredEvent[], StoredEvent[]];
      const mixed = a.flatMap((event, index) => [event, ...(b[index] === undefined ? [] : [b[index]])]);
      const asOf_ms = logOf(mixed).last_ms;
      const alone = [a, b].flatMap((events) => named(events, asOf_ms));
      expect(intervals(mixed)).toEqual(inOrder(alone));
    }
  });

  test("well-formed intervals come out complete, in whatever order they were recorded", () => {
    const spans = fc.uniqueArray(fc.record({ from: fc.nat(5_000), length: fc.nat(500), id: fc.uuid() }), {
      selector: ({ id }) => id,
      maxLength: 20,
    });
    fc.assert(
      fc.property(spans, fc.nat(), (all, seed) => {
        const events = all.flatMap(({ from, length, id }) => [
          at(from, "AgentSpawned", { agent_name: "coder", agent_run_id: id }),
          at(from + length, "AgentCompleted", { agent_name: "coder", agent_run_id: id }),
        ]);
        const random = new SeededRandom(seed);
        const order = events.map((event) => [random.next(), event] as const).sort(([a], [b]) => a - b);
        const found = intervals(recorded(...order.map(([, event]) => event)));
        expect(found.map(({ status, inferred }) => [status, inferred])).toEqual(
          all.map(() => ["complete", false]),
        );
        const lengths = found.map(({ wall_ms }) => wall_ms / MINUTE);
        expect(lengths.sort((a, b) => a - b)).toEqual(all.map(({ length }) => length).sort((a, b) => a - b));
      }),
    );
  });
});

const spawned = (minute: number, id?: string): StoredEvent =>
  at(minute, "AgentSpawned", { agent_name: "coder", ...(id === undefined ? {} : { agent_run_id: id }) });
const completed = (minute: number, id?: string, more: Partial<StoredEvent> = {}): StoredEvent =>
  at(
    minute,
    "AgentCompleted",
    { agent_name: "coder", ...(id === undefined ? {} : { agent_run_id: id }) },
    more,
  );

describe("the rules", () => {
  test("agents pair by id, by the start's event_id, by cause, and at last in order", () => {
    const one = spawned(1);
    const two = spawned(2);
    expect(shown(recorded(one, two, completed(5, two.event_id)), "agent")).toEqual([
      "coder complete 3",
      "coder open 4",
    ]);
    expect(
      shown(recorded(one, two, completed(5, undefined, { causation_id: two.event_id })), "agent"),
    ).toEqual(["coder complete 3", "coder open 4"]);
    const inferred = intervals(recorded(one, two, completed(5), completed(9)));
    expect(inferred.map(({ wall_ms, ambiguous }) => [wall_ms / MINUTE, ambiguous]).toSorted(byFirst)).toEqual(
      [
        [4, true],
        [7, false],
      ],
    );
    expect(shown(recorded(spawned(1, "a"), completed(5, "b")), "agent")).toEqual([
      "coder open 4",
      "coder orphan_end 0",
    ]);
  });

  test("what begins again was given up, what its run outlives was cut off, the rest is open", () => {
    const first = at(1, "PhaseStarted", { phase: "TEST" });
    const again = at(4, "PhaseStarted", { phase: "TEST" });
    const end = at(9, "OrchestrationCompleted", {});
    expect(shown(recorded(started, first, again), "phase")).toEqual(["TEST abandoned 3", "TEST open 0"]);
    expect(shown(recorded(started, first, again, end), "phase")).toEqual([
      "TEST abandoned 3",
      "TEST truncated 5",
    ]);
  });

  test("pauses count as wall time only, also those that go on", () => {
    const pause = at(3, "OrchestrationPaused", { pause_reason: "x" });
    const resume = at(5, "OrchestrationResumed", {});
    const events = [started, spawned(1, "a"), pause, resume, completed(9, "a")];
    expect(shown(recorded(...events), "agent")).toEqual(["coder complete 8 (6 active)"]);
    const late = [started, spawned(1, "a"), completed(9, "a"), resume, pause];
    expect(shown(recorded(...late), "agent")).toEqual(["coder complete 8 (6 active)"]);
    expect(shown(recorded(started, spawned(1, "a"), pause, spawned(9, "b")), "agent")).toEqual([
      "coder open 0",
      "coder open 8 (2 active)",
    ]);
  });

  test("an end before its start counts as 0 and as clock skew, where the start was recorded first", () => {
    const start = at(3, "PhaseStarted", { phase: "TEST" });
    const end = at(2, "PhaseCompleted", { phase: "TEST" });
    const found = intervals(recorded(start, end));
    expect(found).toMatchObject([{ status: "complete", wall_ms: 0, clock_skew: true }]);
    expect(shown(recorded(end, start), "phase")).toEqual(["TEST open 0", "TEST orphan_end 0"]);
    expect(intervals(recorded(completed(2, "a"), spawned(3, "a")))).toMatchObject([
      { status: "complete", wall_ms: 0, clock_skew: true },
    ]);
  });

  test("a phase that was only announced begins there", () => {
    const done = at(6, "PhaseCompleted", { phase: "EXPLORE", next_phase: "PLAN" });
    const plan = at(8, "PhaseStarted", { phase: "PLAN" });
    expect(shown(recorded(started), "phase")).toEqual(["EXPLORE open 0"]);
    expect(shown(recorded(started, done, plan, at(9, "PhaseCompleted", { phase: "PLAN" })), "phase")).toEqual(
      ["EXPLORE complete 6", "PLAN complete 1"],
    );
    expect(shown(recorded(started, at(2, "PhaseStarted", { phase: "CODE" })), "phase")).toEqual([
      "CODE open 0",
    ]);
  });

  test("ends recorded after their run find it", () => {
    const closed = at(7, "OrchestrationCompleted", {});
    const { correlation_id: _, ...end } = completed(6, "a");
    expect(shown(recorded(started, spawned(1, "a"), closed, end), "agent")).toEqual(["coder complete 5"]);
    const { correlation_id: __, ...unnamed } = completed(6);
    expect(shown(recorded(started, spawned(1), closed, unnamed), "agent")).toEqual([
      "coder complete 5 inferred",
    ]);
    const found = at(1, "GapIdentified", { gap_id: "g", gap_type: "t", severity: "low" });
    const later = at(60, "GapResolved", { gap_id: "g" }, { correlation_id: "run-2" });
    expect(shown(recorded(started, found, closed, later), "gap")).toEqual(["g complete 59"]);
  });
});
