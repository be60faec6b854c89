import { openMemoryLog } from "../../engines/memory/memory-log.ts";
import { createCodec } from "../../event/codec.ts";
import type { StoredEvent } from "../../event/envelope.ts";
import type { PreparedEvent } from "../../event/prepared.ts";
import { runEffect } from "../../event/run-effect.ts";
import { memoryCursors } from "../../log/consumer-cursors.ts";
import type { EventLog } from "../../log/event-log.ts";
import { memorySnapshots, type SnapshotShelf } from "../../log/snapshot-shelf.ts";
import { memoryReplays } from "../../log/replay-journal.ts";
import { effectRules } from "../../projection/effects.ts";
import { memoryBlobs } from "../blobs.ts";
import { EventStore } from "../event-store.ts";
import type { SnapshotHabits } from "../snapshots/snapshot-keeper.ts";

/** A store in memory whose clock is in the test's hands. */
export interface HistoryStore {
  readonly store: EventStore;
  readonly log: EventLog;
  readonly shelf: SnapshotShelf;
  readonly warnings: string[];
  /** Records an event as it is, at its own `recorded_at`, also those that only the store may log. */
  record(event: StoredEvent): Promise<void>;
}

const LIMITS = { default_page_size: 100, max_page_size: 1_000, max_query_time_seconds: 0 };

/** Opens one, with snapshots made by hand unless `habits` say otherwise. */
export async function openHistoryStore(habits: Partial<SnapshotHabits> = {}): Promise<HistoryStore> {
  let now = 0;
  const clock = () => now;
  const log = openMemoryLog({ clock });
  const shelf = memorySnapshots();
  const warnings: string[] = [];
  const store = new EventStore({
    log,
    codec: await createCodec({ defaultSessionId: "history", unknownEvents: "ignore" }),
    index: undefined,
    cursors: memoryCursors(),
    blobs: memoryBlobs(),
    counters: undefined,
    limits: LIMITS,
    maxBatchEvents: 10_000,
    clock,
    warn: (message) => void warnings.push(message),
    snapshotShelf: shelf,
    subjects: undefined,
    removeReports: () => Promise.resolve(0),
    replays: memoryReplays(),
    replayRules: { effectOf: effectRules(), maxEvents: 10_000, skipNonIdempotent: false },
    snapshotHabits: {
      enabled: false,
      frequency: 10,
      min_events_for_snapshot: 1,
      compression: false,
      retention_days: 0,
      ...habits,
    },
    mayWrite: true,
    storageFigures: () =>
      Promise.resolve({ hot_bytes: 0, archived_bytes: 0, journal_bytes: 0, snapshots: 0 }),
  });
  const record = async (event: StoredEvent) => {
    now = Math.max(now, Date.parse(event.recorded_at));
    await log.append({ events: [preparedFrom(event)], expectedSequence: "any", onDuplicate: "conflict" });
  };
  return { store, log, shelf, warnings, record };
}

/** A stored event on its way into another log. */
export function preparedFrom(event: StoredEvent): PreparedEvent {
  const { event_type, metadata, causation_id, actor, issue_key } = event;
  const cause = causation_id === undefined ? "" : `,"causation_id":${JSON.stringify(causation_id)}`;
  return {
    event_id: event.event_id,
    event_type,
    event_version: event.event_version,
    timestamp: event.timestamp,
    stream: issue_key ?? "global",
    issue_key,
    session_id: event.session_id,
    default_session_id: event.session_id,
    correlation_id: event.correlation_id,
    phase: event.phase,
    idempotency_key: undefined,
    given: 0,
    actor_json: `${cause},"actor":${JSON.stringify(actor)}`,
    body_json: `,"metadata":${JSON.stringify(metadata)}`,
    effect: runEffect(event_type, metadata),
  };
}
