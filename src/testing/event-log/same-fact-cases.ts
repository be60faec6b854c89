import assert from "node:assert/strict";

import type { StoredEvent } from "../../event/envelope.ts";
import type { EventLog } from "../../log/event-log.ts";
import { samplePrepared, type SampleOverrides } from "../sample-event.ts";
import { append, appendOne, eventOf, readStream, rejectsWith, writesNothing } from "./driver.ts";
import { assertSound } from "./soundness.ts";
import type { SuiteCase } from "./suite-case.ts";

const issue_key = "SEEN-1";
const SHA = "0123456789abcdef0123456789abcdef01234567";
const onDuplicate = "same-fact";
const FAILED = { agent_name: "a", failure_reason: "r" };

/** A sighting of one commit; the store makes its id. */
function commit(metadata: Record<string, string | number>, overrides: SampleOverrides = {}) {
  return samplePrepared(1, {
    event_id: undefined,
    event_type: "CommitCreated",
    issue_key,
    idempotency_key: `commit:${SHA}`,
    metadata: { commit_sha: SHA, commit_message: "Fix it", ...metadata },
    ...overrides,
  });
}

async function sightings(log: EventLog): Promise<StoredEvent[]> {
  const events = (await readStream(log, issue_key)).map(eventOf);
  return events.filter(({ event_type }) => event_type === "StoreFactSeen");
}

export const sameFactCases: readonly SuiteCase[] = [
  {
    name: "same-fact: what a later sighting adds is kept beside the first record",
    async run({ log }) {
      const placement = await appendOne(log, commit({}), { onDuplicate });
      const seen = await appendOne(log, commit({ insertions: 3 }), { onDuplicate });
      assert.deepEqual(seen, {
        ...placement,
        head_sequence: 2,
        durability: seen.durability,
        duplicate: true,
      });
      const [sighting, ...others] = await sightings(log);
      assert.equal(others.length, 0);
      assert.equal(sighting?.event_sequence, 2);
      assert.equal(sighting?.causation_id, placement.event_id);
      assert.deepEqual(sighting?.metadata["adds"], { insertions: 3 });
      assert.equal(sighting?.metadata["fact"], placement.event_id);
      await assertSound(log);
    },
  },
  {
    name: "same-fact: a sighting that adds nothing, or is repeated, writes nothing",
    async run({ log }) {
      await appendOne(log, commit({ insertions: 3 }), { onDuplicate });
      await appendOne(log, commit({ insertions: 3, deletions: 4 }), { onDuplicate });
      const repeated = [{ insertions: 3 }, {}, { insertions: 3, deletions: 4 }, { deletions: 4 }];
      for (const metadata of repeated) {
        await writesNothing(log, () => appendOne(log, commit(metadata), { onDuplicate }));
      }
      await appendOne(log, commit({ deletions: 5 }), { onDuplicate });
      assert.equal((await sightings(log)).length, 2);
      await assertSound(log);
    },
  },
  {
    name: "same-fact: sightings within one request are one fact and one addition each",
    async run({ log }) {
      const events = [
        commit({}),
        commit({ insertions: 3 }),
        commit({ insertions: 3 }),
        commit({ deletions: 4 }),
      ];
      const placements = await append(log, events, { onDuplicate });
      assert.deepEqual(
        placements.map(({ event_sequence, head_sequence, duplicate }) => [
          event_sequence,
          head_sequence,
          duplicate,
        ]),
        [
          [1, 3, false],
          [1, 3, true],
          [1, 3, true],
          [1, 3, true],
        ],
      );
      assert.equal((await sightings(log)).length, 2);
      await assertSound(log);
    },
  },
  {
    name: "same-fact: a sighting does not have to meet the expectation, and its addition moves the head",
    async run({ log }) {
      await appendOne(log, commit({}), { expectedSequence: "none", onDuplicate });
      const seen = await appendOne(log, commit({ insertions: 3 }), { expectedSequence: "none", onDuplicate });
      assert.deepEqual([seen.event_sequence, seen.head_sequence, seen.duplicate], [1, 2, true]);
      await assertSound(log);
    },
  },
  {
    name: "same-fact: an addition is part of its request's atomicity",
    async run({ log }) {
      await appendOne(log, commit({}), { onDuplicate });
      await appendOne(log, samplePrepared(5, { issue_key }));
      const otherType = samplePrepared(5, { issue_key, event_type: "AgentFailed", metadata: FAILED });
      await writesNothing(log, () =>
        rejectsWith("ESO_CONFLICT", () =>
          append(log, [commit({ insertions: 3 }), otherType], { onDuplicate }),
        ),
      );
      const seen = await appendOne(log, commit({ insertions: 3 }), { onDuplicate });
      assert.equal(seen.head_sequence, 3);
      await assertSound(log);
    },
  },
  {
    name: "same-fact: a key that stands for an event of another type is a conflict",
    async run({ log }) {
      await appendOne(log, commit({}), { onDuplicate });
      const otherType = commit({}, { event_type: "AgentFailed", metadata: FAILED });
      await writesNothing(log, () =>
        rejectsWith("ESO_CONFLICT", () => appendOne(log, otherType, { onDuplicate })),
      );
    },
  },
  {
    name: "same-fact: an addition goes to the stream of the first record",
    async run({ log }) {
      await appendOne(log, commit({}), { onDuplicate });
      const elsewhere = commit({ insertions: 3 }, { issue_key: "SEEN-2" });
      assert.equal((await appendOne(log, elsewhere, { onDuplicate })).stream, issue_key);
      assert.equal(await log.stream("SEEN-2"), undefined);
      assert.equal((await sightings(log)).length, 1);
      await assertSound(log);
    },
  },
  {
    name: "same-fact: additions stay known after reopening",
    needs: ["persistent"],
    async run({ store }) {
      await appendOne(store.log, commit({}), { onDuplicate });
      await appendOne(store.log, commit({ insertions: 3 }), { onDuplicate });
      const log = await store.reopen();
      await writesNothing(log, () => appendOne(log, commit({ insertions: 3 }), { onDuplicate }));
      await assertSound(log);
    },
  },
];
