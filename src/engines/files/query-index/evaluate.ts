import type { CompiledFilter } from "../../../query/filter.ts";
import { sameCommit, SHA_MIN } from "../../../query/fields.ts";
import type { TimeRange } from "../../../query/time.ts";
import { Bits } from "./bits.ts";
import { PAGE, type Segment } from "./segment.ts";
import { COMMIT_PREFIX, FIELD_PREFIX } from "./segment-builder.ts";
import { addPrefix, addTerm, pageCount, pageOfTerm, termOf } from "./term-pages.ts";
import { addWithin, type Span } from "./time-column.ts";

/** Gives a page of the segment that is being looked at; throws when it is missing or damaged. */
export type ReadPage = (page: number) => Buffer;

/** Offsets of the segment's events that may match; undefined when none does. */
export function evaluate(filter: CompiledFilter, segment: Segment, read: ReadPage): Bits | undefined {
  if (misses(filter.timestamp, segment.timestamp) || misses(filter.recorded, segment.recorded))
    return undefined;
  const found = new Bits(segment.last - segment.first + 1);
  found.addAll();
  for (const condition of conditionsOf(filter, segment, read)) {
    const bits = new Bits(found.size);
    condition(bits);
    if (!found.keepOnly(bits)) return undefined;
  }
  return found;
}

/** Positions without an event have no time. */
const ALWAYS: TimeRange = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

type Condition = (bits: Bits) => void;

function* conditionsOf(filter: CompiledFilter, segment: Segment, read: ReadPage): Generator<Condition> {
  const { commit } = filter;
  if (segment.sparse) {
    yield (bits) => addWithin(read(PAGE.recorded), { min: segment.recorded.min, range: ALWAYS }, bits);
  }
  for (const { field, values } of filter.equals) {
    yield (bits) => {
      for (const value of values) addValue(read, FIELD_PREFIX[field] + termOf(value), bits);
    };
  }
  if (commit !== undefined) yield (bits) => addCommit(read, commit, bits);
  for (const word of filter.words) yield (bits) => addWord(read, termOf(word), bits);
  if (filter.timestamp !== undefined)
    yield timeCondition(filter.timestamp, segment.timestamp, () => read(PAGE.timestamp));
  if (filter.recorded !== undefined)
    yield timeCondition(filter.recorded, segment.recorded, () => read(PAGE.recorded));
}

function addValue(read: ReadPage, term: string, bits: Bits): void {
  const directory = read(PAGE.fields);
  if (pageCount(directory) > 0) addTerm(read(PAGE.fields + 1 + pageOfTerm(directory, term)), term, bits);
}

function addCommit(read: ReadPage, commit: string, bits: Bits): void {
  const prefix = COMMIT_PREFIX + commit.slice(0, SHA_MIN);
  const wanted = (term: string) => sameCommit(term.slice(COMMIT_PREFIX.length), commit);
  addAll(read, { base: PAGE.fields, prefix, wanted }, bits);
}

function addWord(read: ReadPage, prefix: string, bits: Bits): void {
  addAll(read, { base: PAGE.text, prefix }, bits);
}

interface PrefixSearch {
  readonly base: number;
  readonly prefix: string;
  readonly wanted?: (term: string) => boolean;
}

function addAll(read: ReadPage, { base, ...search }: PrefixSearch, bits: Bits): void {
  const directory = read(base);
  const pages = pageCount(directory);
  for (let page = pageOfTerm(directory, search.prefix); page < pages; page++) {
    if (!addPrefix(read(base + 1 + page), search, bits)) return;
  }
}

function timeCondition(range: TimeRange, span: Span, column: () => Buffer): Condition {
  return (bits) => {
    if (range.from <= span.min && span.max < range.to) bits.addAll();
    else addWithin(column(), { min: span.min, range }, bits);
  };
}

function misses(range: TimeRange | undefined, span: Span): boolean {
  return range !== undefined && !(span.max >= range.from && span.min < range.to);
}
