import assert from "node:assert/strict";

import type { StoredEvent } from "../../event/envelope.ts";
import type { EventLog } from "../../log/event-log.ts";
import { SAMPLE_SESSION, samplePrepared, type SampleOverrides } from "../sample-event.ts";
import { append, eventOf, first, rejectsWith } from "./driver.ts";
import { assertSound } from "./soundness.ts";
import type { SuiteCase } from "./suite-case.ts";

/** A sample that leaves to the store what the store can fill. */
function bare(seed: number, overrides: SampleOverrides = {}) {
  const unset = { session_id: undefined, correlation_id: undefined, phase: undefined, timestamp: undefined };
  return samplePrepared(seed, { issue_key: "RUN-1", ...unset, ...overrides });
}

function started(seed: number, overrides: SampleOverrides = {}) {
  const metadata = { issue_summary: "s", initial_phase: "EXPLORE" };
  return bare(seed, { event_type: "OrchestrationStarted", metadata, ...overrides });
}

const agent: SampleOverrides = { event_type: "AgentSpawned", metadata: { agent_name: "a" } };
const planStarted: SampleOverrides = { event_type: "PhaseStarted", metadata: { phase: "PLAN" } };
const completed: SampleOverrides = { event_type: "OrchestrationCompleted", metadata: {} };
const failed: SampleOverrides = { event_type: "OrchestrationFailed", metadata: { failure_reason: "r" } };

function phaseCompleted(phase: string, next_phase?: string): SampleOverrides {
  return {
    event_type: "PhaseCompleted",
    metadata: next_phase === undefined ? { phase } : { phase, next_phase },
  };
}

async function stored(log: EventLog, event: ReturnType<typeof bare>): Promise<StoredEvent> {
  const [placement] = await append(log, [event]);
  assert(placement !== undefined);
  return eventOf(first(await log.readAt([placement.position])));
}

/** Run, session and phase as they stand on the stored line. */
function contextOf({ correlation_id, session_id, phase }: StoredEvent) {
  return [correlation_id, session_id, phase];
}

