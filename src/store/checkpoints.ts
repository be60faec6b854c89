import { hash, randomUUID } from "node:crypto";

import { ConflictError, IntegrityError, NotFoundError } from "../errors.ts";
import { type Actor, GLOBAL_STREAM, type Json, type StoredEvent } from "../event/envelope.ts";
import { isObject } from "../event/envelope-rules.ts";
import { type EventOf, type InputOf, isEventOf } from "../event/registry.ts";
import { suggest } from "../event/suggest.ts";
import type { EventLogReader } from "../log/event-log.ts";
import { applyEvent, STATE_VERSION } from "../projection/state/apply-event.ts";
import type { OrchestrationState } from "../projection/state/orchestration-state.ts";
import type { QueryFilter } from "../query/filter.ts";
import type { Ack } from "./append.ts";
import { type History, initialState } from "./history.ts";

/** What checkpoints are made with; a store has all of it. */
export interface CheckpointParts {
  readonly log: Pick<EventLogReader, "stream">;
  readonly history: Pick<History, "events">;
  queryEvents(filter: QueryFilter): AsyncIterable<StoredEvent>;
  record(event: InputOf<"CheckpointCreated"> | InputOf<"CheckpointRestored">): Promise<Ack>;
  /** Keeps the state at hand, where the store has a place for it. */
  snapshot?(stream: string, sequence: number): Promise<unknown>;
}

export interface CheckpointOptions {
  readonly actor: Actor;
  /** Default a short random name. */
  readonly checkpointId?: string | undefined;
  readonly reason?: string | undefined;
  /** The commit that belongs to it. */
  readonly gitSha?: string | undefined;
  /** Whether the commit holds everything that the working copy held. */
  readonly canRollback?: boolean | undefined;
}

/** A checkpoint as the log tells of it. */
export interface Checkpoint {
  readonly checkpoint_id: string;
  readonly event_id: string;
  readonly event_sequence: number;
  readonly timestamp: string;
  readonly actor: Actor;
  readonly phase: string | null;
  readonly reason: string | null;
  readonly git_sha: string | null;
  readonly can_rollback: boolean | null;
  /** The state that it recorded; null when it was logged without one. */
  readonly state: RecordedState | null;
  /** When the work was taken back to it. */
  readonly restored: readonly string[];
}

/** Which state a checkpoint means: that behind an event, and how to tell that it is the same. */
export interface RecordedState {
  readonly sequence: number;
  /** Of the state as canonical JSON, hex. */
  readonly sha256: string;
  readonly version: number | null;
  /** The first digits of the digest of each part of the state, to say what differs. */
  readonly parts: Readonly<Record<string, string>>;
}

export interface RestoreOptions {
  readonly actor: Actor;
  readonly reason?: string | undefined;
}

const PART_DIGITS = 8;
const REFERENCE = /^seq:(\d{1,15}) sha256:([0-9a-f]{64})$/;

/**
 * Records where the work stands, with a digest of the state that a later restore is checked against.
 * @throws NotFoundError for an unknown issue, ConflictError when the name is taken.
 */
export async function createCheckpoint(
  parts: CheckpointParts,
  stream: string,
  options: CheckpointOptions,
): Promise<Checkpoint> {
  const info = await parts.log.stream(stream);
  if (info === undefined) throw notFound(`there are no events of ${stream}`, stream);
  const sequence = info.head_sequence;
  const state = await stateBehind(parts, stream, sequence);
  const sha256 = digestOf(state);
  const { actor, reason, gitSha, canRollback } = options;
  const checkpoint_id = await freeName(parts, stream, options.checkpointId);
  const event: InputOf<"CheckpointCreated"> = {
    event_type: "CheckpointCreated",
    ...keyOf(stream),
    actor,
    metadata: {
      checkpoint_id,
      checkpoint_phase: state.current_phase ?? undefined,
      checkpoint_reason: reason,
      state_snapshot: `seq:${sequence} sha256:${sha256}`,
      git_sha: gitSha,
      can_rollback: canRollback,
      state_version: STATE_VERSION,
      state_parts: partsOf(state),
    },
  };
  const ack = await parts.record(event);
  // Derived: the checkpoint stands without it.
  await parts.snapshot?.(stream, sequence).catch(() => undefined);
  return {
    checkpoint_id,
    event_id: ack.event_id,
    event_sequence: ack.event_sequence,
    timestamp: ack.recorded_at,
    actor,
    phase: state.current_phase,
    reason: reason ?? null,
    git_sha: gitSha ?? null,
    can_rollback: canRollback ?? null,
    state: { sequence, sha256, version: STATE_VERSION, parts: partsOf(state) },
    restored: [],
  };
}

