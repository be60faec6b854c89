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
  #lastLine: Uint8Array = new Uint8Array();

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

  /** @throws IntegrityError when the line is not JSON. */
  add(line: StoredLine): void {
    const event = storedEvent(line);
    const offset = this.#timestamps.length;
    if (this.parts.fields) this.#addFields(event, offset);
    if (this.parts.text) {
      for (const word of new Set(wordsOf(searchableText(event)))) post(this.#words, word, offset);
    }
    this.#timestamps.push(Date.parse(event.timestamp));
    this.#recorded.push(Date.parse(event.recorded_at));
    this.#lineBytes += line.bytes.length;
    this.#lastLine = line.bytes;
  }

  segment(): Segment {
    return {
      first: this.first,
      last: this.next - 1,
      full: this.isFull,
      text: this.parts.text,
      timestamp: spanOf(this.#timestamps),
      recorded: spanOf(this.#recorded),
      lastLineCrc: crc32(this.#lastLine),
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

function post(postings: Postings, value: string, offset: number): void {
  const offsets = postings.get(value);
  if (offsets === undefined) postings.set(value, [offset]);
  else if (offsets.at(-1) !== offset) offsets.push(offset);
}

/** Terms in order. Values that are cut to the same term are joined. */
function* termsOf(prefix: string, postings: Postings): Generator<TermEntry> {
  const terms = [...postings.keys()].map((value) => [termOf(prefix, value), value] as const);
  terms.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  for (let i = 0; i < terms.length;) {
    const [term] = terms[i]!;
    const offsets: number[][] = [];
    for (; terms[i]?.[0] === term; i++) offsets.push(postings.get(terms[i]![1])!);
    yield [term, offsets.length === 1 ? offsets[0]! : joined(offsets)];
  }
}

function joined(lists: readonly number[][]): number[] {
  return [...new Set(lists.flat())].sort((a, b) => a - b);
}
