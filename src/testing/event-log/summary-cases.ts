import assert from "node:assert/strict";

import type { StoredEvent } from "../../event/envelope.ts";
import type { PreparedEvent } from "../../event/prepared.ts";
import type { EventLog, Placement } from "../../log/event-log.ts";
import { samplePrepared, type SampleOverrides } from "../sample-event.ts";
import { append, appendOne, eventOf, last, readStream, rejectsWith, writesNothing } from "./driver.ts";
import { SAMPLE_PACE } from "./sample-companions.ts";
import { assertSound } from "./soundness.ts";
import type { SuiteCase } from "./suite-case.ts";
import { assertSummaries } from "./summary-model.ts";

const STREAM = "SUM-1";

/** A sample that leaves to the store what the store can fill. */
function bare(seed: number, overrides: SampleOverrides = {}): PreparedEvent {
  const unset = { session_id: undefined, correlation_id: undefined, phase: undefined, timestamp: undefined };
  return samplePrepared(seed, { issue_key: STREAM, ...unset, ...overrides });
}

function started(seed: number, overrides: SampleOverrides = {}): PreparedEvent {
  const metadata = { issue_summary: "s", initial_phase: "CODE" };
  return bare(seed, { event_type: "OrchestrationStarted", metadata, session_id: "s1", ...overrides });
}

const AGENT: SampleOverrides = { event_type: "AgentSpawned", metadata: { agent_name: "a" } };

function agents(seed: number, count: number, overrides: SampleOverrides = {}): PreparedEvent[] {
  return Array.from({ length: count }, (_, index) => bare(seed + index, { ...AGENT, ...overrides }));
}

/** A started run whose phase lacks one event to its summary. */
async function oneShort(log: EventLog): Promise<Placement> {
  return last(await append(log, [started(1), ...agents(2, SAMPLE_PACE.phase - 1)]));
}

async function typesOf(log: EventLog, stream = STREAM): Promise<string[]> {
  return (await readStream(log, stream)).map((line) => eventOf(line).event_type);
}

async function lastEvent(log: EventLog): Promise<StoredEvent> {
  return eventOf(last(await readStream(log, STREAM)));
}

const isSummary = (type: string): boolean => type.endsWith("SummaryCreated");

interface Ending {
  readonly event: SampleOverrides;
  readonly summary: string;
}

const ENDINGS: readonly Ending[] = [
  {
    event: { event_type: "PhaseCompleted", metadata: { phase: "CODE", next_phase: "TEST" } },
    summary: "PhaseSummaryCreated",
  },
  {
    event: { event_type: "PhaseFailed", metadata: { phase: "CODE", failure_reason: "r" } },
    summary: "PhaseSummaryCreated",
  },
  { event: { event_type: "OrchestrationCompleted", metadata: {} }, summary: "OrchestrationSummaryCreated" },
  {
    event: { event_type: "OrchestrationFailed", metadata: { failure_reason: "r" } },
    summary: "OrchestrationSummaryCreated",
  },
];

