import type { StoredEvent } from "../event/envelope.ts";
import type { EventLogReader } from "../log/event-log.ts";
import type { QueryFilter } from "../query/filter.ts";
import type { History } from "./history.ts";
import type { Point } from "./moment.ts";

export interface PastOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What questions about the past are put to; an `EventStore` is one. */
export interface Past {
  readonly history: History;
  readonly log: EventLogReader;
  queryEvents(filter: QueryFilter, options?: PastOptions): AsyncIterable<StoredEvent>;
  getEvent(eventId: string): Promise<StoredEvent | undefined>;
}

/** A point that stays where it is while events are recorded. */
export type FixedPoint = Exclude<Point, { readonly kind: "latest" }>;

/** The point, the present taken as the newest event that there is now. */
export async function fixed(past: Past, stream: string, point: Point): Promise<FixedPoint> {
  if (point.kind !== "latest") return point;
  return { kind: "sequence", sequence: (await past.log.stream(stream))?.head_sequence ?? 0 };
}

/** The first event that a source gives. */
export async function firstOf(source: AsyncIterable<StoredEvent>): Promise<StoredEvent | undefined> {
  for await (const event of source) return event;
  return undefined;
}
