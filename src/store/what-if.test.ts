import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { StoredEvent } from "../event/envelope.ts";
import { applyDiff } from "../projection/diff/apply-diff.ts";
import { applyEvent } from "../projection/state/apply-event.ts";
import { notStarted, type OrchestrationState } from "../projection/state/orchestration-state.ts";
import { openHistoryStore } from "./testdata/history-store.ts";
import { HISTORY_ISSUE, momentAt, storedHistory } from "./testdata/stored-history.ts";
import { whatIf } from "./what-if.ts";

const ADA = { type: "user", id: "ada@example.com" } as const;

const cases = fc.record({
  seed: fc.integer({ min: 0, max: 5_000 }),
  size: fc.integer({ min: 1, max: 100 }),
  kind: fc.nat(2),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  picks: fc.array(fc.nat(99), { maxLength: 6 }),
});

test("without some events the state is the fold of the others, and the changes lead to it", async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ seed, size, kind, share, picks }) => {
      const { store, events } = await storedHistory(seed, size);
      const moment = momentAt(events, kind, share);
      const without = picks.map((pick) => events[pick % events.length]!.event_id);
      const {
        state,
        actual,
        changes,
        ignored,
        moment: point,
      } = await whatIf(store, HISTORY_ISSUE, {
        without,
        moment,
      });
      const past = await Array.fromAsync(store.history.events(HISTORY_ISSUE, point));
      expect(state).toEqual(stateOf(past.filter(({ event_id }) => !without.includes(event_id))));
      expect(actual).toEqual(await store.reconstructState(HISTORY_ISSUE, moment));
      expect(applyDiff(actual, changes)).toEqual(state);
      expect(ignored).toEqual(without.filter((id) => !past.some(({ event_id }) => event_id === id)));
    }),
    { numRuns: 60 },
  );
});

test("added events stand where their time says, and nothing is written", async () => {
  const { store } = await openHistoryStore();
  const worklog = { event_type: "WorklogAdded", issue_key: "PROJ-1", actor: ADA } as const;
  const phase = { event_type: "PhaseStarted", issue_key: "PROJ-1", actor: ADA } as const;
  await store.logEvents([
    { ...worklog, timestamp: "2026-11-24T13:00:00Z", metadata: { time_spent_seconds: 10 } },
    { ...phase, timestamp: "2026-11-24T13:02:00Z", metadata: { phase: "CODE" } },
  ]);
  const early = { ...phase, timestamp: "2026-11-24T13:01:00Z", metadata: { phase: "PLAN" } };
  const last = { ...worklog, metadata: { time_spent_seconds: 60 } };
  const { state, actual, changes } = await whatIf(store, "PROJ-1", { with: [last, early] });
  expect([actual.worklog_seconds, state.worklog_seconds]).toEqual([10, 70]);
  expect(state.phases.map(({ phase: name }) => name)).toEqual(["PLAN", "CODE"]);
  expect([state.events, state.last_sequence, state.current_phase]).toEqual([4, 3, "CODE"]);
  expect(changes.find(({ key }) => key === "worklog_seconds")).toMatchObject({
    direction: "gained",
    event: { event_type: "WorklogAdded", event_sequence: 3, actor: ADA },
  });
  expect((await store.log.head()).position).toBe(2);
});

test("an event can take the place of another one with its id", async () => {
  const { store } = await openHistoryStore();
  const worklog = { event_type: "WorklogAdded", issue_key: "PROJ-1", actor: ADA } as const;
  const { event_id } = await store.logEvent({ ...worklog, metadata: { time_spent_seconds: 10 } });
  const other = { ...worklog, event_id, metadata: { time_spent_seconds: 60 } };
  const { changes } = await whatIf(store, "PROJ-1", { without: [event_id], with: [other] });
  expect(changes).toEqual([
    expect.objectContaining({ key: "worklog_seconds", before: 10, after: 60, direction: "gained" }),
  ]);
  await expect(whatIf(store, "PROJ-1", { with: [other] })).rejects.toThrow("one that is there");
});

test("an event that could not be logged here cannot be added either", async () => {
  const { store } = await storedHistory(3, 10);
  const pause = { event_type: "OrchestrationPaused", actor: ADA, metadata: {} };
  await expect(whatIf(store, HISTORY_ISSUE, { with: [pause] })).rejects.toThrow("pause_reason");
  const elsewhere = { ...pause, issue_key: "OTHER-1", metadata: { pause_reason: "lunch" } };
  await expect(whatIf(store, HISTORY_ISSUE, { with: [elsewhere] })).rejects.toThrow("belongs to OTHER-1");
});

function stateOf(events: readonly StoredEvent[]): OrchestrationState {
  const state = notStarted(HISTORY_ISSUE);
  for (const event of events) applyEvent(state, event);
  return state;
}
