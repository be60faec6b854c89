import assert from "node:assert/strict";
import { crc32 } from "node:zlib";

import type { StoredEvent } from "../../../event/envelope.ts";
import type { StoredLine } from "../../../log/event-log.ts";
import { commitsOf, EQUALITY_FIELDS, type EqualityField, FIELD_VALUES } from "../../../query/fields.ts";
import { storedEvent } from "../../../query/stored-event.ts";
import { searchableText, wordsOf } from "../../../query/words.ts";
import { PAGE, type Pages, type Segment, SEGMENT_EVENTS, SEGMENT_LINE_BYTES } from "./segment.ts";
import { encodeTerms, type TermEntry, termOf } from "./term-pages.ts";
import { encodeTimes, spanOf } from "./time-column.ts";

/** First character of a field's terms. */
export const FIELD_PREFIX = {
  actorId: "a",
  branch: "b",
  causationId: "c",
  correlationId: "d",
  eventTypes: "e",
  issueKey: "i",
  agentName: "n",
  phase: "p",
  sessionId: "s",
} as const satisfies Record<EqualityField, string>;
export const COMMIT_PREFIX = "z";

type Postings = Map<string, number[]>;

/** Which pages to build. */
export interface Parts {
  readonly fields: boolean;
  readonly text: boolean;
}

/** Gathers the events of one segment, in order of position, and makes its pages. */
export class SegmentBuilder {
  readonly first: number;
  readonly parts: Parts;
  readonly #fields = EQUALITY_FIELDS.map((field) => ({
    prefix: FIELD_PREFIX[field],
    valueOf: FIELD_VALUES[field],
    postings: new Map<string, number[]>(),
  })).sort((a, b) => (a.prefix < b.prefix ? -1 : 1));
  readonly #commits: Postings = new Map();
  readonly #words: Postings = new Map();
  readonly #timestamps: number[] = [];
  readonly #recorded: number[] = [];
  #lineBytes = 0;
  #events = 0;
  #lastLine: StoredLine | undefined;

  constructor(first: number, parts: Parts) {
    this.first = first;
    this.parts = parts;
  }

  /** The position to add next. */
  get next(): number {
    return this.first + this.#timestamps.length;
  }

  get isEmpty(): boolean {
    return this.#timestamps.length === 0;
  }

  get isFull(): boolean {
    return this.#timestamps.length >= SEGMENT_EVENTS || this.#lineBytes >= SEGMENT_LINE_BYTES;
  }

  /** Leaves out the positions before this one, as far as the segment reaches. */
  skipTo(position: number): void {
    while (this.next < position && !this.isFull) {
      this.#timestamps.push(Number.NaN);
      this.#recorded.push(Number.NaN);
    }
  }

  /** @throws IntegrityError when the line is not JSON. */
  add(line: StoredLine): void {
    assert.equal(line.position, this.next, "lines come in order of position");
    const event = storedEvent(line);
    const offset = this.#timestamps.length;
    if (this.parts.fields) this.#addFields(event, offset);
    if (this.parts.text) {
      for (const word of new Set(wordsOf(searchableText(event)))) post(this.#words, word, offset);
    }
    this.#timestamps.push(Date.parse(event.timestamp));
    this.#recorded.push(Date.parse(event.recorded_at));
    this.#lineBytes += line.bytes.length;
    this.#events += 1;
    this.#lastLine = line;
  }

  segment(): Segment {
    return {
      first: this.first,
      last: this.next - 1,
      full: this.isFull,
      text: this.parts.text,
      timestamp: spanOf(this.#timestamps),
      recorded: spanOf(this.#recorded),
      sparse: this.#events < this.#timestamps.length,
      end: { position: this.#lastLine?.position ?? 0, crc: crc32(this.#lastLine?.bytes ?? "") },
    };
  }

  pages(): Pages {
    const pages = new Map<number, Buffer>();
    const size = this.#timestamps.length;
    if (this.parts.fields) {
      pages.set(PAGE.timestamp, encodeTimes(this.#timestamps));
      pages.set(PAGE.recorded, encodeTimes(this.#recorded));
      encodeTerms(this.#fieldTerms(), size).forEach((page, i) => pages.set(PAGE.fields + i, page));
    }
    if (this.parts.text) {
      encodeTerms(termsOf("", this.#words), size).forEach((page, i) => pages.set(PAGE.text + i, page));
    }
    return pages;
  }

  #addFields(event: StoredEvent, offset: number): void {
    for (const { valueOf, postings } of this.#fields) {
      const value = valueOf(event);
      if (value !== undefined) post(postings, value, offset);
    }
    for (const commit of commitsOf(event)) post(this.#commits, commit, offset);
  }

  *#fieldTerms(): Generator<TermEntry> {
    for (const { prefix, postings } of this.#fields) yield* termsOf(prefix, postings);
    yield* termsOf(COMMIT_PREFIX, this.#commits);
  }
}

/** A stored segment built again from the lines behind its first position. */
export async function rebuild(
  chunks: AsyncIterable<readonly StoredLine[]>,
  { first, last }: Segment,
  parts: Parts,
): Promise<SegmentBuilder> {
  const builder = new SegmentBuilder(first, parts);
  for await (const lines of chunks) {
    for (const line of lines) {
      builder.skipTo(Math.min(line.position, last + 1));
      if (line.position > last) return builder;
      builder.add(line);
    }
    if (builder.next > last) return builder;
  }
  builder.skipTo(last + 1);
  return builder;
}

function post(postings: Postings, value: string, offset: number): void {
  const term = termOf(value);
  const offsets = postings.get(term);
  if (offsets === undefined) postings.set(term, [offset]);
  else if (offsets.at(-1) !== offset) offsets.push(offset);
}

/** Terms in order, with the field's prefix. */
function* termsOf(prefix: string, postings: Postings): Generator<TermEntry> {
  for (const term of [...postings.keys()].sort()) yield [prefix + term, postings.get(term) ?? []];
}
