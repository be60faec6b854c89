import assert from "node:assert/strict";

import { EsoError } from "../../errors.ts";
import type { EventLog } from "../../log/event-log.ts";
import { samplePrepared, samplesPrepared } from "../sample-event.ts";
import { append, appendOne, eventOf, placed, readAll, readStream, rejectsWith, toArray } from "./driver.ts";
import { assertSound } from "./soundness.ts";
import type { OpenedLog, SuiteCase } from "./suite-case.ts";

async function writeSome(log: EventLog, seed: number): Promise<void> {
  await append(log, samplesPrepared(seed, 5, { issue_key: "LIFE-1" }));
  for (const event of samplesPrepared(seed + 10, 10)) await appendOne(log, event);
}

/** The lines that users wrote; recovery may add its own `Store…` events. */
async function userLines(log: EventLog) {
  const lines = await readAll(log);
  return lines.filter((line) => !eventOf(line).event_type.startsWith("Store")).map(placed);
}

async function crash(store: OpenedLog): Promise<EventLog> {
  assert(store.crash !== undefined, "a factory that does not lack `crash` offers it");
  return store.crash();
}

export const lifecycleCases: readonly SuiteCase[] = [
  {
    name: "a closed log refuses every call",
    async run({ log }) {
      const { position } = await appendOne(log, samplePrepared(1));
      await log.close();
      const calls: (() => Promise<unknown>)[] = [
        () => appendOne(log, samplePrepared(2)),
        () => log.head(),
        () => log.stream("LIFE-1"),
        () => toArray(log.streams()),
        () => readStream(log, "LIFE-1"),
        () => readAll(log),
        () => log.readAt([position]),
        () => log.findById(samplePrepared(1).event_id),
        () => log.findByKey("key"),
        () => log.waitBeyond(0, 10),
      ];
      for (const call of calls) await rejectsWith("ESO_STORE_CLOSED", call);
    },
  },
  {
    name: "a log may be closed twice",
    async run({ log }) {
      await appendOne(log, samplePrepared(1));
      await Promise.all([log.close(), log.close()]);
      await log.close();
    },
  },
  {
    name: "everything is there after reopening, byte for byte, and goes on where it was",
    needs: ["persistent"],
    async run({ store }) {
      let { log } = store;
      const { storeId, incarnation } = log;
      for (let round = 0; round < 4; round++) {
        await writeSome(log, round * 100);
        const before = (await readAll(log)).map(placed);
        log = await store.reopen();
        assert.deepEqual((await readAll(log)).map(placed), before);
        await assertSound(log);
      }
      assert.deepEqual([log.storeId, log.incarnation], [storeId, incarnation]);
    },
  },
  {
    name: "an append that was under way at close is there, if it was acknowledged",
    needs: ["persistent"],
    async run({ store }) {
      const events = samplesPrepared(1, 20);
      const appends = events.map((event) => appendOne(store.log, event));
      const closing = store.log.close();
      const outcomes = await Promise.allSettled(appends);
      await closing;
      const log = await store.reopen();
      for (const [index, event] of events.entries()) {
        const outcome = outcomes[index];
        const found = await log.findById(event.event_id);
        assert.equal(found !== undefined, outcome?.status === "fulfilled");
        if (outcome?.status === "rejected") assert(outcome.reason instanceof EsoError);
      }
      await assertSound(log);
    },
  },
  {
    name: "a log that was never closed loses nothing acknowledged",
    needs: ["persistent", "crash"],
    async run({ store }) {
      let { log } = store;
      for (let round = 0; round < 4; round++) {
        await writeSome(log, round * 100);
        const before = await userLines(log);
        log = await crash(store);
        assert.deepEqual(await userLines(log), before);
        await assertSound(log);
      }
    },
  },
  {
    name: "a crash right after the acknowledgement loses nothing, and the retry is a duplicate",
    needs: ["persistent", "crash"],
    async run({ store }) {
      const placement = await appendOne(store.log, samplePrepared(1, { idempotency_key: "crash" }));
      const log = await crash(store);
      const retry = await appendOne(log, samplePrepared(1, { idempotency_key: "crash" }));
      assert.deepEqual([retry.position, retry.duplicate], [placement.position, true]);
      const next = await appendOne(log, samplePrepared(2, { issue_key: placement.stream }));
      assert.equal(next.event_sequence, 2);
      await assertSound(log);
    },
  },
  {
    name: "reopening without a crash in between adds nothing",
    needs: ["persistent"],
    async run({ store }) {
      await writeSome(store.log, 1);
      const before = (await readAll(store.log)).map(placed);
      await store.reopen();
      await store.reopen();
      const log = await store.reopen();
      assert.deepEqual((await readAll(log)).map(placed), before);
    },
  },
];
