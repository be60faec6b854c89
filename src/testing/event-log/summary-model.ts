import assert from "node:assert/strict";

import type { StoredEvent } from "../../event/envelope.ts";
import type { EventLogReader } from "../../log/event-log.ts";
import { eventOf, readStream } from "./driver.ts";
import { SAMPLE_PACE } from "./sample-companions.ts";
import { leafHashOf } from "./soundness.ts";

/** A run and what it has not summed up yet, told event by event and with no thought for speed. */
interface ModelRun {
  readonly id: string;
  phase: string | null;
  ofRun: number[];
  ofPhase: number[];
}

/** A summary that must follow. */
interface Expected {
  readonly phase: string | undefined;
  readonly from: number;
  readonly to: number;
  readonly run: string;
  readonly cause: string;
}

const SUITE_ACTOR = "suite";

const isSummary = ({ event_type }: StoredEvent): boolean => event_type.endsWith("SummaryCreated");
const isWritten = (event: StoredEvent): boolean => isSummary(event) && event.actor.id === SUITE_ACTOR;
const phaseIn = (event: StoredEvent, field = "phase"): string | undefined => {
  const value = event.metadata[field];
  return typeof value === "string" ? value : undefined;
};

/**
 * Asserts that a stream's summaries stand exactly where they are due, each made from the lines that it names.
 * Gives their number.
 */
export async function assertSummaries(log: EventLogReader, stream: string): Promise<number> {
  const lines = await readStream(log, stream);
  const events = lines.map(eventOf);
  const expected: Expected[] = [];
  const found: Expected[] = [];
  const model = new SummaryModel();
  let due: Expected[] = [];
  for (const event of events) {
    if (!isWritten(event)) assert.deepEqual(due, [], `${event.event_sequence} stands before what was due`);
    else found.push(writtenOf(event));
    if (isWritten(event)) due.shift();
    const next = model.take(event);
    due = [...due, ...next];
    expected.push(...next);
  }
  assert.deepEqual(found, expected);
  for (const event of events.filter(isWritten)) {
    const { from, to } = writtenOf(event);
    const range = lines.slice(from - 1, to).map((line) => {
      const { event_type, event_id } = eventOf(line);
      return `${event_type} ${leafHashOf(line.bytes)} ${event_id}`;
    });
    assert.deepEqual(event.metadata["highlights"], range, `lines of the summary ${event.event_sequence}`);
  }
  return found.length;
}

function writtenOf(event: StoredEvent): Expected {
  return {
    phase: phaseIn(event),
    from: Number(event.metadata["from_sequence"]),
    to: Number(event.metadata["to_sequence"]),
    run: event.correlation_id ?? "",
    cause: event.causation_id ?? "",
  };
}

class SummaryModel {
  #runs: ModelRun[] = [];

  /** The summaries that an event makes due. */
  take(event: StoredEvent): Expected[] {
    const { event_type: type, event_sequence: at } = event;
    if (type === "OrchestrationStarted") {
      this.#open(event);
      return [];
    }
    const run = this.#runs.find(({ id }) => id === event.correlation_id);
    if (run === undefined || type.startsWith("Store")) return [];
    if (isSummary(event)) {
      const { phase } = event.metadata;
      if (type === "OrchestrationSummaryCreated") run.ofRun = [];
      else if (run.phase === null || run.phase === phase) run.ofPhase = [];
      return [];
    }
    run.ofRun.push(at);
    if (run.phase === null || run.phase === event.phase) run.ofPhase.push(at);
    const due = this.#due(run, event);
    this.#move(run, event);
    return due;
  }

  #open(event: StoredEvent): void {
    const id = event.correlation_id ?? "";
    const phase = phaseIn(event, "initial_phase") ?? null;
    const ofPhase = event.phase !== undefined && event.phase === phase ? [event.event_sequence] : [];
    this.#runs = this.#runs.filter((run) => run.id !== id);
    this.#runs.push({ id, phase, ofRun: [event.event_sequence], ofPhase });
  }

  #due(run: ModelRun, event: StoredEvent): Expected[] {
    const { event_type: type, event_sequence: to, event_id: cause } = event;
    const due: Expected[] = [];
    const named = /^Phase(Completed|Failed)$/.test(type) ? phaseIn(event) : undefined;
    const ends = named !== undefined && (run.phase === null || run.phase === named);
    const counts = run.ofPhase.at(-1) === to && run.phase !== null;
    if (ends || (counts && run.ofPhase.length % SAMPLE_PACE.phase === 0)) {
      due.push({ phase: named ?? run.phase ?? "", from: run.ofPhase[0] ?? to, to, run: run.id, cause });
    }
    const closes = /^Orchestration(Completed|Failed)$/.test(type);
    if (closes || run.ofRun.length % SAMPLE_PACE.run === 0) {
      due.push({ phase: undefined, from: run.ofRun[0] ?? to, to, run: run.id, cause });
    }
    return due;
  }

  #move(run: ModelRun, event: StoredEvent): void {
    const { event_type: type, event_sequence: at } = event;
    if (/^Orchestration(Completed|Failed)$/.test(type)) this.#runs = this.#runs.filter((one) => one !== run);
    if (type !== "PhaseStarted" && type !== "PhaseCompleted") return;
    const phase = (type === "PhaseStarted" ? phaseIn(event) : phaseIn(event, "next_phase")) ?? null;
    if (phase === run.phase) return;
    run.phase = phase;
    run.ofPhase = phase !== null && event.phase === phase ? [at] : [];
  }
}
