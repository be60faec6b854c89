import assert from "node:assert/strict";

import { ConflictError, ValidationError } from "../../errors.ts";
import type { EventLog, ExpectedSequence } from "../../log/event-log.ts";
import { samplePrepared, samplesPrepared } from "../sample-event.ts";
import { append, appendOne, rejectsWith, writesNothing } from "./driver.ts";
import { assertSound } from "./soundness.ts";
import type { SuiteCase } from "./suite-case.ts";

const issue_key = "EXPECT-1";

async function meets(log: EventLog, expectedSequence: ExpectedSequence, seed: number): Promise<void> {
  const placement = await appendOne(log, samplePrepared(seed, { issue_key }), { expectedSequence });
  assert.equal(placement.duplicate, false);
}

/** Asserts a conflict that names what was expected and what is there. */
async function misses(log: EventLog, expectedSequence: ExpectedSequence, actual: number): Promise<void> {
  const events = samplesPrepared(900, 2, { issue_key });
  await writesNothing(log, async () => {
    const error = await rejectsWith(
      "ESO_CONFLICT",
      () => append(log, events, { expectedSequence }),
      ConflictError,
    );
    assert.deepEqual(error.details, { stream: issue_key, expected: expectedSequence, actual });
  });
}

export const expectationCases: readonly SuiteCase[] = [
  {
    name: 'expectedSequence "none" asks for a stream without events',
    async run({ log }) {
      await append(log, samplesPrepared(50, 3, { issue_key: "EXPECT-2" }));
      await meets(log, "none", 1);
      await misses(log, "none", 1);
      await assertSound(log);
    },
  },
  {
    name: 'expectedSequence "exists" asks for a stream with events',
    async run({ log }) {
      await append(log, samplesPrepared(50, 3, { issue_key: "EXPECT-2" }));
      await misses(log, "exists", 0);
      await meets(log, "any", 1);
      await meets(log, "exists", 2);
      await assertSound(log);
    },
  },
  {
    name: "a number asks for the stream's last sequence, 0 for none",
    async run({ log }) {
      await append(log, samplesPrepared(50, 3, { issue_key: "EXPECT-2" }));
      await misses(log, 3, 0);
      await meets(log, 0, 1);
      await meets(log, 1, 2);
      await misses(log, 0, 2);
      await misses(log, 1, 2);
      await misses(log, 3, 2);
      await meets(log, 2, 3);
      await assertSound(log);
    },
  },
  {
    name: 'expectedSequence "any" asks for nothing',
    async run({ log }) {
      await meets(log, "any", 1);
      await meets(log, "any", 2);
      await assertSound(log);
    },
  },
  {
    name: "a batch moves the expectation by its length",
    async run({ log }) {
      await append(log, samplesPrepared(1, 4, { issue_key }), { expectedSequence: 0 });
      await misses(log, 1, 4);
      await append(log, samplesPrepared(10, 4, { issue_key }), { expectedSequence: 4 });
      await misses(log, 4, 8);
      await assertSound(log);
    },
  },
  {
    name: "events after a missed expectation are still new",
    async run({ log }) {
      const event = samplePrepared(1, { issue_key });
      await rejectsWith("ESO_CONFLICT", () => appendOne(log, event, { expectedSequence: 7 }));
      assert.equal(await log.stream(issue_key), undefined);
      const placement = await appendOne(log, event, { expectedSequence: "none" });
      assert.deepEqual([placement.event_sequence, placement.duplicate], [1, false]);
      await assertSound(log);
    },
  },
  {
    name: "an expectation for events of several streams is refused",
    needs: ["multiStreamBatches"],
    async run({ log }) {
      const events = [samplePrepared(1, { issue_key }), samplePrepared(2, { issue_key: "EXPECT-2" })];
      for (const expectedSequence of [0, "none", "exists"] as const) {
        await writesNothing(log, () =>
          rejectsWith("ESO_INVALID_QUERY", () => append(log, events, { expectedSequence }), ValidationError),
        );
      }
      await append(log, events, { expectedSequence: "any" });
      await assertSound(log);
    },
  },
];
