import assert from "node:assert/strict";

import type { EventLog, StoredLine } from "../../log/event-log.ts";
import { sampleEvent, samplePrepared, samplesPrepared } from "../sample-event.ts";
import { append, appendOne, collect, placed, readAll, readStream, textOf, toArray } from "./driver.ts";
import { assertSound } from "./soundness.ts";
import type { SuiteCase } from "./suite-case.ts";

const issue_key = "READ-1";
const DIRECTIONS = ["forwards", "backwards"] as const;
/** The port's bound for a chunk of `readAll` that asks for none. */
const CHUNK_LINES = 1_000;
/** A chunk of `readStream` keeps to either bound; the port names none. */
const CHUNK_BYTES = 4 * 1024 * 1024;

/** Writes 25 events of READ-1 between those of other streams; gives all lines in order of position. */
async function fill(log: EventLog): Promise<StoredLine[]> {
  for (let seed = 0; seed < 25; seed++) {
    await appendOne(log, samplePrepared(seed, { issue_key }));
    if (seed % 2 === 0) await appendOne(log, samplePrepared(1_000 + seed));
  }
  return readAll(log);
}

/** Writes one stream that exceeds both bounds of a chunk. */
async function fillLong(log: EventLog, count: number): Promise<void> {
  const filler = { event_type: "AgentSpawned", metadata: { agent_name: "a", note: "x".repeat(2_000) } };
  for (let seed = 0; seed < count; seed += 500) {
    await append(log, samplesPrepared(seed, 500, { issue_key, ...filler }));
  }
}

function bytesOf(lines: readonly StoredLine[]): number {
  return lines.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

function directed<T>(items: readonly T[], direction: "forwards" | "backwards"): readonly T[] {
  return direction === "forwards" ? items : items.toReversed();
}

async function rejectsWithReason(reason: unknown, call: () => Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error) => error === reason, "rejects with the signal's reason");
}