async function freeName(parts: CheckpointParts, stream: string, wanted: string | undefined): Promise<string> {
  if (wanted === undefined) return `cp-${randomUUID().slice(0, 8)}`;
  const before = (await listCheckpoints(parts, stream)).find(({ checkpoint_id }) => checkpoint_id === wanted);
  if (before === undefined) return wanted;
  const { event_sequence } = before;
  throw new ConflictError(
    "ESO_CONFLICT",
    `${stream} has a checkpoint ${wanted} already, #${event_sequence}`,
    {
      hint: "Choose another name, or leave it out.",
      details: { stream, expected: "a name that is free", actual: event_sequence },
    },
  );
}

/** An issue's checkpoints, oldest first. */
export async function listCheckpoints(
  parts: Pick<CheckpointParts, "queryEvents">,
  stream: string,
): Promise<readonly Checkpoint[]> {
  const found: Checkpoint[] = [];
  const restored = new Map<string, string[]>();
  const filter: QueryFilter = { issueKey: stream, eventTypes: ["CheckpointCreated", "CheckpointRestored"] };
  for await (const event of parts.queryEvents(filter)) {
    if (isEventOf(event, "CheckpointCreated")) found.push(checkpointOf(event, restored));
    if (!isEventOf(event, "CheckpointRestored")) continue;
    restored.get(event.metadata.checkpoint_id)?.push(event.timestamp);
  }
  return found;
}

/**
 * Checks that the log still leads to the state that a checkpoint recorded, and records that the work was taken back
 * to it. Changes nothing outside of the log.
 * @throws NotFoundError for an unknown checkpoint, or one that recorded no state.
 * @throws IntegrityError when the state is another one; nothing is recorded.
 */
export async function restoreCheckpoint(
  parts: CheckpointParts,
  stream: string,
  request: RestoreOptions & { readonly checkpointId: string },
): Promise<{ readonly checkpoint: Checkpoint; readonly ack: Ack }> {
  const all = await listCheckpoints(parts, stream);
  const checkpoint = all.findLast(({ checkpoint_id }) => checkpoint_id === request.checkpointId);
  if (checkpoint === undefined) throw unknownCheckpoint(stream, request.checkpointId, all);
  await validate(parts, stream, checkpoint);
  const ack = await parts.record({
    event_type: "CheckpointRestored",
    ...keyOf(stream),
    actor: request.actor,
    causation_id: checkpoint.event_id,
    metadata: {
      checkpoint_id: checkpoint.checkpoint_id,
      restore_reason: request.reason,
      restored_by: request.actor.id,
      state_validated: true,
    },
  });
  return { checkpoint, ack };
}

async function validate(parts: CheckpointParts, stream: string, checkpoint: Checkpoint): Promise<void> {
  const { state: recorded, checkpoint_id } = checkpoint;
  if (recorded === null) throw noState(checkpoint_id);
  const { sequence, sha256, version } = recorded;
  const state = await stateBehind(parts, stream, sequence);
  if (digestOf(state) === sha256) return;
  const now = partsOf(state);
  const names = new Set([...Object.keys(recorded.parts), ...Object.keys(now)]);
  const differs = [...names].filter((name) => recorded.parts[name] !== now[name]);
  const where = differs.length === 0 ? "" : `; it differs in ${differs.join(", ")}`;
  const hint =
    version === STATE_VERSION
      ? "Stored events were changed since, or the checkpoint was. eso verify finds changed lines; a backup has the old ones."
      : `The checkpoint's digest was made by another version of this program (states of version ${version ?? "unknown"}, now ${STATE_VERSION}): use that one, or make a new checkpoint.`;
  throw new IntegrityError(
    "ESO_LOG_DAMAGED",
    `the state of ${stream} behind event ${sequence} is not the one that checkpoint ${checkpoint_id} recorded${where}; nothing was recorded`,
    { hint, details: { file: stream, line: sequence } },
  );
}