const CASES: readonly Omit<SuiteCase, "needs">[] = [
  {
    name: "stands right behind the event that makes it due, and counts in the acknowledgement",
    async run({ log }) {
      const before = await oneShort(log);
      assert.equal(before.head_sequence, before.event_sequence);
      const due = bare(100, { ...AGENT, timestamp: "2026-01-02T03:04:05.678Z" });
      const ack = await appendOne(log, due);
      assert.equal(ack.head_sequence, ack.event_sequence + 1);
      const summary = await lastEvent(log);
      const run = eventOf((await readStream(log, STREAM))[0] ?? assert.fail()).event_id;
      const { event_type, timestamp, correlation_id, session_id, phase, causation_id } = summary;
      assert.deepEqual(
        { event_type, timestamp, correlation_id, session_id, phase, causation_id },
        {
          event_type: "PhaseSummaryCreated",
          timestamp: due.timestamp,
          correlation_id: run,
          session_id: "s1",
          phase: "CODE",
          causation_id: due.event_id,
        },
      );
      assert.equal(summary.metadata["from_sequence"], 2, "the event that opens a run is before its phase");
      assert.equal(summary.metadata["to_sequence"], ack.event_sequence);
      assert.equal(await assertSummaries(log, STREAM), 1);
      await assertSound(log);
    },
  },
  {
    name: "is written at the end of a phase and of a run, however few events there were",
    async run({ log }) {
      for (const [index, { event, summary }] of ENDINGS.entries()) {
        await append(log, [started(index * 10 + 1), bare(index * 10 + 2, event)]);
        assert.equal((await lastEvent(log)).event_type, summary);
        await append(log, [bare(index * 10 + 3, { event_type: "OrchestrationCompleted", metadata: {} })]);
      }
      await assertSummaries(log, STREAM);
    },
  },
  {
    name: "events of one request are summed up between one another",
    async run({ log }) {
      const acks = await append(log, [started(1), ...agents(2, 40)]);
      const written = (await typesOf(log)).filter(isSummary).length;
      assert(written > 10);
      for (const { head_sequence } of acks) assert.equal(head_sequence, 41 + written);
      assert.equal(await assertSummaries(log, STREAM), written);
      await assertSound(log);
    },
  },
  {
    name: "is not written outside a run",
    async run({ log }) {
      await append(log, agents(1, 30));
      await append(log, agents(40, 30, { issue_key: undefined }));
      await append(log, [started(80), ...agents(81, 20, { correlation_id: "of-no-open-run" })]);
      assert(!(await typesOf(log)).some(isSummary));
      assert(!(await typesOf(log, "global")).some(isSummary));
    },
  },
  {
    name: "a retry makes none due, and a rejected request leaves none",
    async run({ log }) {
      await oneShort(log);
      const due = bare(100, AGENT);
      const clash = bare(100, { ...AGENT, branch: "other" });
      await writesNothing(log, () => rejectsWith("ESO_CONFLICT", () => append(log, [due, clash])));
      await append(log, [due]);
      await writesNothing(log, () => append(log, [due]));
      assert.equal(await assertSummaries(log, STREAM), 1);
    },
  },
  {
    name: "is part of the sequence that an append can expect",
    async run({ log }) {
      await oneShort(log);
      const ack = await appendOne(log, bare(100, AGENT));
      const next = bare(101, AGENT);
      await rejectsWith("ESO_CONFLICT", () => append(log, [next], { expectedSequence: ack.event_sequence }));
      await append(log, [next], { expectedSequence: ack.head_sequence });
    },
  },
  {
    name: "the next one begins behind a caller's own",
    async run({ log }) {
      await oneShort(log);
      const metadata = { phase: "CODE", from_sequence: 1, to_sequence: 4, text: "all quiet" };
      await append(log, [bare(50, { event_type: "PhaseSummaryCreated", metadata })]);
      await append(log, agents(100, SAMPLE_PACE.phase - 1));
      assert.equal(await assertSummaries(log, STREAM), 0);
      await append(log, agents(200, 1));
      assert((await assertSummaries(log, STREAM)) > 0);
    },
  },
  {
    name: "what the store says of itself does not count",
    async run({ log }) {
      const key = "commit:1";
      const fact = { ...AGENT, idempotency_key: key };
      await append(log, [started(1), bare(2, fact), bare(3, AGENT)]);
      for (const note of ["one", "two", "three"]) {
        const more = bare(2, { ...fact, event_id: undefined, metadata: { agent_name: "a", [note]: true } });
        await append(log, [more], { onDuplicate: "same-fact" });
      }
      assert.equal((await lastEvent(log)).event_type, "StoreFactSeen");
      assert.equal(await assertSummaries(log, STREAM), 0);
      await append(log, agents(10, 2));
      assert.equal(await assertSummaries(log, STREAM), 1);
    },
  },
  {
    name: "is left out where the request says so, and made up for",
    async run({ log }) {
      await append(log, [started(1), ...agents(2, 7)], { summaries: false });
      assert(!(await typesOf(log)).some(isSummary));
      await append(log, agents(20, 1));
      const { metadata } = eventOf((await readStream(log, STREAM)).at(-2) ?? assert.fail());
      assert.deepEqual([metadata["from_sequence"], metadata["to_sequence"]], [2, 9]);
      assert.equal((await lastEvent(log)).event_type, "OrchestrationSummaryCreated");
    },
  },
];

export const summaryCases: readonly SuiteCase[] = CASES.map((one) => ({
  ...one,
  name: `summary: ${one.name}`,
  needs: ["companions"],
}));
