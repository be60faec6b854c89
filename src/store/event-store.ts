import { ConfigError } from "../errors.ts";
import type { Projection } from "../projection/projection.ts";
import type { OrchestrationState } from "../projection/state/orchestration-state.ts";
import { amended } from "../query/amendments.ts";
import type { QueryFilter } from "../query/filter.ts";
import { parseFilter } from "../query/parse-filter.ts";
import { queryEvents } from "../query/run-query.ts";
import type { SnapshotMade } from "./snapshots/snapshot-keeper.ts";
import type { SnapshotFinding } from "./snapshots/snapshots.ts";
import { type Moment, pointOf } from "./moment.ts";
import { type QueryCallOptions, RecordStore } from "./record-store.ts";

/**
 * The events of one store, and all that can be asked of them. Made by `openStore`.
 *
 * @example
 * ```ts
 * await using store = await openStore({ path: "./sessions/events" });
 * const ack = await store.logEvent({
 *   event_type: "AgentSpawned",
 *   issue_key: "PROJ-123",
 *   actor: { type: "agent", id: "planner" },
 *   metadata: { agent_name: "planner" },
 * });
 * ```
 */
export class EventStore extends RecordStore {
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
}

function readOnly(): ConfigError {
  return new ConfigError("ESO_STORAGE_READ_ONLY", "the store was opened for reading; no snapshot was made", {
    hint: "Open it for writing, or reconstruct the state: it is the same without snapshots.",
  });
}
