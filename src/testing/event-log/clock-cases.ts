import assert from "node:assert/strict";

import type { EventLog } from "../../log/event-log.ts";
import { samplePrepared, samplesPrepared } from "../sample-event.ts";
import { append, appendOne, eventOf, placed, readStream } from "./driver.ts";
import { assertSound } from "./soundness.ts";
import type { ManualClock, SuiteCase } from "./suite-case.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const issue_key = "CLOCK-1";

async function recordedAt(log: EventLog, seed: number): Promise<string> {
  return (await appendOne(log, samplePrepared(seed, { issue_key, timestamp: undefined }))).recorded_at;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** One batch a day, with the clock stepping back over each midnight once. */
async function writeOverDays(log: EventLog, clock: ManualClock, days: number): Promise<void> {
  for (let day = 0; day < days; day++) {
    await append(log, samplesPrepared(day * 100, 3, { issue_key }));
    clock.now_ms += DAY_MS;
    await append(log, samplesPrepared(day * 100 + 10, 2, { issue_key }));
    clock.now_ms -= DAY_MS / 2;
    await append(log, samplesPrepared(day * 100 + 20, 2));
    clock.now_ms += DAY_MS / 2;
  }
}

export const clockCases: readonly SuiteCase[] = [
  {
    name: "recorded_at follows the clock, to the millisecond",
    needs: ["clock"],
    async run({ log, clock }) {
      for (const [seed, step_ms] of [0, 1, 999, MINUTE_MS, 0, 3 * DAY_MS].entries()) {
        clock.now_ms += step_ms;
        assert.equal(await recordedAt(log, seed), iso(clock.now_ms));
        assert.equal((await log.head()).recorded_at, iso(clock.now_ms));
      }
      await assertSound(log);
    },
  },
  {
    name: "recorded_at does not decrease when the clock steps back",
    needs: ["clock"],
    async run({ log, clock }) {
      const highest_ms = clock.now_ms;
      for (const [seed, back_ms] of [0, 1, MINUTE_MS, DAY_MS, 400 * DAY_MS].entries()) {
        clock.now_ms = highest_ms - back_ms;
        assert.equal(await recordedAt(log, seed), iso(highest_ms));
      }
      clock.now_ms = highest_ms + 1;
      assert.equal(await recordedAt(log, 99), iso(highest_ms + 1));
      await assertSound(log);
    },
  },
  {
    name: "a timestamp that nobody gave is recorded_at, a given one is kept",
    needs: ["clock"],
    async run({ log, clock }) {
      await recordedAt(log, 1);
      const timestamp = "2019-12-31T23:59:59.999Z";
      await appendOne(log, samplePrepared(2, { issue_key, timestamp }));
      const events = (await readStream(log, issue_key)).map(eventOf);
      assert.deepEqual(
        events.map((event) => [event.timestamp, event.recorded_at]),
        [
          [iso(clock.now_ms), iso(clock.now_ms)],
          [timestamp, iso(clock.now_ms)],
        ],
      );
    },
  },
  {
    name: "a duplicate keeps the recorded_at of the first",
    needs: ["clock"],
    async run({ log, clock }) {
      const then = await recordedAt(log, 1);
      clock.now_ms += MINUTE_MS;
      assert.equal(await recordedAt(log, 1), then);
      await assertSound(log);
    },
  },
  {
    name: "a stream over many days reads as one, in every direction and range",
    needs: ["clock"],
    async run({ log, clock }) {
      await writeOverDays(log, clock, 5);
      const lines = (await readStream(log, issue_key)).map(placed);
      assert.equal(lines.length, 25);
      const backwards = await readStream(log, issue_key, { direction: "backwards" });
      assert.deepEqual(backwards.map(placed), lines.toReversed());
      for (let from = 1; from <= 25; from += 4) {
        const range = await readStream(log, issue_key, { from, to: from + 5 });
        assert.deepEqual(range.map(placed), lines.slice(from - 1, from + 5));
      }
      await assertSound(log);
    },
  },
  {
    name: "a stream over many days reads as one after reopening, and goes on",
    needs: ["clock", "persistent"],
    async run({ store, clock }) {
      await writeOverDays(store.log, clock, 3);
      const log = await store.reopen();
      await assertSound(log);
      clock.now_ms += DAY_MS;
      const placement = await appendOne(log, samplePrepared(900, { issue_key }));
      assert.equal(placement.event_sequence, 16);
      await assertSound(log);
    },
  },
  {
    name: "recorded_at does not decrease over a reopening",
    needs: ["clock", "persistent"],
    async run({ store, clock }) {
      const then = await recordedAt(store.log, 1);
      clock.now_ms -= DAY_MS;
      const log = await store.reopen();
      assert.equal(await recordedAt(log, 2), then);
      await assertSound(log);
    },
  },
];
