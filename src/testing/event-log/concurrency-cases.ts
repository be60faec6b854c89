import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";

import { ConflictError } from "../../errors.ts";
import type { EventLog, Placement } from "../../log/event-log.ts";
import { samplePrepared, samplesPrepared } from "../sample-event.ts";
import { append, appendOne, eventOf, readAll, readStream } from "./driver.ts";
import { assertSound } from "./soundness.ts";
import type { SuiteCase } from "./suite-case.ts";

const WRITERS = 64;

/** 64 writers at once, each appending `rounds` single events one after the other, over `streams` streams. */
async function writeAtOnce(log: EventLog, rounds: number, streams: number): Promise<Placement[]> {
  const writers = Array.from({ length: WRITERS }, async (_, writer) => {
    const placements: Placement[] = [];
    for (let round = 0; round < rounds; round++) {
      const seed = writer * rounds + round;
      placements.push(
        await appendOne(log, samplePrepared(seed, { issue_key: `BUSY-${1 + (seed % streams)}` })),
      );
    }
    return placements;
  });
  return (await Promise.all(writers)).flat();
}

async function assertStandWhereAcknowledged(log: EventLog, placements: readonly Placement[]): Promise<void> {
  const lines = new Map((await readAll(log)).map((line) => [eventOf(line).event_id, line]));
  assert.equal(lines.size, placements.length, "every acknowledged event is there once");
  for (const { event_id, stream, event_sequence, position } of placements) {
    const line = lines.get(event_id);
    assert.deepEqual([line?.stream, line?.sequence, line?.position], [stream, event_sequence, position]);
  }
}

/** What became of appends that were raced against each other. */
async function settle(appends: readonly Promise<Placement>[]) {
  const outcomes = await Promise.allSettled(appends);
  const placements = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  return { placements, errors };
}

/** Reads short pages, each behind the last, until `count` positions were seen. */
async function pageUntil(log: EventLog, count: number, seen: number[]): Promise<void> {
  while (seen.length < count) {
    const after = seen.at(-1) ?? 0;
    await log.waitBeyond(after, 60_000);
    for await (const lines of log.readAll({ after, chunk: 7 })) {
      seen.push(...lines.map(({ position }) => position));
      break;
    }
  }
}

/** Reads the log and a stream over and over, each time without a gap. */
async function readUntil(log: EventLog, progress: { readonly done: boolean }): Promise<void> {
  while (!progress.done) {
    // An engine may read without leaving the turn; the writers need turns of their own.
    await nextTurn();
    const { position } = await log.head();
    const lines = await readAll(log);
    assert(lines.length >= position, "what the head tells can be read");
    for (const [index, line] of lines.entries()) assert.equal(line.position, index + 1);
    const stream = await readStream(log, "BUSY-1");
    for (const [index, line] of stream.entries()) assert.equal(line.sequence, index + 1);
  }
}

export const concurrencyCases: readonly SuiteCase[] = [
  {
    name: "64 concurrent writers over many streams: dense sequences and positions",
    async run({ log }) {
      const placements = await writeAtOnce(log, 5, 23);
      await assertStandWhereAcknowledged(log, placements);
      await assertSound(log);
    },
  },
  {
    name: "64 concurrent writers on one stream: dense sequences",
    async run({ log }) {
      const placements = await writeAtOnce(log, 5, 1);
      const sequences = placements.map(({ event_sequence }) => event_sequence).sort((a, b) => a - b);
      assert.deepEqual(
        sequences,
        Array.from({ length: WRITERS * 5 }, (_, index) => index + 1),
      );
      await assertSound(log);
    },
  },
  {
    name: "of 64 writers that expect the same sequence one wins",
    async run({ log }) {
      for (const expectedSequence of [0, 1, 2]) {
        const { placements, errors } = await settle(
          samplesPrepared(1 + expectedSequence * WRITERS, WRITERS, { issue_key: "RACE-1" }).map((event) =>
            appendOne(log, event, { expectedSequence }),
          ),
        );
        assert.equal(placements.length, 1);
        for (const error of errors) {
          assert(error instanceof ConflictError, `${error}`);
          assert.deepEqual(error.details, {
            stream: "RACE-1",
            expected: expectedSequence,
            actual: expectedSequence + 1,
          });
        }
      }
      await assertSound(log);
    },
  },
  {
    name: "the same event from many writers at once is one event",
    async run({ log }) {
      const copies = Array.from({ length: 20 }, () => appendOne(log, samplePrepared(1)));
      const fact = { event_id: undefined, idempotency_key: "race" };
      const keyed = Array.from({ length: 20 }, () => appendOne(log, samplePrepared(2, fact)));
      for (const placements of [await Promise.all(copies), await Promise.all(keyed)]) {
        assert.equal(placements.filter(({ duplicate }) => !duplicate).length, 1);
        assert.equal(new Set(placements.map(({ position }) => position)).size, 1);
        assert.equal(new Set(placements.map(({ event_id }) => event_id)).size, 1);
      }
      assert.equal((await readAll(log)).length, 2);
    },
  },
  {
    name: "different facts that race for one key: one wins, the others conflict",
    async run({ log }) {
      const facts = samplesPrepared(1, 20, { event_id: undefined, idempotency_key: "race" });
      const { placements, errors } = await settle(facts.map((event) => appendOne(log, event)));
      assert.equal(placements.length, 1);
      for (const error of errors) assert(error instanceof ConflictError, `${error}`);
      await assertSound(log);
    },
  },
  {
    name: "a rejected append does not harm those beside it",
    async run({ log }) {
      await appendOne(log, samplePrepared(0));
      const appends = samplesPrepared(1, 60).map((event, index) =>
        index % 3 === 0
          ? appendOne(log, samplePrepared(0, { branch: `clash-${index}` }))
          : appendOne(log, event, index % 3 === 1 ? {} : { expectedSequence: 9_999 }),
      );
      const { placements, errors } = await settle(appends);
      assert.deepEqual([placements.length, errors.length], [20, 40]);
      assert.equal((await readAll(log)).length, 21);
      await assertSound(log);
    },
  },
  {
    name: "the events of concurrent batches are not interleaved",
    needs: ["totalOrder"],
    async run({ log }) {
      const batches = Array.from({ length: 30 }, (_, at) =>
        append(log, samplesPrepared(at * 10, 1 + (at % 10), { issue_key: `BATCH-${1 + (at % 4)}` })),
      );
      for (const placements of await Promise.all(batches)) {
        const [start] = placements;
        assert(start !== undefined);
        for (const [index, placement] of placements.entries()) {
          assert.equal(placement.position, start.position + index);
          assert.equal(placement.event_sequence, start.event_sequence + index);
        }
      }
      await assertSound(log);
    },
  },
  {
    name: "a reader that pages while writers append neither repeats nor skips",
    needs: ["totalOrder"],
    async run({ log }) {
      const seen: number[] = [];
      const [placements] = await Promise.all([writeAtOnce(log, 8, 11), pageUntil(log, WRITERS * 8, seen)]);
      await assertStandWhereAcknowledged(log, placements);
      assert.deepEqual(
        seen,
        Array.from({ length: WRITERS * 8 }, (_, index) => index + 1),
      );
    },
  },
  {
    name: "whatever is read while writers append has no gaps",
    needs: ["totalOrder"],
    async run({ log }) {
      const progress = { done: false };
      const writing = writeAtOnce(log, 8, 5).finally(() => {
        progress.done = true;
      });
      await Promise.all([writing, readUntil(log, progress)]);
      await assertSound(log);
    },
  },
];