/** From the events alone: a snapshot would agree with the checkpoint that was made along with it, whatever the log says. */
async function stateBehind(
  { history }: Pick<CheckpointParts, "history">,
  stream: string,
  sequence: number,
): Promise<OrchestrationState> {
  const state = initialState(stream);
  for await (const event of history.events(stream, { kind: "sequence", sequence })) applyEvent(state, event);
  return state;
}

function checkpointOf(event: EventOf<"CheckpointCreated">, restored: Map<string, string[]>): Checkpoint {
  const { checkpoint_id, checkpoint_phase, checkpoint_reason, git_sha, can_rollback } = event.metadata;
  const times: string[] = [];
  restored.set(checkpoint_id, times);
  return {
    checkpoint_id,
    event_id: event.event_id,
    event_sequence: event.event_sequence,
    timestamp: event.timestamp,
    actor: event.actor,
    phase: checkpoint_phase ?? null,
    reason: checkpoint_reason ?? null,
    git_sha: git_sha ?? null,
    can_rollback: can_rollback ?? null,
    state: stateIn(event),
    restored: times,
  };
}

function stateIn({ metadata }: EventOf<"CheckpointCreated">): RecordedState | null {
  const { state_snapshot, state_version, state_parts } = metadata;
  const [, sequence, sha256] = (typeof state_snapshot === "string" && REFERENCE.exec(state_snapshot)) || [];
  if (sequence === undefined || sha256 === undefined) return null;
  const parts = Object.entries(isObject(state_parts) ? state_parts : {}).flatMap(([name, digits]) =>
    typeof digits === "string" ? [[name, digits] as const] : [],
  );
  const version = typeof state_version === "number" ? state_version : null;
  return { sequence: Number(sequence), sha256, version, parts: Object.fromEntries(parts) };
}

function partsOf(state: OrchestrationState): Record<string, string> {
  const parts = Object.entries(state).map(([name, part]) => [name, digestOf(part).slice(0, PART_DIGITS)]);
  return Object.fromEntries(parts) as Record<string, string>;
}

/** SHA-256 of a value as canonical JSON: keys in order of their UTF-16 code units, no white space. */
function digestOf(value: unknown): string {
  return hash("sha256", JSON.stringify(sorted(value as Json)));
}

function sorted(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(sorted);
  const names = Object.keys(value).sort();
  return Object.fromEntries(
    names.map((name) => [name, sorted((value as Record<string, Json>)[name] ?? null)]),
  );
}

function keyOf(stream: string): { readonly issue_key?: string } {
  return stream === GLOBAL_STREAM ? {} : { issue_key: stream };
}

function unknownCheckpoint(stream: string, id: string, all: readonly Checkpoint[]): NotFoundError {
  const ids = all.map(({ checkpoint_id }) => checkpoint_id);
  return new NotFoundError("ESO_NOT_FOUND", `${stream} has no checkpoint ${id}`, {
    hint: `eso checkpoint list ${stream} shows those that there are.`,
    details: { what: id, suggestions: suggest(id, ids) },
  });
}

function noState(id: string): NotFoundError {
  return new NotFoundError("ESO_NOT_FOUND", `checkpoint ${id} recorded no state to compare with`, {
    hint: "Checkpoints that eso checkpoint create makes have one; for others, log CheckpointRestored yourself.",
    details: { what: id },
  });
}

function notFound(message: string, what: string): NotFoundError {
  return new NotFoundError("ESO_NOT_FOUND", message, { details: { what } });
}