export const readingCases: readonly SuiteCase[] = [
  {
    name: "readStream: every range, forwards and backwards",
    async run({ log }) {
      const all = (await fill(log)).filter(({ stream }) => stream === issue_key).map(placed);
      for (const from of [undefined, 1, 2, 13, 25, 26, 99]) {
        for (const to of [undefined, 1, 12, 13, 25, 99]) {
          for (const direction of DIRECTIONS) {
            const range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }), direction };
            const expected = all.slice((from ?? 1) - 1, to ?? 25);
            const read = (await readStream(log, issue_key, range)).map(placed);
            assert.deepEqual(read, directed(expected, direction), JSON.stringify(range));
          }
        }
      }
    },
  },
  {
    name: "readStream: an unknown stream is empty",
    async run({ log }) {
      await fill(log);
      for (const direction of DIRECTIONS)
        assert.deepEqual(await readStream(log, "READ-404", { direction }), []);
      assert.equal(await log.stream("READ-404"), undefined);
    },
  },
  {
    name: "readAll: behind or before every position, in chunks of any size, forwards and backwards",
    needs: ["totalOrder"],
    async run({ log }) {
      const all = (await fill(log)).map(placed);
      for (const after of [undefined, 0, 1, 2, 19, all.length - 1, all.length, all.length + 1, 999]) {
        for (const chunk of [1, 3, 1_000]) {
          for (const direction of DIRECTIONS) {
            const options = { ...(after !== undefined && { after }), chunk, direction };
            const isMeant = ({ position }: { position: number }) =>
              after === undefined || (direction === "forwards" ? position > after : position < after);
            const read = (await readAll(log, options)).map(placed);
            assert.deepEqual(read, directed(all.filter(isMeant), direction), JSON.stringify(options));
          }
        }
      }
    },
  },
  {
    name: "readAll: no chunk is empty or holds more lines than asked for",
    async run({ log }) {
      const all = await fill(log);
      for (const chunk of [1, 7, all.length, 1_000]) {
        for await (const lines of log.readAll({ chunk })) assert(lines.length > 0 && lines.length <= chunk);
      }
    },
  },
  {
    name: "a long log is read in chunks of bounded size",
    async run({ log }) {
      await fillLong(log, 2_500);
      for (const direction of DIRECTIONS) {
        const ofAll = await toArray(log.readAll({ direction }));
        for (const chunk of ofAll) assert(chunk.length <= CHUNK_LINES, `${chunk.length} lines`);
        assert.equal(ofAll.flat().length, 2_500);
        const ofStream = await toArray(log.readStream(issue_key, { direction }));
        for (const chunk of ofStream) assert(chunk.length <= CHUNK_LINES || bytesOf(chunk) <= CHUNK_BYTES);
        assert.equal(ofStream.flat().length, 2_500);
      }
      await assertSound(log);
    },
  },
  {
    name: "a read ends where the log ended when the read began",
    async run({ log }) {
      await fill(log);
      const before = (await readAll(log)).length;
      const whole = log.readAll({ chunk: 5 })[Symbol.asyncIterator]();
      const stream = log.readStream(issue_key)[Symbol.asyncIterator]();
      const firstOfAll = await whole.next();
      const firstOfStream = await stream.next();
      await append(log, samplesPrepared(500, 40, { issue_key }));
      const rest = await collect({ [Symbol.asyncIterator]: () => whole });
      const streamRest = await collect({ [Symbol.asyncIterator]: () => stream });
      assert.equal((firstOfAll.value?.length ?? 0) + rest.length, before);
      assert.equal((firstOfStream.value?.length ?? 0) + streamRest.length, 25);
    },
  },
  {
    name: "a read that is broken off leaves the log usable",
    async run({ log }) {
      await fill(log);
      for await (const _ of log.readAll({ chunk: 1 })) break;
      for await (const _ of log.readStream(issue_key)) break;
      for await (const _ of log.streams()) break;
      await appendOne(log, samplePrepared(500));
      await assertSound(log);
    },
  },
  {
    name: "readAt: lines in the order asked for, also repeated ones",
    needs: ["totalOrder"],
    async run({ log }) {
      const all = (await fill(log)).map(placed);
      const positions = [7, 1, all.length, 7, 20, 19, 21];
      const lines = await log.readAt(positions);
      assert.deepEqual(
        lines.map(placed),
        positions.map((position) => all[position - 1]),
      );
      assert.deepEqual(await log.readAt([]), []);
      const everything = await log.readAt(all.map(({ position }) => position));
      assert.deepEqual(everything.map(placed), all);
    },
  },
  {
    name: "readAt: a position that the log does not have is an error",
    needs: ["totalOrder"],
    async run({ log }) {
      const all = await fill(log);
      for (const position of [0, all.length + 1]) await assert.rejects(log.readAt([1, position]));
    },
  },
  {
    name: "findById and findByKey find every event and nothing else",
    async run({ log }) {
      const events = samplesPrepared(1, 40).map((event, seed) =>
        samplePrepared(seed + 1, { idempotency_key: `key: “${seed}” ${event.stream}` }),
      );
      await Promise.all(events.map((event) => appendOne(log, event)));
      for (const event of events) {
        const byId = await log.findById(event.event_id);
        const byKey = await log.findByKey(event.idempotency_key ?? "");
        assert(byId !== undefined && byKey !== undefined);
        assert.deepEqual(placed(byId), placed(byKey));
        assert(textOf(byId).includes(event.event_id));
      }
      for (const { event_id, idempotency_key } of events) {
        assert.equal(await log.findByKey(event_id), undefined, "an id is no key");
        assert.equal(await log.findById(idempotency_key ?? ""), undefined, "a key is no id");
      }
      const { event_id: unknown = "" } = sampleEvent(99);
      assert.equal(await log.findById(unknown), undefined);
      assert.equal(await log.findByKey(unknown), undefined);
      assert.equal(await log.findByKey("key:"), undefined);
    },
  },
  {
    name: "a read with an aborted signal fails with the signal's reason",
    async run({ log }) {
      await fill(log);
      const reason = new Error("enough");
      const signal = AbortSignal.abort(reason);
      await rejectsWithReason(reason, () => readAll(log, { signal }));
      await rejectsWithReason(reason, () => readStream(log, issue_key, { signal }));
      await rejectsWithReason(reason, () => toArray(log.streams(signal)));
    },
  },
  {
    name: "a signal ends a read that is under way",
    async run({ log }) {
      await fill(log);
      const stop = new AbortController();
      const reason = new Error("enough");
      const seen: StoredLine[] = [];
      await rejectsWithReason(reason, async () => {
        for await (const lines of log.readAll({ chunk: 1, signal: stop.signal })) {
          seen.push(...lines);
          if (seen.length === 3) stop.abort(reason);
        }
      });
      assert.equal(seen.length, 3);
      await assertSound(log);
    },
  },
];
