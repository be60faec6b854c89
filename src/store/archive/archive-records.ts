import type { Actor, JsonObject, StoredEvent } from "../../event/envelope.ts";
import { type EventOf, isEventOf } from "../../event/registry.ts";
import { StoreLockedError } from "../../errors.ts";
import type { ArchiveShelf, ClosedDayFile } from "../../log/archive-shelf.ts";
import type { EventLog, Placement } from "../../log/event-log.ts";
import { storeEvent } from "../../log/store-event.ts";
import type { QueryFilter } from "../../query/filter.ts";

/** What archiving works with. */
export interface ArchiveParts {
  readonly shelf: ArchiveShelf;
  /** Writes the housekeeping events. */
  append(request: Parameters<EventLog["append"]>[0]): Promise<readonly Placement[]>;
  queryEvents(filter: QueryFilter): AsyncIterable<StoredEvent>;
  /** Epoch ms. */
  readonly clock: () => number;
  readonly session: string;
  /** Who asked for it; default the store itself. */
  readonly actor?: Actor | undefined;
}

const MOVES = ["StoreArchived", "StoreArchiveRestored", "StorePruned"] as const;
/** A move of a file, as its stream tells of it. */
export type MoveRecord = EventOf<(typeof MOVES)[number]>;

/** The last recorded move of each file of a stream, by the file's name. */
export async function lastMoves(parts: ArchiveParts, stream: string): Promise<Map<string, MoveRecord>> {
  const last = new Map<string, MoveRecord>();
  const filter = { ...ofStream(stream), eventTypes: MOVES, includeVoided: true } as const;
  for await (const event of parts.queryEvents(filter)) {
    const move = MOVES.some((type) => isEventOf(event, type)) ? (event as MoveRecord) : undefined;
    if (move !== undefined) last.set(move.metadata.file, move);
  }
  return last;
}

/** The events of a stream, for a query; those without an issue stand in `global`. */
export function ofStream(stream: string): QueryFilter {
  return { issueKey: stream };
}

/** Records a housekeeping event; durable on return. */
export async function record(
  parts: Pick<ArchiveParts, "append" | "session" | "actor">,
  event: { readonly type: `Store${string}`; readonly stream: string; readonly metadata: JsonObject },
): Promise<Placement> {
  const { session: session_id, actor } = parts;
  const [placement] = await parts.append({
    events: [storeEvent({ ...event, session_id, actor })],
    expectedSequence: "any",
    onDuplicate: "conflict",
    durability: "sync",
    summaries: false,
  });
  if (placement === undefined) throw new Error("the engine acknowledged nothing");
  return placement;
}

/**
 * Works on the archive while nobody else does.
 * @throws StoreLockedError when another process archives, prunes or backs up.
 */
export async function withArchiveLock<T>(shelf: ArchiveShelf, work: () => Promise<T>): Promise<T> {
  const release = await shelf.tryLock();
  if (release === undefined) {
    throw new StoreLockedError(
      "ESO_STORE_LOCKED",
      "another process is archiving, pruning or backing up this store; nothing was done",
      { hint: "Try again when it has finished.", details: { waited_ms: 0 } },
    );
  }
  try {
    return await work();
  } finally {
    release();
  }
}

const DAY_MS = 86_400_000;

/** Whether a day ended at least so many days ago. */
export function isOlderThan(day: string, days: number, now: number): boolean {
  return Date.parse(day) + (days + 1) * DAY_MS <= now;
}

/** A file's stream, as a command names it. */
export function isOfIssue(file: ClosedDayFile, issue: string | undefined): boolean {
  return issue === undefined || file.stream === issue;
}
