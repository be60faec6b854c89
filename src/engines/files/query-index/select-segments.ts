import type { Interval, Selection } from "../../../query/event-index.ts";
import type { CompiledFilter, QueryOrder } from "../../../query/filter.ts";
import { evaluate } from "./evaluate.ts";
import type { IndexDatabase } from "./index-database.ts";
import type { Segment } from "./segment.ts";

/** Longest that one look at the file may take before other tasks get a turn, in ms. */
const SLICE_MS = 5;

export interface Slice {
  readonly interval: Interval;
  readonly order: QueryOrder;
  readonly limit: number;
}

/** The segments, from the first on, that can answer a filter. */
export function usableSegments(segments: readonly Segment[], filter: CompiledFilter): readonly Segment[] {
  const end = filter.words.length === 0 ? -1 : segments.findIndex(({ text }) => !text);
  return end < 0 ? segments : segments.slice(0, end);
}

/** Positions that may match, from as many segments as fit into a short time. At least one is looked at. */
export function selectSlice(database: IndexDatabase, filter: CompiledFilter, slice: Slice): Selection {
  const { order, limit } = slice;
  const segments = usableSegments(database.segments(), filter);
  const end_ms = performance.now() + SLICE_MS;
  const positions: number[] = [];
  let rest = slice.interval;
  for (
    let segment = nextSegment(segments, rest, order);
    segment;
    segment = nextSegment(segments, rest, order)
  ) {
    for (const position of candidates(database, filter, { segment, order, interval: rest })) {
      positions.push(position);
      if (positions.length === limit) return { positions, rest: behind(rest, order, position), more: true };
    }
    rest = behind(
      rest,
      order,
      order === "asc" ? Math.min(segment.last, rest.high) : Math.max(segment.first, rest.low + 1),
    );
    if (performance.now() >= end_ms) return { positions, rest, more: true };
  }
  return { positions, rest, more: false };
}

/** The segment that holds the interval's next position; undefined when none does or nothing is left. */
function nextSegment(
  segments: readonly Segment[],
  { low, high }: Interval,
  order: QueryOrder,
): Segment | undefined {
  if (low >= high) return undefined;
  const next = order === "asc" ? low + 1 : high;
  return segments.find(({ first, last }) => first <= next && next <= last);
}

interface Candidates {
  readonly segment: Segment;
  readonly order: QueryOrder;
  readonly interval: Interval;
}

function* candidates(
  database: IndexDatabase,
  filter: CompiledFilter,
  { segment, order, interval }: Candidates,
): Generator<number> {
  const pages = new Map<number, Buffer>();
  const bits = evaluate(filter, segment, (page) => {
    const known = pages.get(page) ?? database.page(segment.first, page);
    pages.set(page, known);
    return known;
  });
  if (bits === undefined) return;
  for (const offset of order === "asc" ? bits.ascending() : bits.descending()) {
    const position = segment.first + offset;
    if (position > interval.low && position <= interval.high) yield position;
  }
}

function behind({ low, high }: Interval, order: QueryOrder, position: number): Interval {
  return order === "asc" ? { low: position, high } : { low, high: position - 1 };
}
