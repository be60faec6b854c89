import assert from "node:assert/strict";

import { ConflictError } from "../../errors.ts";
import type { EventLog } from "../../log/event-log.ts";
import { sampleEvent, samplePrepared, samplesPrepared } from "../sample-event.ts";
import { append, appendOne, eventOf, placed, readAll, rejectsWith } from "./driver.ts";
import { assertSound } from "./soundness.ts";
import type { OpenedLog, SuiteCase } from "./suite-case.ts";

const issue_key = "SHARED-1";

async function openSecond(store: OpenedLog): Promise<EventLog> {
  assert(store.openSecond !== undefined, "the factory of a multiProcess engine offers `openSecond`");
  return store.openSecond();
}

export const openerCases: readonly SuiteCase[] = [
  {
    name: "openers: what one acknowledges the other reads at once",
    needs: ["multiProcess"],
    async run({ store, log }) {
      const other = await openSecond(store);
      assert.deepEqual([other.storeId, other.incarnation], [log.storeId, log.incarnation]);
      for (let seed = 0; seed < 40; seed += 2) {
        await appendOne(log, samplePrepared(seed, { issue_key }));
        assert.equal((await other.stream(issue_key))?.head_sequence, seed + 1);
        await appendOne(other, samplePrepared(seed + 1, { issue_key }));
        assert.equal((await log.head()).position, seed + 2);
        assert.deepEqual((await readAll(log)).map(placed), (await readAll(other)).map(placed));
      }
      await assertSound(log);
      await assertSound(other);
    },
  },
  {
    name: "openers: writing at once they keep sequences and positions dense",
    needs: ["multiProcess"],
    async run({ store, log }) {
      const logs = [log, await openSecond(store), await openSecond(store)];
      const writers = Array.from({ length: 24 }, async (_, writer) => {
        const own = logs[writer % logs.length] ?? log;
        for (let round = 0; round < 8; round++) {
          const seed = writer * 100 + round * 2;
          await append(own, samplesPrepared(seed, 2, { issue_key: `SHARED-${1 + (writer % 5)}` }));
        }
      });
      await Promise.all(writers);
      for (const each of logs) {
        assert.equal((await readAll(each)).length, 24 * 8 * 2);
        await assertSound(each);
      }
    },
  },
  {
    name: "openers: an expectation is checked against what the others wrote",
    needs: ["multiProcess"],
    async run({ store, log }) {
      const other = await openSecond(store);
      await appendOne(log, samplePrepared(1, { issue_key }), { expectedSequence: "none" });
      const late = samplePrepared(2, { issue_key });
      const error = await rejectsWith("ESO_CONFLICT", () => appendOne(other, late, { expectedSequence: 0 }));
      assert.deepEqual(error.details, { stream: issue_key, expected: 0, actual: 1 });
      await appendOne(other, late, { expectedSequence: 1 });
      const raced = [log, other, log, other].map((each, index) =>
        appendOne(each, samplePrepared(10 + index, { issue_key }), { expectedSequence: 2 }),
      );
      const outcomes = await Promise.allSettled(raced);
      assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
      await assertSound(log);
    },
  },
  {
    name: "openers: ids and keys are known to all",
    needs: ["multiProcess"],
    async run({ store, log }) {
      const other = await openSecond(store);
      const fact = { issue_key, idempotency_key: "shared" };
      const placement = await appendOne(log, samplePrepared(1, fact));
      const retry = await appendOne(other, samplePrepared(1, { ...fact, event_id: undefined }));
      assert.deepEqual([retry.position, retry.duplicate], [placement.position, true]);
      const clash = samplePrepared(2, fact);
      await rejectsWith("ESO_CONFLICT", () => appendOne(other, clash), ConflictError);
      const copies = await Promise.all(
        Array.from({ length: 20 }, (_, index) => appendOne(index % 2 === 0 ? log : other, samplePrepared(3))),
      );
      assert.equal(copies.filter(({ duplicate }) => !duplicate).length, 1);
      assert.equal((await other.findByKey("shared"))?.position, placement.position);
      assert.equal((await log.findById(sampleEvent(3).event_id ?? ""))?.position, 2);
      await assertSound(other);
    },
  },
  {
    name: "openers: a run that one opens is the run of the other's events",
    needs: ["multiProcess"],
    async run({ store, log }) {
      const other = await openSecond(store);
      const unset = { issue_key, session_id: undefined, correlation_id: undefined };
      const metadata = { issue_summary: "s", initial_phase: "CODE" };
      const opening = samplePrepared(1, { ...unset, event_type: "OrchestrationStarted", metadata });
      const { event_id } = await appendOne(log, opening);
      const agent = { event_type: "AgentSpawned", metadata: { agent_name: "a" } };
      const { position } = await appendOne(other, samplePrepared(2, { ...unset, ...agent }));
      const [line] = await log.readAt([position]);
      assert(line !== undefined);
      const { correlation_id, phase } = eventOf(line);
      assert.deepEqual([correlation_id, phase], [event_id, "CODE"]);
    },
  },
  {
    name: "openers: waitBeyond is woken by another's append",
    needs: ["multiProcess"],
    async run({ store, log }) {
      const other = await openSecond(store);
      await appendOne(log, samplePrepared(1));
      const started_ms = performance.now();
      const wait = log.waitBeyond(1, 60_000);
      await appendOne(other, samplePrepared(2));
      await wait;
      assert(performance.now() - started_ms < 10_000, "woken long before its time-out");
      assert.equal((await log.head()).position, 2);
    },
  },
  {
    name: "openers: one that closes leaves the others working",
    needs: ["multiProcess"],
    async run({ store, log }) {
      const other = await openSecond(store);
      await append(other, samplesPrepared(1, 5, { issue_key }));
      await other.close();
      await append(log, samplesPrepared(10, 5, { issue_key }), { expectedSequence: 5 });
      const third = await openSecond(store);
      await appendOne(third, samplePrepared(20, { issue_key }), { expectedSequence: 10 });
      await assertSound(log);
      await assertSound(third);
    },
  },
];
