import type { InputOf } from "../event/registry.ts";
import type { AppendRequest } from "../log/event-log.ts";
import type { QueryFilter } from "../query/filter.ts";
import type { Ack } from "./append.ts";
import type { Checkpoint, CheckpointOptions, CheckpointParts, RestoreOptions } from "./checkpoints.ts";
import type { ForgetOptions, Forgotten } from "./forget.ts";
import { PastStore } from "./past-store.ts";
import type { ReplayOptions, ReplayPlan } from "./replay/replay-options.ts";
import type { UnfinishedReplay } from "./replay/unfinished.ts";
import type { Voided, VoidOptions } from "./void-event.ts";

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
export class EventStore extends PastStore {
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
   * await store.voidEvent("5f0e6a0c-94b1-4a3e-9d0a-2f6a6f2f3c11", { why: "logged for the wrong issue" });
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

  /**
   * Makes what was recorded of a person in fields that are declared personal unreadable for ever, here and in every
   * copy. Lines and proofs stay as they are.
   * @throws ConfigError where no field is declared personal.
   *
   * @example
   * ```ts
   * await store.forget("ada", { actor: { type: "user", id: "dpo" }, why: "asked for on 2 November" });
   * ```
   */
  async forget(subject: string, options: Omit<ForgetOptions, "session_id">): Promise<Forgotten> {
    const { forget } = await import("./forget.ts");
    const { log, subjects, snapshotShelf: snapshots, index, removeReports } = this.parts;
    const parts = { log, subjects, snapshots, index, removeReports };
    return forget(parts, subject, { ...options, session_id: "forget" });
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
