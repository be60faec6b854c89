import assert from "node:assert/strict";

import { ConflictError } from "../../errors.ts";
import type { EventLog, Placement } from "../../log/event-log.ts";
import { sampleEvent, samplePrepared, samplesPrepared, type SampleOverrides } from "../sample-event.ts";
import { append, appendOne, first, rejectsWith, writesNothing } from "./driver.ts";
import { assertSound } from "./soundness.ts";
import type { SuiteCase } from "./suite-case.ts";

const issue_key = "ONCE-1";
const key = "commit:0123456789abcdef";
/** Written between a fact and its retry. */
const OTHERS = 3_000;

/** Asserts that a repeated fact is answered with its first placement, and that nothing is written. */
async function assertRepeats(log: EventLog, firstPlacement: Placement, retry: () => Promise<Placement>) {
  await writesNothing(log, async () => {
    const { head_sequence, durability, ...again } = await retry();
    const { head_sequence: headThen, durability: _, ...then } = firstPlacement;
    assert.deepEqual(again, { ...then, duplicate: true });
    assert(head_sequence >= headThen, "the head of now, not of then");
    assert(log.capabilities.durabilities.includes(durability));
  });
}

async function writeOthers(log: EventLog): Promise<void> {
  for (let seed = 10_000; seed < 10_000 + OTHERS; seed += 500) {
    await append(log, samplesPrepared(seed, 500, { issue_key }));
  }
}

interface OldFact {
  readonly fact: SampleOverrides;
  readonly placement: Placement;
}

/** One fact that only its id identifies, and one that only its key does. */
async function writeOldFacts(log: EventLog): Promise<OldFact[]> {
  const facts: SampleOverrides[] = [
    { issue_key, idempotency_key: undefined },
    { issue_key, event_id: undefined, idempotency_key: key },
  ];
  const written: OldFact[] = [];
  for (const fact of facts) written.push({ fact, placement: await appendOne(log, samplePrepared(1, fact)) });
  return written;
}

async function assertStillKnown(log: EventLog, facts: readonly OldFact[]): Promise<void> {
  for (const { fact, placement } of facts) {
    await assertRepeats(log, placement, () => appendOne(log, samplePrepared(1, fact)));
    const clash = samplePrepared(1, { ...fact, branch: "another-fact" });
    await writesNothing(log, () => rejectsWith("ESO_CONFLICT", () => appendOne(log, clash), ConflictError));
  }
}

/** Other input under the same id: one changed field each. */
const OTHER_FACTS: readonly SampleOverrides[] = [
  { metadata: { agent_name: "another" } },
  { event_type: "AgentCompleted", metadata: { agent_name: "a" } },
  { timestamp: "2026-02-02T02:02:02.002Z" },
  { issue_key: "ONCE-2" },
  { issue_key: undefined },
  { session_id: "another" },
  { session_id: undefined },
  { correlation_id: "another" },
  { correlation_id: undefined },
  { causation_id: "00000000-0000-4000-8000-000000000001" },
  { actor: { type: "user", id: "eve" } },
  { git_sha: "f".repeat(40) },
  { branch: undefined },
  { source: { provider: "github", delivery_id: "2" } },
  { idempotency_key: "another" },
  { idempotency_key: undefined },
];

const FACT: SampleOverrides = {
  issue_key,
  event_type: "AgentSpawned",
  metadata: { agent_name: "a" },
  session_id: "s",
  correlation_id: "c",
  branch: "main",
  source: { provider: "github", delivery_id: "1" },
  idempotency_key: key,
};

