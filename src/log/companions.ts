import { IntegrityError } from "../errors.ts";
import type { StoredEvent } from "../event/envelope.ts";
import type { PreparedEvent } from "../event/prepared.ts";
import { eventsBefore, isOfPhase, type OpenRun, type RunFact } from "./run-context.ts";

/** Longer ranges are cut to their newest lines: those of a run that was left out of summaries for a while. */
export const RANGE_LINES_MAX = 2_000;

/** After how many events a summary is due; 0: never, not even at the end. */
export interface SummaryPace {
  readonly phase: number;
  readonly run: number;
}

/** A line of the range that a summary is made from. */
export interface RangeLine {
  readonly sequence: number;
  readonly event_type: string;
  readonly leaf_hash: string;
  /**
   * The event, read when it is asked for.
   * @throws IntegrityError when it cannot be read.
   */
  read(): StoredEvent;
}

/** A summary that has to be written behind an event. */
export interface DueSummary {
  /** Null for a summary of the whole run. */
  readonly phase: string | null;
  readonly from_sequence: number;
  /** The event that made it due. */
  readonly to_sequence: number;
  readonly causation_id: string;
  /** When that happened; undefined for when it is recorded. */
  readonly timestamp: string | undefined;
  readonly stream: string;
  readonly issue_key: string | undefined;
  readonly correlation_id: string;
  readonly session_id: string;
}

/**
 * Writes the events that a log puts right behind others, in the same atomic append. Called under the log's lock,
 * so it is quick and does not wait.
 */
export interface Companions {
  readonly pace: SummaryPace;
  /** A summary of these lines; its `effect` is `summarised`, so that the next one begins behind it. */
  summary(due: DueSummary, lines: readonly RangeLine[]): PreparedEvent;
}

/** An event that has just been placed, and the stream's runs before it. */
export interface PlacedEvent {
  readonly event: Pick<PreparedEvent, "event_id" | "timestamp" | "stream" | "issue_key">;
  readonly fact: RunFact;
  readonly runs: readonly OpenRun[];
}

/** Reads the lines of the event's stream from a sequence up to the event itself, in order. */
export type RangeReader = (from: number) => readonly RangeLine[];

const NONE: readonly never[] = [];

/**
 * The summaries to put right behind an event, in order. One whose range cannot be read is left out: it must not
 * fail the append, and the next one has its range.
 */
export function companionsBehind(
  companions: Companions,
  placed: PlacedEvent,
  read: RangeReader,
): readonly PreparedEvent[] {
  const due = dueBehind(companions.pace, placed);
  return due.length === 0 ? NONE : due.flatMap((one) => written(companions, one, read));
}

function written(companions: Companions, due: DueSummary, read: RangeReader): readonly PreparedEvent[] {
  try {
    return [companions.summary(due, read(due.from_sequence))];
  } catch (error) {
    if (error instanceof IntegrityError) return NONE;
    throw error;
  }
}

/** Which summaries an event makes due: of its phase, of its run, of both or, most often, of neither. */
export function dueBehind(pace: SummaryPace, placed: PlacedEvent): readonly DueSummary[] {
  const { fact, runs } = placed;
  const newest = runs.at(-1);
  if (newest === undefined) return NONE;
  const { effect, sequence } = fact;
  if (effect?.kind === "open" || effect?.kind === "summarised" || effect?.kind === "aside") return NONE;
  const run = runs.find(({ correlation_id }) => correlation_id === fact.correlation_id);
  if (run === undefined) return NONE;
  const before = eventsBefore(run, sequence, run === newest);
  const phase = duePhase(pace.phase, run, { fact, before: before.phase });
  const ofRun = pace.run > 0 && (effect?.kind === "close" || (before.run + 1) % pace.run === 0);
  if (phase === undefined && !ofRun) return NONE;
  const due: DueSummary[] = [];
  if (phase !== undefined) {
    due.push(summaryOf(placed, run, { phase, from: before.phase === 0 ? sequence : run.phase_from }));
  }
  if (ofRun) {
    due.push(summaryOf(placed, run, { phase: null, from: before.run === 0 ? sequence : run.run_from }));
  }
  return due;
}

/** The phase that is to be summed up: the one that ends, or the present one when enough has happened. */
function duePhase(
  every: number,
  run: OpenRun,
  { fact, before }: { readonly fact: RunFact; readonly before: number },
): string | undefined {
  if (every === 0) return undefined;
  const { effect } = fact;
  const ended =
    effect?.kind === "phase" ? effect.ended : effect?.kind === "phase-failed" ? effect.phase : undefined;
  if (ended !== undefined && (run.phase === null || run.phase === ended)) return ended;
  if (run.phase === null || !isOfPhase(run, fact)) return undefined;
  return (before + 1) % every === 0 ? run.phase : undefined;
}

function summaryOf(
  { event, fact }: PlacedEvent,
  run: OpenRun,
  { phase, from }: { readonly phase: string | null; readonly from: number },
): DueSummary {
  return {
    phase,
    from_sequence: Math.max(from, fact.sequence + 1 - RANGE_LINES_MAX),
    to_sequence: fact.sequence,
    causation_id: event.event_id,
    timestamp: event.timestamp,
    stream: event.stream,
    issue_key: event.issue_key,
    correlation_id: run.correlation_id,
    session_id: run.session_id,
  };
}
