import { NotFoundError } from "../errors.ts";
import type { StoredEvent } from "../event/envelope.ts";
import { isEventOf, isStoreEventType } from "../event/registry.ts";
import { type AgentMetrics, agentMetrics } from "../projection/metrics/agent-metrics.ts";
import { type ErrorMetrics, errorMetrics } from "../projection/metrics/error-metrics.ts";
import { count, countsOf } from "../projection/metrics/figures.ts";
import { type PhaseMetrics, phaseMetrics } from "../projection/metrics/phase-metrics.ts";
import { type QualityMetrics, qualityMetrics } from "../projection/metrics/quality-metrics.ts";
import type { Projection } from "../projection/projection.ts";
import type { OrchestrationStatus } from "../projection/state/orchestration-state.ts";
import type { History, HistoryOptions } from "./history.ts";

/** A run of an issue: its number in the order in which runs started, from 1, or how its id begins; default the last. */
export interface RunChoice {
  readonly issueKey: string;
  readonly run?: number | string | undefined;
}

/** A run, in short. */
export interface RunEntry {
  /** In the order in which runs started, from 1. */
  readonly number: number;
  /** Null for events of no run, in a stream that has no runs. */
  readonly correlation_id: string | null;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly status: OrchestrationStatus;
  /** Without summaries and the store's own events. */
  readonly events: number;
}

/** One side of a comparison. */
export interface ComparedRun extends RunEntry {
  readonly issue_key: string;
  readonly event_types: Readonly<Record<string, number>>;
  readonly agents: AgentMetrics;
  readonly phases: PhaseMetrics;
  readonly quality: QualityMetrics;
  readonly errors: ErrorMetrics;
}

/** How long a phase took in each run; null in a run that did not come to it. */
export interface PhaseDifference {
  readonly phase: string;
  readonly a_visits: number;
  readonly b_visits: number;
  readonly a_active_seconds: number | null;
  readonly b_active_seconds: number | null;
  /** Of b to a. */
  readonly delta_seconds: number | null;
}

/** Where two runs go apart: the first place at which type, phase or agent differ. */
export interface Divergence {
  /** Events that agree before it. */
  readonly common: number;
  /** Null where the run is at its end. */
  readonly a: StoredEvent | null;
  readonly b: StoredEvent | null;
}

export interface RunComparison {
  readonly a: ComparedRun;
  readonly b: ComparedRun;
  readonly phases: readonly PhaseDifference[];
  readonly only_in_a: readonly string[];
  readonly only_in_b: readonly string[];
  /** Null when both did the same, step by step. */
  readonly divergence: Divergence | null;
}

/**
 * Two runs side by side, of one issue or of two.
 * @throws NotFoundError for an issue without events, or a run that it does not have.
 */
export async function compareRuns(
  history: History,
  choices: { readonly a: RunChoice; readonly b: RunChoice },
  options: HistoryOptions = {},
): Promise<RunComparison> {
  const entries = {
    a: chosen(await runsOf(history, choices.a.issueKey, options), choices.a),
    b: chosen(await runsOf(history, choices.b.issueKey, options), choices.b),
  };
  const [a, b] = [new RunReader(choices.a.issueKey, entries.a), new RunReader(choices.b.issueKey, entries.b)];
  const divergence = await walk(a.events(history, options), b.events(history, options));
  const [one, other] = [a.report(), b.report()];
  return {
    a: one,
    b: other,
    phases: phaseDifferences(one, other),
    only_in_a: onlyIn(one, other),
    only_in_b: onlyIn(other, one),
    divergence,
  };
}

/** The runs of an issue in the order in which they started; events of no run are one, where there are no others. */
export async function runsOf(
  history: History,
  issueKey: string,
  options: HistoryOptions = {},
): Promise<readonly RunEntry[]> {
  const found = new Map<string | null, Found>();
  for await (const event of history.events(issueKey, { kind: "latest" }, options)) {
    if (isBookkeeping(event)) continue;
    const id = event.correlation_id ?? null;
    const run = found.get(id) ?? { events: 0, first_at: event.timestamp, status: "not_started" };
    found.set(id, run);
    note(run, event);
  }
  if (found.size > 1) found.delete(null);
  return [...found]
    .map(([correlation_id, { started_at, first_at, ...run }]) => ({
      correlation_id,
      started_at: started_at ?? first_at,
      ended_at: run.status === "completed" || run.status === "failed" ? (run.marked_at ?? null) : null,
      status: run.status,
      events: run.events,
    }))
    .sort((a, b) => (a.started_at < b.started_at ? -1 : a.started_at > b.started_at ? 1 : 0))
    .map((run, index) => ({ number: index + 1, ...run }));
}

/** What the store writes of itself, when and as often as its settings say; it tells nothing of what was done. */
function isBookkeeping(event: StoredEvent): boolean {
  return (
    isStoreEventType(event.event_type) ||
    isEventOf(event, "PhaseSummaryCreated") ||
    isEventOf(event, "OrchestrationSummaryCreated")
  );
}

interface Found {
  events: number;
  /** Of its first event, whatever it is. */
  first_at: string;
  started_at?: string;
  /** When its status was said last. */
  marked_at?: string;
  status: OrchestrationStatus;
}

const STATUS_AFTER: ReadonlyMap<string, OrchestrationStatus> = new Map([
  ["OrchestrationStarted", "in_progress"],
  ["OrchestrationPaused", "paused"],
  ["OrchestrationResumed", "in_progress"],
  ["OrchestrationCompleted", "completed"],
  ["OrchestrationFailed", "failed"],
]);

