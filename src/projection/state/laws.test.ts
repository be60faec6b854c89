import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { JsonObject, StoredEvent } from "../../event/envelope.ts";
import { EVENT_TYPE_NAMES, STORE_EVENT_TYPES } from "../../event/registry.ts";
import { metadataOf } from "../../event/testdata/sample-metadata.ts";
import { fold } from "../projection.ts";
import { randomHistory } from "../testdata/random-history.ts";
import { applyEvent, orchestrationState } from "./apply-event.ts";
import { ITEM_ID, type ListKey, notStarted, type OrchestrationState } from "./orchestration-state.ts";

const histories = fc
  .record({ seed: fc.nat({ max: 100_000 }), size: fc.integer({ min: 1, max: 150 }) })
  .map(({ seed, size }) => randomHistory(seed, size));

const few = fc.constantFrom("a", "b", "__proto__");

/** Any events that the door lets in: few names, so that they meet, and times all over the day. */
const anyEvents: fc.Arbitrary<StoredEvent[]> = fc
  .array(
    fc.constantFrom(...EVENT_TYPE_NAMES, ...Object.keys(STORE_EVENT_TYPES), "Own").chain((type) =>
      fc.record({
        event_type: fc.constant(type),
        minute: fc.nat({ max: 600 }),
        metadata: type === "Own" ? fc.constant({}) : metadataOf(type),
        names: fc.record({ agent_name: few, agent_run_id: few, gap_id: few, check_type: few, phase: few }),
        correlation_id: fc.option(few, { nil: undefined }),
      }),
    ),
    { maxLength: 25 },
  )
  .map((drafts) => drafts.map((draft, index) => stored(draft, index)));

interface AnyDraft {
  readonly event_type: string;
  readonly minute: number;
  readonly metadata: JsonObject;
  readonly names: JsonObject;
  readonly correlation_id: string | undefined;
}

function stored(
  { event_type, minute, metadata, names, correlation_id }: AnyDraft,
  index: number,
): StoredEvent {
  const moment = new Date(Date.UTC(2026, 0, 1) + minute * 60_000).toISOString();
  const common = Object.fromEntries(Object.entries(names).filter(([name]) => name in metadata));
  return {
    event_id: `e${index}`,
    event_type,
    event_version: "1.0.0",
    timestamp: moment,
    event_sequence: index + 1,
    session_id: "s",
    ...(correlation_id === undefined ? {} : { correlation_id }),
    actor: { type: "agent", id: "a", model: "m" },
    metadata: { ...metadata, ...common },
    recorded_at: moment,
    position: index + 1,
    prev_hash: "0",
  };
}

function deepFreeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  Object.values(value).forEach(deepFreeze);
}

/** Every place of a state with what stands there. */
function placesOf(state: OrchestrationState): Map<string, string> {
  const places = new Map<string, string>();
  for (const [key, value] of Object.entries(state)) {
    if (!Array.isArray(value)) places.set(key, JSON.stringify(value));
    else for (const item of value) places.set(`${key} ${idOf(key, item)}`, JSON.stringify(sorted(item)));
  }
  return places;
}

function idOf(key: string, item: unknown): string {
  return (ITEM_ID[key as ListKey] as (item: unknown) => string)(item);
}