export const idempotencyCases: readonly SuiteCase[] = [
  {
    name: "the same event_id with the same input is one event",
    async run({ log }) {
      const placement = await appendOne(log, samplePrepared(1, { issue_key }));
      await append(log, samplesPrepared(10, 5, { issue_key }));
      await assertRepeats(log, placement, () => appendOne(log, samplePrepared(1, { issue_key })));
      await assertSound(log);
    },
  },
  {
    name: "the same idempotency_key with the same input is one event, whatever ids the store made",
    async run({ log }) {
      const fact = { issue_key, event_id: undefined, idempotency_key: key };
      const placement = await appendOne(log, samplePrepared(1, fact));
      await assertRepeats(log, placement, () => appendOne(log, samplePrepared(1, fact)));
      await assertRepeats(log, placement, () =>
        appendOne(log, samplePrepared(1, { ...fact, event_id: sampleEvent(2).event_id })),
      );
      await assertSound(log);
    },
  },
  {
    name: "an idempotency_key that came with an id is found without it",
    async run({ log }) {
      const placement = await appendOne(log, samplePrepared(1, { issue_key, idempotency_key: key }));
      const retry = samplePrepared(1, { issue_key, idempotency_key: key, event_id: undefined });
      await assertRepeats(log, placement, () => appendOne(log, retry));
      await assertSound(log);
    },
  },
  {
    name: "the key of one event is not the id of another",
    async run({ log }) {
      const { event_id } = sampleEvent(1);
      await appendOne(log, samplePrepared(1, { issue_key, idempotency_key: undefined }));
      const other = samplePrepared(2, { issue_key, idempotency_key: event_id });
      assert.equal((await appendOne(log, other)).duplicate, false);
      assert.equal((await log.findByKey(event_id ?? ""))?.sequence, 2);
      assert.equal((await log.findById(event_id ?? ""))?.sequence, 1);
      await assertSound(log);
    },
  },
  {
    name: "a fact stays known behind thousands of others, by its id alone and by its key alone",
    async run({ log }) {
      const facts = await writeOldFacts(log);
      await writeOthers(log);
      await assertStillKnown(log, facts);
      await assertSound(log);
    },
  },
  {
    name: "a fact stays known after reopening, behind thousands of others",
    needs: ["persistent"],
    async run({ store }) {
      const facts = await writeOldFacts(store.log);
      await writeOthers(store.log);
      for (let opening = 0; opening < 2; opening++) {
        const log = await store.reopen();
        await assertStillKnown(log, facts);
        await assertSound(log);
      }
    },
  },
  {
    name: "an id or key with other input is a conflict",
    async run({ log }) {
      const { event_id } = await appendOne(log, samplePrepared(1, FACT));
      for (const changed of OTHER_FACTS) {
        const what = JSON.stringify(changed);
        await writesNothing(log, async () => {
          const clash = samplePrepared(1, { ...FACT, ...changed });
          const error = await rejectsWith("ESO_CONFLICT", () => appendOne(log, clash), ConflictError);
          assert.partialDeepStrictEqual(error.details, { actual: event_id }, what);
        });
      }
      await assertSound(log);
    },
  },
  {
    name: "a key with another given id is a conflict",
    async run({ log }) {
      await appendOne(log, samplePrepared(1, FACT));
      const clash = samplePrepared(1, { ...FACT, event_id: sampleEvent(2).event_id });
      await writesNothing(log, () => rejectsWith("ESO_CONFLICT", () => appendOne(log, clash)));
    },
  },
  {
    name: "what the store filled in does not make a retry another fact",
    async run({ log }) {
      const bare = { issue_key, session_id: undefined, correlation_id: undefined, timestamp: undefined };
      const placement = await appendOne(log, samplePrepared(1, bare));
      const start = { event_type: "OrchestrationStarted", session_id: "run-session" };
      const metadata = { issue_summary: "s", initial_phase: "CODE" };
      await appendOne(log, samplePrepared(2, { issue_key, ...start, metadata }));
      const { head_sequence, ...again } = await appendOne(log, samplePrepared(1, bare));
      assert.equal(head_sequence, 2);
      const { head_sequence: _, ...then } = placement;
      assert.deepEqual(again, { ...then, duplicate: true });
      await assertSound(log);
    },
  },
  {
    name: "the same event twice in one request is one event",
    async run({ log }) {
      const event = samplePrepared(1, { issue_key, idempotency_key: undefined });
      const keyed = { issue_key, event_id: undefined, idempotency_key: key };
      const placements = await append(log, [
        event,
        event,
        samplePrepared(2, keyed),
        samplePrepared(2, keyed),
      ]);
      assert.deepEqual(
        placements.map(({ event_sequence, duplicate }) => [event_sequence, duplicate]),
        [
          [1, false],
          [1, true],
          [2, false],
          [2, true],
        ],
      );
      for (const placement of placements) assert.equal(placement.head_sequence, 2);
      assert.equal(placements[2]?.event_id, placements[3]?.event_id);
      await assertSound(log);
    },
  },
  {
    name: "an id with two inputs in one request is a conflict",
    async run({ log }) {
      const events = [samplePrepared(1, FACT), samplePrepared(1, { ...FACT, branch: "other" })];
      await writesNothing(log, () => rejectsWith("ESO_CONFLICT", () => append(log, events), ConflictError));
      const keyed = [
        samplePrepared(1, { issue_key, event_id: undefined, idempotency_key: key }),
        samplePrepared(2, { issue_key, event_id: undefined, idempotency_key: key }),
      ];
      await writesNothing(log, () => rejectsWith("ESO_CONFLICT", () => append(log, keyed), ConflictError));
    },
  },
  {
    name: "a retry succeeds although its first try moved the expected sequence",
    async run({ log }) {
      const events = samplesPrepared(1, 3, { issue_key });
      const placements = await append(log, events, { expectedSequence: "none" });
      await append(log, samplesPrepared(10, 2, { issue_key }), { expectedSequence: 3 });
      for (const expectedSequence of ["none", 0, 3, 99] as const) {
        await writesNothing(log, async () => {
          const again = await append(log, events, { expectedSequence });
          assert.deepEqual(
            again.map(({ position, duplicate }) => [position, duplicate]),
            placements.map(({ position }) => [position, true]),
          );
          assert.equal(first(again).head_sequence, 5);
        });
      }
    },
  },
  {
    name: "a batch of known and new events must meet its expectation",
    async run({ log }) {
      const known = samplesPrepared(1, 2, { issue_key });
      await append(log, known);
      const mixed = [...known, samplePrepared(9, { issue_key })];
      await writesNothing(log, () =>
        rejectsWith("ESO_CONFLICT", () => append(log, mixed, { expectedSequence: "none" }), ConflictError),
      );
      const placements = await append(log, mixed, { expectedSequence: 2 });
      assert.deepEqual(
        placements.map(({ event_sequence, head_sequence, duplicate }) => [
          event_sequence,
          head_sequence,
          duplicate,
        ]),
        [
          [1, 3, true],
          [2, 3, true],
          [3, 3, false],
        ],
      );
      await assertSound(log);
    },
  },
];