function note(run: Found, { event_type, timestamp }: StoredEvent): void {
  run.events++;
  if (timestamp < run.first_at) run.first_at = timestamp;
  if (event_type === "OrchestrationStarted" && !((run.started_at ?? timestamp) < timestamp))
    run.started_at = timestamp;
  const status = STATUS_AFTER.get(event_type);
  if (status === undefined || timestamp < (run.marked_at ?? "")) return;
  run.marked_at = timestamp;
  run.status = status;
}

function chosen(runs: readonly RunEntry[], { issueKey, run }: RunChoice): RunEntry {
  const last = runs.at(-1);
  if (last === undefined)
    throw new NotFoundError("ESO_NOT_FOUND", `there are no events of ${issueKey}`, {
      hint: "eso ls lists the issues in the store.",
      details: { what: issueKey, suggestions: [] },
    });
  if (run === undefined) return last;
  const numbered = typeof run === "number" ? runs[run - 1] : undefined;
  if (numbered !== undefined) return numbered;
  // An id may consist of digits, too.
  const begin = String(run).toLowerCase();
  const named = runs.filter(({ correlation_id }) => correlation_id?.toLowerCase().startsWith(begin));
  const [only] = named;
  if (only !== undefined && named.length === 1) return only;
  const known = runs.map(
    ({ number, correlation_id }) => `${number}: ${correlation_id ?? "events of no run"}`,
  );
  throw new NotFoundError(
    "ESO_NOT_FOUND",
    named.length > 1
      ? `several runs of ${issueKey} have ids that begin with ${run}`
      : `${issueKey} has no run ${run}`,
    {
      hint: `Its runs are ${known.join(", ")}.`,
      details: { what: `${issueKey}#${run}`, suggestions: known },
    },
  );
}

/** A projection at work. */
interface Folding<R> {
  add(event: StoredEvent): void;
  result(): R;
}

function folding<S, R>(projection: Projection<S, R>): Folding<R> {
  let state = projection.initial();
  return {
    add: (event) => {
      state = projection.apply(state, event);
    },
    result: () => projection.result(state),
  };
}

/** Reads a run's events and takes their figures on the way. */
class RunReader {
  readonly #issueKey: string;
  readonly #entry: RunEntry;
  readonly #types = new Map<string, number>();
  readonly #agents = folding(agentMetrics);
  readonly #phases = folding(phaseMetrics);
  readonly #quality = folding(qualityMetrics);
  readonly #errors = folding(errorMetrics);

  constructor(issueKey: string, entry: RunEntry) {
    this.#issueKey = issueKey;
    this.#entry = entry;
  }

  async *events(history: History, options: HistoryOptions): AsyncGenerator<StoredEvent, void, undefined> {
    for await (const event of history.events(this.#issueKey, { kind: "latest" }, options)) {
      if ((event.correlation_id ?? null) !== this.#entry.correlation_id) continue;
      if (isBookkeeping(event)) continue;
      count(this.#types, event.event_type);
      for (const one of [this.#agents, this.#phases, this.#quality, this.#errors]) one.add(event);
      yield event;
    }
  }

  report(): ComparedRun {
    return {
      issue_key: this.#issueKey,
      ...this.#entry,
      event_types: countsOf(this.#types),
      agents: this.#agents.result(),
      phases: this.#phases.result(),
      quality: this.#quality.result(),
      errors: this.#errors.result(),
    };
  }
}

/** Reads both to their ends; gives the first place at which they differ. */
async function walk(
  a: AsyncGenerator<StoredEvent>,
  b: AsyncGenerator<StoredEvent>,
): Promise<Divergence | null> {
  let divergence: Divergence | null = null;
  let common = 0;
  for (;;) {
    const [one, other] = [(await a.next()).value ?? null, (await b.next()).value ?? null];
    if (one === null && other === null) return divergence;
    if (divergence !== null) continue;
    if (one !== null && other !== null && stepOf(one) === stepOf(other)) common++;
    else divergence = { common, a: one, b: other };
  }
}

function stepOf({ event_type, phase, metadata, actor }: StoredEvent): string {
  const agent = metadata["agent_name"] ?? (actor.type === "agent" ? actor.id : null);
  return JSON.stringify([event_type, phase ?? null, agent]);
}

function phaseDifferences(a: ComparedRun, b: ComparedRun): PhaseDifference[] {
  const [ofA, ofB] = [phasesBy(a), phasesBy(b)];
  return [...new Set([...ofA.keys(), ...ofB.keys()])].map((phase) => {
    const [one, other] = [ofA.get(phase), ofB.get(phase)];
    const both = one !== undefined && other !== undefined;
    return {
      phase,
      a_visits: one?.visits ?? 0,
      b_visits: other?.visits ?? 0,
      a_active_seconds: one?.seconds ?? null,
      b_active_seconds: other?.seconds ?? null,
      delta_seconds: both ? Math.round((other.seconds - one.seconds) * 1000) / 1000 : null,
    };
  });
}

function phasesBy({ phases }: ComparedRun): ReadonlyMap<string, { visits: number; seconds: number }> {
  return new Map(
    phases.phases.map(({ phase, visits, active }) => {
      const seconds = active.total_seconds + active.open_seconds + active.cut_short_seconds;
      return [phase, { visits, seconds }];
    }),
  );
}

function onlyIn(a: ComparedRun, b: ComparedRun): readonly string[] {
  return Object.keys(a.event_types).filter((type) => !Object.hasOwn(b.event_types, type));
}
