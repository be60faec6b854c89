import { ConfigError } from "../errors.ts";
import type { Projection } from "../projection/projection.ts";
import type { OrchestrationState } from "../projection/state/orchestration-state.ts";
import { amended } from "../query/amendments.ts";
import type { QueryFilter } from "../query/filter.ts";
import { parseFilter } from "../query/parse-filter.ts";
import { queryEvents } from "../query/run-query.ts";
import type { InputOf } from "../event/registry.ts";
import type { AppendRequest } from "../log/event-log.ts";
import type { Ack } from "./append.ts";
import type { Checkpoint, CheckpointOptions, CheckpointParts, RestoreOptions } from "./checkpoints.ts";
import type { ReplayOptions, ReplayPlan } from "./replay/replay-options.ts";
import type { UnfinishedReplay } from "./replay/unfinished.ts";
import type { Voided, VoidOptions } from "./void-event.ts";
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

  /**
   * What acting on an issue's events again would do, or did: a dry run unless `dryRun: false`.
   * @throws ReplayRefusedError before anything is done, when it would repeat what must not be repeated.
   * @throws NotFoundError for an issue without events, or an unknown replay to resume.
   *
   * @example
   * ```ts
   * const plan = await store.replayEvents("PROJ-123", { fromSequence: 50 });
   * for (const step of plan.steps) console.log(step.event_sequence, step.action, step.reason);
   * ```
   */
  async replayEvents(issueKey: string, options: ReplayOptions = {}): Promise<ReplayPlan> {
    const { replayEvents } = await import("./replay/replay.ts");
    const { replays: journals, replayRules, clock } = this.parts;
    const record = (marker: InputOf<"EventsReplayed">): Promise<Ack> => this.logEvent(marker);
    return replayEvents({ source: this, journals, ...replayRules, clock, record }, issueKey, options);
  }

  /** Replays of an issue that were begun and neither finished nor given up. */
  async unfinishedReplays(issueKey: string): Promise<readonly UnfinishedReplay[]> {
    const { unfinishedReplays } = await import("./replay/unfinished.ts");
    return unfinishedReplays(this.parts.replays, issueKey);
  }

  /**
   * Says of a wrongly logged event that it does not count: folds, queries and reports leave it out. Its line stays.
   * @throws NotFoundError for an unknown id.
   * @throws ValidationError for the store's own events, or without a reason; nothing is written.
   *
   * @example
   * ```ts
   * await store.voidEvent(eventId, { why: "logged for the wrong issue" });
   * ```
   */
  async voidEvent(eventId: string, options: VoidOptions): Promise<Voided> {
    const { voidEvent } = await import("./void-event.ts");
    const parts = {
      append: (request: AppendRequest) => this.parts.log.append(request),
      getEvent: (id: string) => this.getEvent(id),
      queryEvents: (filter: QueryFilter) => this.queryEvents(filter),
    };
    return voidEvent(parts, eventId, options);
  }

  /** Logs a CheckpointCreated that records which state it means, so that coming back to it can be checked. */
  async createCheckpoint(issueKey: string, options: CheckpointOptions): Promise<Checkpoint> {
    const { createCheckpoint } = await import("./checkpoints.ts");
    return createCheckpoint(this.#checkpointParts(), issueKey, options);
  }

  /** An issue's checkpoints, oldest first. */
  async checkpoints(issueKey: string): Promise<readonly Checkpoint[]> {
    const { listCheckpoints } = await import("./checkpoints.ts");
    return listCheckpoints(this.#checkpointParts(), issueKey);
  }

  /**
   * Checks that the state which a checkpoint recorded is still the one that the events give, and logs a
   * CheckpointRestored. Working copies are left as they are.
   * @throws IntegrityError when the state is another one; nothing is written.
   * @throws NotFoundError for an unknown checkpoint.
   */
  async restoreCheckpoint(
    issueKey: string,
    checkpointId: string,
    options: RestoreOptions,
  ): Promise<{ readonly checkpoint: Checkpoint; readonly ack: Ack }> {
    const { restoreCheckpoint } = await import("./checkpoints.ts");
    return restoreCheckpoint(this.#checkpointParts(), issueKey, { ...options, checkpointId });
  }

  #checkpointParts(): CheckpointParts {
    return {
      log: this.log,
      history: this.history,
      queryEvents: (filter) => this.queryEvents(filter),
      record: (event) => this.logEvent(event),
      snapshot: (stream, sequence) => this.createSnapshot(stream, { atSequence: sequence }),
    };
  }
}

function readOnly(): ConfigError {
  return new ConfigError("ESO_STORAGE_READ_ONLY", "the store was opened for reading; no snapshot was made", {
    hint: "Open it for writing, or reconstruct the state: it is the same without snapshots.",
  });
}
