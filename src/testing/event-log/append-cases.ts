import assert from "node:assert/strict";

import { MAX_LINE_BYTES } from "../../event/envelope.ts";
import { ConflictError, ValidationError } from "../../errors.ts";
import type { Durability } from "../../log/event-log.ts";
import { samplePrepared, samplesPrepared } from "../sample-event.ts";
import {
  append,
  appendOne,
  eventOf,
  first,
  last,
  placed,
  readAll,
  rejectsWith,
  writesNothing,
} from "./driver.ts";
import { assertSound } from "./soundness.ts";
import type { SuiteCase } from "./suite-case.ts";

/** From the weakest promise to the strongest. */
const STRENGTH: readonly (readonly Durability[])[] = [["memory"], ["os"], ["group", "sync"]];

function strengthOf(durability: Durability): number {
  return STRENGTH.findIndex((equals) => equals.includes(durability));
}

/** A metadata text of `length` ASCII characters in a sample that is otherwise always as long. */
function padded(seed: number, length: number) {
  const metadata = { agent_name: "a", note: "x".repeat(length) };
  const others = { timestamp: "2026-01-01T00:00:00.000Z", session_id: "s", correlation_id: undefined };
  const optional = {
    causation_id: undefined,
    git_sha: undefined,
    branch: undefined,
    codebase_state: undefined,
  };
  return samplePrepared(seed, {
    event_type: "AgentSpawned",
    issue_key: "LONG-1",
    actor: { type: "system", id: "a" },
    metadata,
    ...others,
    ...optional,
    traceparent: undefined,
    source: undefined,
  });
}