function sorted(item: unknown): unknown {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
  return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function differing(before: OrchestrationState, after: OrchestrationState): string[] {
  const [old, now] = [placesOf(before), placesOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].filter((place) => old.get(place) !== now.get(place));
}

describe.each([
  ["believable", histories],
  ["any", anyEvents],
])("over %s histories", (_, arbitrary) => {
  test("a state is plain JSON, whose lists hold no id twice", () => {
    fc.assert(
      fc.property(arbitrary, (events) => {
        const state = fold(orchestrationState, events);
        expect(JSON.parse(JSON.stringify(state))).toStrictEqual(state);
        expect(structuredClone(state)).toStrictEqual(state);
        for (const [key, list] of Object.entries(state)) {
          if (!Array.isArray(list)) continue;
          const ids = list.map((item) => idOf(key, item));
          expect(new Set(ids).size, key).toBe(ids.length);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("every event tells of just the places that it changes", () => {
    fc.assert(
      fc.property(arbitrary, (events) => {
        const state = notStarted("PROJ-123");
        for (const event of events) {
          const before = structuredClone(state);
          const touched = new Set<string>();
          applyEvent(state, event, (key, id) => touched.add(id === undefined ? key : `${key} ${id}`));
          expect([...touched].sort(), event.event_type).toEqual(differing(before, state).sort());
        }
      }),
      { numRuns: 40 },
    );
  });

  test("a fold goes on from a stored state, and changes no event", () => {
    fc.assert(
      fc.property(arbitrary, fc.nat(), (events, cut) => {
        deepFreeze(events);
        const half = fold(orchestrationState, events.slice(0, cut % (events.length + 1)));
        const resumed: OrchestrationState = JSON.parse(JSON.stringify(half));
        for (const event of events.slice(cut % (events.length + 1))) applyEvent(resumed, event);
        expect(resumed).toStrictEqual(fold(orchestrationState, events));
      }),
      { numRuns: 60 },
    );
  });

  test("what the keys say agrees", () => {
    fc.assert(
      fc.property(arbitrary, (events) => agrees(fold(orchestrationState, events))),
      { numRuns: 60 },
    );
  });
});

function agrees(state: OrchestrationState): void {
  const lists = [state.active_agents, state.blocked_agents, state.completed_agents, state.failed_agents];
  const ids = lists.flatMap((list) => list.map(({ agent_run_id }) => agent_run_id));
  expect(new Set(ids).size, "an agent's run stands in one list").toBe(ids.length);
  const open = new Set(state.identified_gaps.map(({ gap_id }) => gap_id));
  expect(state.resolved_gaps.filter(({ gap_id }) => open.has(gap_id))).toEqual([]);
  expect(state.escalated_gaps.filter(({ gap_id }) => !open.has(gap_id))).toEqual([]);
  const ended = state.status === "completed" || state.status === "failed";
  expect(state.completed_at !== null).toBe(ended);
  if (ended) expect(state.current_phase).toBeNull();
  else expect(state.duration_seconds).toBeNull();
  for (const seconds of [state.duration_seconds ?? 0, state.paused_seconds, state.worklog_seconds])
    expect(seconds).toBeGreaterThanOrEqual(0);
  for (const { kind, ref } of state.pending_tasks) {
    if (kind === "gap") expect(open.has(ref)).toBe(true);
    if (kind === "agent")
      expect(
        [...state.active_agents, ...state.blocked_agents].some(({ agent_run_id }) => agent_run_id === ref),
      ).toBe(true);
  }
  const starts = state.runs.flatMap(({ started_at }) => started_at ?? []);
  expect(starts).toEqual(starts.toSorted());
}

test("the store's own events and unknown types change next to nothing", () => {
  const history = randomHistory(3, 60);
  const before = fold(orchestrationState, history);
  const changed = (event_type: string) => {
    const state = structuredClone(before);
    const [last] = history.slice(-1);
    if (last === undefined) throw new Error("a history has events");
    const event = {
      ...last,
      event_type,
      event_id: "new",
      event_sequence: 61,
      timestamp: "2027-01-01T00:00:00.000Z",
    };
    const { correlation_id: _, ...unnamed } = event;
    applyEvent(state, unnamed);
    return differing(before, state).sort();
  };
  expect(changed("CustomThing")).toEqual(["events", "last_sequence", "last_timestamp"]);
  expect(changed("StoreFactSeen")).toEqual(["last_sequence", "last_timestamp"]);
  expect(changed("StoreOfTheFuture")).toEqual(["last_sequence", "last_timestamp"]);
  expect(changed("constructor")).toEqual(["events", "last_sequence", "last_timestamp"]);
});