export const runCases: readonly SuiteCase[] = [
  {
    name: "run: its first event names itself, later ones get its id, session and phase",
    async run({ log }) {
      const opened = await stored(log, started(1, { session_id: "s1" }));
      const run = opened.event_id;
      assert.deepEqual(contextOf(opened), [run, "s1", undefined]);
      assert.deepEqual(contextOf(await stored(log, bare(2, agent))), [run, "s1", "EXPLORE"]);
      assert.deepEqual(contextOf(await stored(log, bare(3, planStarted))), [run, "s1", "PLAN"]);
      assert.deepEqual(contextOf(await stored(log, bare(4, agent))), [run, "s1", "PLAN"]);
      await assertSound(log);
    },
  },
  {
    name: "run: between phases no phase is filled in",
    async run({ log }) {
      const { event_id: run } = await stored(log, started(1, { session_id: "s1" }));
      await stored(log, bare(2, planStarted));
      await stored(log, bare(3, phaseCompleted("PLAN")));
      assert.deepEqual(contextOf(await stored(log, bare(4, agent))), [run, "s1", undefined]);
      await stored(log, bare(5, phaseCompleted("PLAN", "CODE")));
      assert.deepEqual(contextOf(await stored(log, bare(6, agent))), [run, "s1", "CODE"]);
    },
  },
  {
    name: "run: its end is its last event, and the next belongs to no run",
    async run({ log }) {
      for (const [seed, ending] of [completed, failed].entries()) {
        const { event_id: run } = await stored(log, started(seed * 10 + 1, { session_id: "s1" }));
        assert.deepEqual(contextOf(await stored(log, bare(seed * 10 + 2, ending))), [run, "s1", "EXPLORE"]);
        assert.deepEqual(contextOf(await stored(log, bare(seed * 10 + 3, agent))), [
          undefined,
          SAMPLE_SESSION,
          undefined,
        ]);
      }
    },
  },
  {
    name: "run: what the caller says wins",
    async run({ log }) {
      await stored(log, started(1, { session_id: "s1" }));
      const said = { session_id: "mine", correlation_id: "other-run", phase: "TEST" };
      assert.deepEqual(contextOf(await stored(log, bare(2, { ...agent, ...said }))), [
        "other-run",
        "mine",
        "TEST",
      ]);
      const opened = await stored(log, started(3, { correlation_id: "named-run" }));
      assert.equal(opened.correlation_id, "named-run");
      assert.equal((await stored(log, bare(4, agent))).correlation_id, "named-run");
    },
  },
  {
    name: "run: of several open runs the newest counts, unless the event names one",
    async run({ log }) {
      const { event_id: one } = await stored(log, started(1, { session_id: "s1" }));
      const { event_id: two } = await stored(log, started(2, { session_id: "s2" }));
      await stored(log, bare(3, { ...planStarted, correlation_id: one }));
      assert.deepEqual(contextOf(await stored(log, bare(4, agent))), [two, "s2", "EXPLORE"]);
      assert.deepEqual(contextOf(await stored(log, bare(5, { ...agent, correlation_id: one }))), [
        one,
        "s1",
        "PLAN",
      ]);
      await stored(log, bare(6, completed));
      assert.deepEqual(contextOf(await stored(log, bare(7, agent))), [one, "s1", "PLAN"]);
    },
  },
  {
    name: "run: a stream's run does not reach into other streams",
    async run({ log }) {
      await stored(log, started(1, { session_id: "s1" }));
      for (const issue_key of ["RUN-2", undefined]) {
        const other = await stored(log, bare(issue_key === undefined ? 2 : 3, { ...agent, issue_key }));
        assert.deepEqual(contextOf(other), [undefined, SAMPLE_SESSION, undefined]);
      }
    },
  },
  {
    name: "run: events of one request see the run that the request opens",
    async run({ log }) {
      const placements = await append(log, [
        started(1, { session_id: "s1" }),
        bare(2, agent),
        bare(3, completed),
        bare(4, agent),
      ]);
      const events = (await log.readAt(placements.map(({ position }) => position))).map(eventOf);
      const run = events[0]?.event_id;
      assert.deepEqual(events.map(contextOf), [
        [run, "s1", undefined],
        [run, "s1", "EXPLORE"],
        [run, "s1", "EXPLORE"],
        [undefined, SAMPLE_SESSION, undefined],
      ]);
    },
  },
  {
    name: "run: a rejected request opens, moves and ends nothing",
    async run({ log }) {
      await stored(log, bare(1, agent));
      const clash = bare(1, { ...agent, branch: "other" });
      await rejectsWith("ESO_CONFLICT", () => append(log, [started(2), clash]));
      assert.equal((await stored(log, bare(3, agent))).correlation_id, undefined);
      const { event_id: run } = await stored(log, started(4, { session_id: "s1" }));
      await rejectsWith("ESO_CONFLICT", () => append(log, [bare(5, planStarted), bare(6, completed), clash]));
      assert.deepEqual(contextOf(await stored(log, bare(7, agent))), [run, "s1", "EXPLORE"]);
    },
  },
  {
    name: "run: a retry of its first event does not open it again",
    async run({ log }) {
      await stored(log, started(1));
      await stored(log, bare(2, completed));
      await append(log, [started(1)]);
      assert.equal((await stored(log, bare(3, agent))).correlation_id, undefined);
      await assertSound(log);
    },
  },
  {
    name: "run: open runs are known after reopening",
    needs: ["persistent"],
    async run({ store, log }) {
      const { event_id: one } = await stored(log, started(1, { session_id: "s1" }));
      const { event_id: two } = await stored(log, started(2, { session_id: "s2" }));
      await stored(log, bare(3, planStarted));
      const again = await store.reopen();
      assert.deepEqual(contextOf(await stored(again, bare(4, agent))), [two, "s2", "PLAN"]);
      await stored(again, bare(5, completed));
      const third = await store.reopen();
      assert.deepEqual(contextOf(await stored(third, bare(6, agent))), [one, "s1", "EXPLORE"]);
      await assertSound(third);
    },
  },
];
