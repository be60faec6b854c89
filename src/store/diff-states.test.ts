import { isDeepStrictEqual } from "node:util";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { StoredEvent } from "../event/envelope.ts";
import { applyDiff } from "../projection/diff/apply-diff.ts";
import type { BlamedChange } from "../projection/diff/blame.ts";
import { valueAt } from "../projection/diff/trace.ts";
import { applyEvent } from "../projection/state/apply-event.ts";
import { notStarted, type OrchestrationState } from "../projection/state/orchestration-state.ts";
import { diffStates, type StateDiff } from "./diff-states.ts";
import { HISTORY_ISSUE, momentAt, storedHistory } from "./testdata/stored-history.ts";

const cases = fc.record({
  seed: fc.integer({ min: 0, max: 5_000 }),
  size: fc.integer({ min: 1, max: 120 }),
  kinds: fc.tuple(fc.nat(2), fc.nat(2)),
  shares: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
});

test("a diff between any two moments leads from one state to the other, and every event made its change", async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ seed, size, kinds, shares }) => {
      const { store, events } = await storedHistory(seed, size);
      const [from, to] = [momentAt(events, kinds[0], shares[0]), momentAt(events, kinds[1], shares[1])];
      const diff = await diffStates(store, HISTORY_ISSUE, { from, to });
      expect(diff.before).toEqual(await store.reconstructState(HISTORY_ISSUE, from));
      expect(diff.after).toEqual(await store.reconstructState(HISTORY_ISSUE, to));
      expect(applyDiff(diff.before, diff.changes)).toEqual(diff.after);
      const pasts = [await pastOf(store, diff.from), await pastOf(store, diff.to)] as const;
      for (const change of diff.changes) expectMade(change, diff, pasts);
    }),
    { numRuns: 150 },
  );
});

async function pastOf(
  store: Awaited<ReturnType<typeof storedHistory>>["store"],
  point: StateDiff["from"],
): Promise<readonly StoredEvent[]> {
  return Array.fromAsync(store.history.events(HISTORY_ISSUE, point));
}

/** The blamed event is one that only the past it is of knows, and gave the place the value that it has there. */
function expectMade(
  change: BlamedChange,
  diff: StateDiff,
  [before, after]: readonly [readonly StoredEvent[], readonly StoredEvent[]],
): void {
  const { event, direction, because } = change;
  const made = [madeIn(change, before, diff.before), madeIn(change, after, diff.after)] as const;
  expect(direction === "lost" ? made[0] : direction === "gained" ? made[1] : made[0] || made[1]).toBe(true);
  if (direction === "gained") expect(before.map(versionOf)).not.toContain(versionOf(find(after, event)));
  if (direction === "lost") expect(after.map(versionOf)).not.toContain(versionOf(find(before, event)));
  if (direction !== "shared") return;
  const known = [before, after].map((past) => past.filter(({ event_id }) => event_id === because?.event_id));
  expect(known[0]?.map(versionOf)).not.toEqual(known[1]?.map(versionOf));
}

/** Whether the event of a change gave its place the value that it has at the end of a past. */
function madeIn(change: BlamedChange, past: readonly StoredEvent[], end: OrchestrationState): boolean {
  const at = past.findIndex(({ event_id }) => event_id === change.event.event_id);
  if (at === -1) return false;
  const id = change.kind === "set" ? undefined : change.id;
  const [was, is] = [past.slice(0, at), past.slice(0, at + 1)].map((events) =>
    valueAt(stateOf(events), change.key, id),
  );
  const last = valueAt(end, change.key, id);
  return isDeepStrictEqual(is, last) && (change.kind === "moved" || !isDeepStrictEqual(was, is));
}

function find(past: readonly StoredEvent[], { event_id }: { readonly event_id: string }): StoredEvent {
  return past.find((event) => event.event_id === event_id)!;
}

function versionOf({ event_id, metadata }: StoredEvent): string {
  return JSON.stringify([event_id, metadata]);
}

function stateOf(events: readonly StoredEvent[]): OrchestrationState {
  const state = notStarted(HISTORY_ISSUE);
  for (const event of events) applyEvent(state, event);
  return state;
}
