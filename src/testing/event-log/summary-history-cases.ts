import assert from "node:assert/strict";

import type { PreparedEvent } from "../../event/prepared.ts";
import type { EventLog } from "../../log/event-log.ts";
import { samplePrepared, type SampleOverrides } from "../sample-event.ts";
import { SeededRandom } from "../seeded-random.ts";
import { append, last } from "./driver.ts";
import { assertSound } from "./soundness.ts";
import type { Stage, SuiteCase } from "./suite-case.ts";
import { assertSummaries } from "./summary-model.ts";

const SEEDS = 8;
const STEPS = 60;
const BATCH_MAX = 12;
const STREAMS = ["WORK-1", "WORK-2", "global"] as const;
const PHASES = ["PLAN", "CODE", "TEST"] as const;
const RUNS_NAMED = ["run-a", "run-b"] as const;

/** Events of orchestrations that start, overlap, move through phases, fail, end, and are summed up by hand. */
class Orchestrations {
  readonly #random: SeededRandom;
  #made = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  batch(streams: readonly string[]): PreparedEvent[] {
    return Array.from({ length: 1 + this.#random.below(BATCH_MAX) }, () =>
      this.#event(this.#random.pick(streams as [string])),
    );
  }

  #event(stream: string): PreparedEvent {
    const random = this.#random;
    const dice = random.below(100);
    const phase = random.pick(PHASES);
    const of = (event_type: string, metadata: SampleOverrides["metadata"]): PreparedEvent =>
      this.#prepared(stream, { event_type, metadata });
    if (dice < 6) return of("OrchestrationStarted", { issue_summary: "s", initial_phase: phase });
    if (dice < 9) return of("OrchestrationCompleted", {});
    if (dice < 11) return of("OrchestrationFailed", { failure_reason: "r" });
    if (dice < 17) return of("PhaseStarted", { phase });
    if (dice < 22)
      return of("PhaseCompleted", {
        phase,
        ...(random.chance(0.5) ? { next_phase: random.pick(PHASES) } : {}),
      });
    if (dice < 25) return of("PhaseFailed", { phase, failure_reason: "r" });
    if (dice < 28)
      return of("PhaseSummaryCreated", { phase, from_sequence: 1, to_sequence: 2, text: "mine" });
    if (dice < 30)
      return of("OrchestrationSummaryCreated", { from_sequence: 1, to_sequence: 2, text: "mine" });
    return of("AgentSpawned", { agent_name: "a" });
  }

  #prepared(stream: string, overrides: SampleOverrides): PreparedEvent {
    const random = this.#random;
    const named = random.chance(0.1);
    return samplePrepared(this.#made++, {
      issue_key: stream === "global" ? undefined : stream,
      session_id: undefined,
      correlation_id: named ? random.pick(RUNS_NAMED) : undefined,
      phase: overrides.event_type === "AgentSpawned" && random.chance(0.1) ? random.pick(PHASES) : undefined,
      ...overrides,
    });
  }
}

async function run(seed: number, { store, log }: Stage): Promise<void> {
  const random = new SeededRandom(seed);
  const orchestrations = new Orchestrations(random);
  const { multiStreamBatches, multiProcess, persistent } = log.capabilities;
  const beside = async (one: EventLog): Promise<EventLog[]> =>
    multiProcess && store.openSecond !== undefined ? [one, await store.openSecond()] : [one];
  let logs = await beside(log);
  for (let step = 0; step < STEPS; step++) {
    if (persistent && random.chance(0.05)) {
      for (const other of logs.slice(1)) await other.close();
      const again = random.chance(0.5) ? store.crash?.() : undefined;
      logs = await beside(await (again ?? store.reopen()));
    }
    const streams = multiStreamBatches && random.chance(0.3) ? STREAMS : [random.pick(STREAMS)];
    const writer = random.pick(logs as [EventLog]);
    const placements = await append(writer, orchestrations.batch(streams));
    for (const { stream, head_sequence } of placements)
      assert.equal((await writer.stream(stream))?.head_sequence, head_sequence);
  }
  for (const stream of STREAMS)
    assert((await assertSummaries(last(logs), stream)) > 0, `summaries of ${stream}`);
  await assertSound(last(logs));
}

/** Whoever appends, in whatever portions, summaries stand where the events alone say. */
export const summaryHistoryCases: readonly SuiteCase[] = Array.from({ length: SEEDS }, (_, seed) => ({
  name: `summaries: random orchestrations are summed up as a plain count says (seed ${seed})`,
  needs: ["companions"],
  run: (stage) => run(seed, stage),
}));
