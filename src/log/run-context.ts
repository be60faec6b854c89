import type { RunEffect } from "../event/prepared.ts";

/** An orchestration that has started and not ended, as far as the log knows. */
export interface OpenRun {
  readonly correlation_id: string;
  readonly session_id: string;
  readonly phase: string | null;
  /**
   * How far the numbers below count. Every later event of the stream counts too, as long as the run is the
   * stream's newest: so the routine event of a run changes nothing here, and nobody need read it to count it.
   */
  readonly counted_to: number;
  /** Events of the run since its last summary, and the sequence that the next one begins with. */
  readonly run_events: number;
  readonly run_from: number;
  /** The same for the present phase. */
  readonly phase_events: number;
  readonly phase_from: number;
}

/** What of a placed event bears on its stream's runs. */
export interface RunFact {
  readonly sequence: number;
  readonly effect: RunEffect | undefined;
  /** As they stand on the line. */
  readonly correlation_id: string | undefined;
  readonly session_id: string;
  readonly phase: string | undefined;
}

/** Forgotten beyond this many: a stream whose runs never end must not grow its head for ever. */
const OPEN_RUNS_MAX = 16;

/** The run that an event belongs to: the one it names, else the newest. */
export function runOf(runs: readonly OpenRun[], correlationId: string | undefined): OpenRun | undefined {
  if (correlationId === undefined) return runs.at(-1);
  return runs.findLast((run) => run.correlation_id === correlationId);
}

/** The stream's open runs after an event; the very same list when it is a routine event of the newest run. */
export function nextRuns(runs: readonly OpenRun[], fact: RunFact): readonly OpenRun[] {
  const { effect } = fact;
  if (effect?.kind === "open") return opened(runs, fact, effect.phase);
  const newest = runs.at(-1);
  if (newest === undefined || (effect === undefined && isRoutine(newest, fact))) return runs;
  const after = runs
    .filter((run) => effect?.kind !== "close" || !isOf(fact, run))
    .map((run) => (run === newest || isOf(fact, run) ? counted(run, fact, run === newest) : run));
  const last = after.at(-1);
  if (last !== undefined && last.counted_to !== fact.sequence)
    after[after.length - 1] = woken(last, fact.sequence);
  return after;
}

/** Events since the last summary of a run, and of its phase, as they stood before an event. */
export function eventsBefore(
  run: OpenRun,
  sequence: number,
  isNewest: boolean,
): { run: number; phase: number } {
  const routine = isNewest ? sequence - 1 - run.counted_to : 0;
  return { run: run.run_events + routine, phase: run.phase_events + routine };
}

/** Whether an event of a run is one of its present phase; between phases all are. */
export function isOfPhase(run: OpenRun, fact: Pick<RunFact, "phase">): boolean {
  return run.phase === null || run.phase === fact.phase;
}

/** Runs that were kept before they were counted are counted from here on. */
export function countedFrom(runs: readonly Partial<OpenRun>[], sequence: number): readonly OpenRun[] {
  const none = { run_events: 0, run_from: sequence + 1, phase_events: 0, phase_from: sequence + 1 };
  return runs.map((run) => ({ counted_to: sequence, ...none, ...run }) as OpenRun);
}

function isOf(fact: RunFact, run: OpenRun): boolean {
  return run.correlation_id === fact.correlation_id;
}

function isRoutine(newest: OpenRun, fact: RunFact): boolean {
  return isOf(fact, newest) && isOfPhase(newest, fact);
}

function opened(runs: readonly OpenRun[], fact: RunFact, phase: string | null): readonly OpenRun[] {
  const { correlation_id, session_id, sequence } = fact;
  if (correlation_id === undefined) return runs;
  const newest = runs.at(-1);
  const others = runs
    .filter((run) => !isOf(fact, run))
    .map((run) => (run === newest ? counted(run, fact, true) : run));
  const phase_events = fact.phase !== undefined && fact.phase === phase ? 1 : 0;
  const run: OpenRun = {
    correlation_id,
    session_id,
    phase,
    counted_to: sequence,
    run_events: 1,
    run_from: sequence,
    phase_events,
    phase_from: sequence + 1 - phase_events,
  };
  return [...others, run].slice(-OPEN_RUNS_MAX);
}

/** The run below an ended one is the newest now: it counts on behind that end. */
function woken(run: OpenRun, sequence: number): OpenRun {
  const { run_events, run_from, phase_events, phase_from } = run;
  return {
    ...run,
    counted_to: sequence,
    run_from: begin(run_from, [run_events, run_events], sequence),
    phase_from: begin(phase_from, [phase_events, phase_events], sequence),
  };
}

/** A run with an event counted, or passed over when it is not one of the run's own. */
function counted(run: OpenRun, fact: RunFact, isNewest: boolean): OpenRun {
  const { sequence, effect } = fact;
  const before = eventsBefore(run, sequence, isNewest);
  const ofRun = isOf(fact, run);
  const counts = ofRun && effect?.kind !== "summarised" && effect?.kind !== "aside";
  const ofPhase = counts && isOfPhase(run, fact);
  const summarised = ofRun && effect?.kind === "summarised" ? effect : undefined;
  const moves = ofRun && effect?.kind === "phase" && effect.phase !== run.phase;
  const run_events = summarised?.phase === null ? 0 : before.run + (counts ? 1 : 0);
  const phaseSummed =
    summarised !== undefined &&
    summarised.phase !== null &&
    (run.phase === null || run.phase === summarised.phase);
  const same = phaseSummed ? 0 : before.phase + (ofPhase ? 1 : 0);
  const phase = moves ? effect.phase : run.phase;
  const phase_events = moves ? (fact.phase === effect.phase ? 1 : 0) : same;
  return {
    ...run,
    phase,
    counted_to: sequence,
    run_events,
    run_from: begin(run.run_from, [before.run, run_events], sequence),
    phase_events,
    phase_from: begin(run.phase_from, [moves ? 0 : before.phase, phase_events], sequence),
  };
}

/** Where a range begins: with the first event that counts. */
function begin(from: number, [before, after]: readonly [number, number], sequence: number): number {
  if (after === 0) return sequence + 1;
  return before === 0 ? sequence : from;
}
