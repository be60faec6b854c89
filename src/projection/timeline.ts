import type { Actor, StoredEvent } from "../event/envelope.ts";
import { summarise, type Tone } from "./event-summary.ts";
import type { Projection } from "./projection.ts";

/** An event as a timeline shows it. `text` holds event text as it is: escape it before showing it. */
export interface TimelineEntry {
  readonly sequence: number;
  readonly event_id: string;
  readonly timestamp: string;
  readonly recorded_at: string;
  /** Something that happened later had been recorded before it. */
  readonly late: boolean;
  readonly phase: string | null;
  readonly type: string;
  readonly actor: Actor;
  readonly text: string;
  readonly tone: Tone;
}

export interface TimelineFold {
  readonly entries: TimelineEntry[];
  newest: string;
}

/**
 * Every event of an issue in a line of plain words, in the order in which they happened.
 *
 * @example
 * ```ts
 * const entries = await store.project(timeline, { issueKey: "PROJ-123" });
 * for (const { timestamp, text, late } of entries) console.log(timestamp, text, late ? "(recorded late)" : "");
 * ```
 */
export const timeline: Projection<TimelineFold, readonly TimelineEntry[]> = {
  name: "timeline",
  version: 1,
  initial: () => ({ entries: [], newest: "" }),
  apply(fold, event) {
    fold.entries.push(entryOf(event, event.timestamp < fold.newest));
    if (event.timestamp > fold.newest) fold.newest = event.timestamp;
    return fold;
  },
  result: ({ entries }) => entries.toSorted(inTime),
};

function entryOf(event: StoredEvent, late: boolean): TimelineEntry {
  const { event_sequence, event_id, timestamp, recorded_at, phase = null, event_type, actor } = event;
  const base = { sequence: event_sequence, event_id, timestamp, recorded_at, late };
  return { ...base, phase, type: event_type, actor, ...summarise(event) };
}

function inTime(a: TimelineEntry, b: TimelineEntry): number {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp ? -1 : 1;
  return a.sequence - b.sequence;
}
