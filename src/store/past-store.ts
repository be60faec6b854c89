import { ConfigError } from "../errors.ts";
import type { Projection } from "../projection/projection.ts";
import type { OrchestrationState } from "../projection/state/orchestration-state.ts";
import { amended } from "../query/amendments.ts";
import type { QueryFilter } from "../query/filter.ts";
import { parseFilter } from "../query/parse-filter.ts";
import { queryEvents } from "../query/run-query.ts";
import type { Bisection, BisectOptions } from "./bisect.ts";
import type { RunChoice, RunComparison, RunEntry } from "./compare-runs.ts";
import type { Condition } from "./condition.ts";
import type { StateDiff } from "./diff-states.ts";
import type { Explanation } from "./explain.ts";
import type { Mark } from "./marks.ts";
import { type Moment, pointOf } from "./moment.ts";
import { type QueryCallOptions, RecordStore } from "./record-store.ts";
import type { SnapshotMade } from "./snapshots/snapshot-keeper.ts";
import type { SnapshotFinding } from "./snapshots/snapshots.ts";
import type { TimeTravelOptions, TimeTravelView } from "./time-travel.ts";
import type { WhatIf, WhatIfOptions } from "./what-if.ts";

/** A record that can be asked about its past. What few callers need is loaded when it is asked for. */
export class PastStore extends RecordStore {
  /**
   * An issue's state at a moment, default now; before the first event it does not exist. `global` is the stream
   * of events without an issue.
   * @throws ValidationError for a moment that cannot be understood.
   * @throws IntegrityError when a line that the answer depends on is damaged.
   *
   * @example
   * ```ts
   * const state = await store.reconstructState("PROJ-123", "2026-11-24T14:00:00Z");
   * console.log(state.status, state.current_phase, state.active_agents.length);
   * ```
   */
  async reconstructState(
    issueKey: string,
    moment?: Moment,
    options: QueryCallOptions = {},
  ): Promise<OrchestrationState> {
    return this.history.stateAt(issueKey, pointOf(moment), options);
  }

  /**
   * Folds events by a projection: of one issue, of those that a filter finds, or of the whole store.
   *
   * @example
   * ```ts
   * const { agents } = await store.project(agentMetrics, { issueKey: "PROJ-123" });
   * ```
   */
  async project<S, R>(
    projection: Projection<S, R>,
    filter: QueryFilter = {},
    options: QueryCallOptions = {},
  ): Promise<R> {
    const { limits } = this.parts;
    const source = this.source();
    const { byId } = await this.amendments.ofAll(source, { limits, ...options });
    let state = projection.initial();
    const compiled = parseFilter(filter);
    for await (const event of queryEvents(source, compiled, { limits, ...options })) {
      const seen = compiled.includeVoided ? event : amended(event, byId);
      if (seen !== undefined) state = projection.apply(state, seen);
    }
    return projection.result(state);
  }

  /**
   * Keeps the state behind an event, default the issue's last, so that it and later ones are found sooner.
   * @throws NotFoundError for an issue without that event.
   *
   * @example
   * ```ts
   * const { sequence, bytes } = await store.createSnapshot("PROJ-123", { atSequence: 100 });
   * ```
   */
  async createSnapshot(
    issueKey: string,
    options: { readonly atSequence?: number } & QueryCallOptions = {},
  ): Promise<SnapshotMade> {
    if (this.snapshots === undefined || !this.parts.mayWrite) throw readOnly();
    return this.snapshots.make(issueKey, options.atSequence, options.signal);
  }

  /** An issue's snapshots, each checked against the log. Those with a `problem` are passed over by every read. */
  async *listSnapshots(issueKey: string): AsyncGenerator<SnapshotFinding, void, undefined> {
    if (this.snapshots !== undefined) yield* this.snapshots.inspect(issueKey);
  }

  /**
   * What was going on at a moment: the state, and what happened shortly before and after.
   *
   * @example
   * ```ts
   * const view = await store.timeTravelQuery("PROJ-123", "2026-11-24T14:00:00Z", { windowMinutes: 5 });
   * console.log(view.current_phase, view.active_agents.map(({ agent_name }) => agent_name));
   * ```
   */
  async timeTravelQuery(
    issueKey: string,
    moment?: Moment,
    options: TimeTravelOptions = {},
  ): Promise<TimeTravelView> {
    const { timeTravelQuery } = await import("./time-travel.ts");
    return timeTravelQuery(this, issueKey, { ...options, moment });
  }

  /**
   * What changed between two moments, each change with the event that made it. `applyDiff` leads from the one state
   * to the other.
   *
   * @example
   * ```ts
   * const { changes } = await store.diffStates("PROJ-123", { sequence: 40 }, { sequence: 60 });
   * for (const { path, event } of changes) console.log(path, event.event_type, event.actor.id);
   * ```
   */
  async diffStates(issueKey: string, from: Moment, to?: Moment): Promise<StateDiff> {
    const { diffStates } = await import("./diff-states.ts");
    return diffStates(this, issueKey, { from, to });
  }

  /**
   * Why an event happened and what came of it: causes up, effects down, what ran at the same time, the state before.
   * @throws NotFoundError for an unknown id.
   */
  async explain(eventId: string, options: QueryCallOptions = {}): Promise<Explanation> {
    const { explain } = await import("./explain.ts");
    return explain(this, eventId, options);
  }

  /**
   * The first event behind which a condition over the state holds.
   * @throws ValidationError for a condition that cannot be understood.
   *
   * @example
   * ```ts
   * const { event } = await store.bisect("PROJ-123", "size(failed_agents) > 0");
   * ```
   */
  async bisect(issueKey: string, condition: Condition, options: BisectOptions = {}): Promise<Bisection> {
    const { bisect } = await import("./bisect.ts");
    return bisect(this, issueKey, { ...options, condition });
  }

  /** The state as it would be without some events, or with others. Nothing is written. */
  async whatIf(issueKey: string, changes: WhatIfOptions, moment?: Moment): Promise<WhatIf> {
    const { whatIf } = await import("./what-if.ts");
    return whatIf(this, issueKey, { ...changes, moment });
  }

  /** The runs of an issue, in the order in which they started. */
  async runs(issueKey: string, options: QueryCallOptions = {}): Promise<readonly RunEntry[]> {
    const { runsOf } = await import("./compare-runs.ts");
    return runsOf(this.history, issueKey, options);
  }

  /**
   * Two runs side by side: figures, phases, and the first step at which they differ.
   * @throws NotFoundError for an issue or a run that is not there.
   */
  async compareRuns(a: RunChoice, b: RunChoice, options: QueryCallOptions = {}): Promise<RunComparison> {
    const { compareRuns } = await import("./compare-runs.ts");
    return compareRuns(this.history, { a, b }, options);
  }

  /** A marked place of an issue's current run: its start, its end, or its first failure. */
  async mark(
    issueKey: string,
    mark: Mark,
    options: QueryCallOptions = {},
  ): Promise<{ readonly sequence: number }> {
    const { markOf } = await import("./marks.ts");
    return markOf(this, issueKey, { ...options, mark });
  }
}

function readOnly(): ConfigError {
  return new ConfigError("ESO_STORAGE_READ_ONLY", "the store was opened for reading; no snapshot was made", {
    hint: "Open it for writing, or reconstruct the state: it is the same without snapshots.",
  });
}