export const appendCases: readonly SuiteCase[] = [
  {
    name: "a new log is empty",
    async run({ log }) {
      assert.deepEqual(await log.head(), { position: 0, recorded_at: undefined });
      assert.deepEqual(await readAll(log), []);
      await assertSound(log);
    },
  },
  {
    name: "an acknowledgement says where the event stands",
    async run({ log }) {
      const event = samplePrepared(1, { issue_key: "ACK-1" });
      const placement = await appendOne(log, event);
      const { recorded_at, durability, ...rest } = placement;
      assert.deepEqual(rest, {
        event_id: event.event_id,
        stream: "ACK-1",
        event_sequence: 1,
        head_sequence: 1,
        position: 1,
        duplicate: false,
      });
      const stored = eventOf(first(await readAll(log)));
      assert.equal(recorded_at, stored.recorded_at);
      assert(log.capabilities.durabilities.includes(durability));
    },
  },
  {
    name: "an acknowledged event is read at once in every way",
    async run({ log }) {
      for (const event of samplesPrepared(1, 30)) {
        const { stream, event_sequence: sequence, position } = await appendOne(log, event);
        const byId = await log.findById(event.event_id);
        assert(byId !== undefined, "found by id");
        assert.deepEqual([byId.stream, byId.sequence, byId.position], [stream, sequence, position]);
        assert.equal((await log.stream(stream))?.head_sequence, sequence);
        assert.deepEqual(placed(last(await readAll(log))), placed(byId));
        assert.deepEqual((await log.readAt([position])).map(placed), [placed(byId)]);
      }
      await assertSound(log);
    },
  },
  {
    name: "events of one request stand together in the order given",
    async run({ log }) {
      await append(log, samplesPrepared(1, 3, { issue_key: "ORDER-1" }));
      const events = samplesPrepared(10, 5, { issue_key: "ORDER-1" });
      const placements = await append(log, events);
      assert.deepEqual(
        placements.map(({ event_id }) => event_id),
        events.map(({ event_id }) => event_id),
      );
      assert.deepEqual(
        placements.map((placement) => placement.event_sequence),
        [4, 5, 6, 7, 8],
      );
      for (const placement of placements) assert.equal(placement.head_sequence, 8);
      await assertSound(log);
    },
  },
  {
    name: "a batch over several streams numbers each stream for itself",
    needs: ["multiStreamBatches"],
    async run({ log }) {
      const streams = ["MULTI-1", "MULTI-2", "MULTI-1", "MULTI-3", "MULTI-2", "MULTI-1"];
      const placements = await append(
        log,
        streams.map((issue_key, seed) => samplePrepared(seed, { issue_key })),
      );
      assert.deepEqual(
        placements.map(({ stream, event_sequence, head_sequence }) => [
          stream,
          event_sequence,
          head_sequence,
        ]),
        [
          ["MULTI-1", 1, 3],
          ["MULTI-2", 1, 2],
          ["MULTI-1", 2, 3],
          ["MULTI-3", 1, 1],
          ["MULTI-2", 2, 2],
          ["MULTI-1", 3, 3],
        ],
      );
      await assertSound(log);
    },
  },
  {
    name: "a batch of 1,000 events over 500 streams is one append",
    needs: ["multiStreamBatches"],
    async run({ log }) {
      const events = Array.from({ length: 1_000 }, (_, seed) =>
        samplePrepared(seed, { issue_key: `WIDE-${1 + (seed % 500)}` }),
      );
      const placements = await append(log, events);
      assert.equal(placements.length, 1_000);
      for (const [index, placement] of placements.entries()) {
        assert.equal(placement.event_sequence, index < 500 ? 1 : 2);
        assert.equal(placement.head_sequence, 2);
      }
      await assertSound(log);
    },
  },
  {
    name: "a batch of 1,000 events of one stream is one append",
    async run({ log }) {
      const placements = await append(log, samplesPrepared(1, 1_000, { issue_key: "DEEP-1" }));
      assert.equal(last(placements).event_sequence, 1_000);
      await assertSound(log);
    },
  },
  {
    name: "a batch with a conflicting id leaves nothing behind, not even its ids",
    async run({ log }) {
      const issue_key = "ATOMIC-1";
      await appendOne(log, samplePrepared(1, { issue_key }));
      const good = samplesPrepared(10, 3, { issue_key, idempotency_key: undefined });
      const keyed = samplePrepared(20, { issue_key, idempotency_key: "atomic:20" });
      const bad = samplePrepared(1, { issue_key, branch: "another-fact" });
      await writesNothing(log, () =>
        rejectsWith("ESO_CONFLICT", () => append(log, [...good, keyed, bad]), ConflictError),
      );
      assert.equal(await log.findById(first(good).event_id), undefined);
      assert.equal(await log.findByKey("atomic:20"), undefined);
      const placements = await append(log, [...good, keyed]);
      assert.deepEqual(
        placements.map(({ event_sequence, duplicate }) => [event_sequence, duplicate]),
        [
          [2, false],
          [3, false],
          [4, false],
          [5, false],
        ],
      );
      await assertSound(log);
    },
  },
  {
    name: "a failed batch over several streams leaves no stream behind",
    needs: ["multiStreamBatches"],
    async run({ log }) {
      await appendOne(log, samplePrepared(1));
      const good = Array.from({ length: 5 }, (_, at) =>
        samplePrepared(10 + at, { issue_key: `GONE-${1 + at}` }),
      );
      const bad = samplePrepared(1, { branch: "another-fact" });
      await writesNothing(log, () => rejectsWith("ESO_CONFLICT", () => append(log, [...good, bad])));
      assert.equal(await log.stream("GONE-1"), undefined);
      await append(log, good);
      await assertSound(log);
    },
  },
  {
    name: "a line of exactly the limit is taken, one byte more is rejected",
    async run({ log }) {
      const probe = await appendOne(log, padded(1, 1_000));
      const [line] = await log.readAt([probe.position]);
      assert(line !== undefined);
      const longest = 1_000 + MAX_LINE_BYTES - line.bytes.length;
      const taken = await appendOne(log, padded(2, longest));
      assert.equal(first(await log.readAt([taken.position])).bytes.length, MAX_LINE_BYTES);
      await writesNothing(log, () =>
        rejectsWith("ESO_INVALID_EVENT", async () => appendOne(log, padded(3, longest + 1)), ValidationError),
      );
      await assertSound(log);
    },
  },
  {
    name: "a batch with a line over the limit leaves nothing behind",
    async run({ log }) {
      await appendOne(log, samplePrepared(1, { issue_key: "LONG-1" }));
      const good = samplesPrepared(10, 3, { issue_key: "LONG-1" });
      await writesNothing(log, () =>
        rejectsWith("ESO_INVALID_EVENT", async () =>
          append(log, [...good, padded(20, MAX_LINE_BYTES - 300)]),
        ),
      );
      await append(log, good);
      await assertSound(log);
    },
  },
  {
    name: "an event without an issue stands in the stream global",
    async run({ log }) {
      const placement = await appendOne(log, samplePrepared(1, { issue_key: undefined }));
      assert.equal(placement.stream, "global");
      assert.equal("issue_key" in eventOf(first(await readAll(log))), false);
      await assertSound(log);
    },
  },
  {
    name: "streams with similar names are kept apart",
    async run({ log }) {
      const names = ["AB-1", "AB-11", "AB-111", "BA-1", "A_B-1", "ABC-1", "AB1-1"];
      for (const [round, seed] of [1, 2, 3].entries()) {
        for (const [index, issue_key] of names.entries()) {
          const placement = await appendOne(log, samplePrepared(seed * 100 + index, { issue_key }));
          assert.equal(placement.event_sequence, round + 1, issue_key);
        }
      }
      await assertSound(log);
    },
  },
  {
    name: "an empty request writes nothing",
    async run({ log }) {
      await writesNothing(log, async () => assert.deepEqual(await append(log, []), []));
    },
  },
  {
    name: "every durability on offer is named in the acknowledgement, or a stronger one",
    async run({ log }) {
      const offered = log.capabilities.durabilities;
      assert(offered.length > 0, "an engine offers at least one durability");
      for (const [seed, durability] of offered.entries()) {
        const placement = await appendOne(log, samplePrepared(seed), { durability });
        assert(offered.includes(placement.durability));
        assert(strengthOf(placement.durability) >= strengthOf(durability), `${durability} was asked for`);
        const retry = await appendOne(log, samplePrepared(seed), { durability });
        assert(strengthOf(retry.durability) >= strengthOf(durability), "a duplicate promises as much");
      }
      await assertSound(log);
    },
  },
];
