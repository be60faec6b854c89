import * as fc from "fast-check";
import { expect, test } from "vitest";

import { storeEvent } from "../log/store-event.ts";
import { applyDiff } from "../projection/diff/apply-diff.ts";
import type { Effect } from "./causes.ts";
import { explain } from "./explain.ts";
import { openHistoryStore } from "./testdata/history-store.ts";
import { HISTORY_ISSUE, storedHistory } from "./testdata/stored-history.ts";

const ADA = { type: "user", id: "ada@example.com" } as const;
const [A, B, C, LOST] = ["a", "b", "c", "d"].map(
  (digit) => `${digit.repeat(8)}-0000-4000-8000-${digit.repeat(12)}`,
);

test("every event of a history can be explained, and what it changed leads to the state behind it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 5_000 }), fc.nat(59), async (seed, pick) => {
      const { store, events } = await storedHistory(seed, 60);
      const event = events[pick]!;
      const { causes, effects, state_before, changes, at_the_time } = await explain(store, event.event_id);
      expect(new Set(causes.map(({ event_id }) => event_id)).size).toBe(causes.length);
      for (const { event: cause, end } of causes) {
        if (end === undefined) expect(cause).toBeDefined();
        else expect(["missing", "more"]).toContain(end);
      }
      const sequence = event.event_sequence;
      expect(applyDiff(state_before, changes)).toEqual(
        await store.reconstructState(HISTORY_ISSUE, { sequence }),
      );
      expect(at_the_time.active_agents).toEqual(state_before.active_agents);
      for (const effect of effects) {
        const [cause] = (await explain(store, effect.event.event_id)).causes;
        expect([cause?.event_id, cause?.link]).toEqual([event.event_id, effect.link]);
      }
    }),
    { numRuns: 60 },
  );
});

test("causes that go round, or are not in the store, end the chain", async () => {
  const { store } = await openHistoryStore();
  const error = { event_type: "ErrorOccurred", issue_key: "PROJ-1", actor: ADA } as const;
  const metadata = { error_type: "Timeout", error_message: "30 s" };
  await store.logEvent({ ...error, event_id: A!, causation_id: B!, metadata });
  await store.logEvent({ ...error, event_id: B!, causation_id: A!, metadata });
  await store.logEvent({ ...error, event_id: C!, causation_id: LOST!, metadata });
  const round = await explain(store, A!);
  expect(round.causes.map(({ event_id, end }) => [event_id, end])).toEqual([
    [B, undefined],
    [A, "cycle"],
  ]);
  expect(round.effects.map(({ event, effects }) => [event.event_id, effects])).toEqual([[B, []]]);
  expect((await explain(store, C!)).causes).toEqual([{ event_id: LOST, link: "given", end: "missing" }]);
  await expect(explain(store, LOST!)).rejects.toThrow("there is no event");
});

test("without a cause of its own an event goes back to what began it; amendments are told", async () => {
  const { store, log: book } = await openHistoryStore();
  const tester = { issue_key: "PROJ-1", actor: { type: "agent", id: "tester" } } as const;
  const log = (event_type: string, metadata: object, more: object = {}) =>
    store.logEvent({ event_type, metadata, ...tester, ...more });
  const one = await log("AgentSpawned", { agent_name: "tester", agent_run_id: "t-1" });
  await log("AgentSpawned", { agent_name: "tester", agent_run_id: "t-2" });
  const failed = await log("AgentFailed", {
    agent_name: "tester",
    agent_run_id: "t-1",
    failure_reason: "tests",
  });
  const retried = await log("RecoveryAttempted", { recovery_from: failed.event_id });
  const error = await log(
    "ErrorOccurred",
    { error_type: "Timeout", error_message: "30 s" },
    { causation_id: failed.event_id },
  );
  const { causes, effects, changes, at_the_time, amendments } = await explain(store, failed.event_id);
  expect(causes).toMatchObject([{ event_id: one.event_id, link: "inferred" }]);
  expect(effects.map(idOf)).toEqual([error.event_id, retried.event_id]);
  expect(effects.map(({ link }) => link)).toEqual(["given", "inferred"]);
  expect(at_the_time.active_agents.map(({ agent_run_id }) => agent_run_id)).toEqual(["t-1", "t-2"]);
  expect(changes).toContainEqual(expect.objectContaining({ kind: "added", key: "failed_agents", id: "t-1" }));
  expect(amendments).toEqual([]);
  const metadata = { voided_event_id: failed.event_id, why: "logged twice" };
  const voiding = storeEvent({ type: "StoreEventVoided", stream: "PROJ-1", session_id: "s", metadata });
  await book.append({ events: [voiding], expectedSequence: "any", onDuplicate: "conflict" });
  expect((await explain(store, failed.event_id)).amendments).toMatchObject([
    { kind: "voided", why: "logged twice", by: { event_sequence: 6 } },
  ]);
});

function idOf({ event }: Effect): string {
  return event.event_id;
}
