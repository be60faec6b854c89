import type { StoredEvent } from "../../event/envelope.ts";
import { GIVEN, type PreparedEvent } from "../../event/prepared.ts";
import { ValidationError } from "../../errors.ts";
import { companionsBehind, type Companions, type RangeLine } from "../../log/companions.ts";
import { duplicateConflict, sameInput } from "../../log/duplicate.ts";
import type { AppendRequest, Durability, Placement } from "../../log/event-log.ts";
import { checkExpectedSequence } from "../../log/expected-sequence.ts";
import { factSeen } from "../../log/fact-seen.ts";
import { stamp, type StampedEvent } from "../../log/stamp.ts";
import type { CatalogHead } from "./catalog.ts";
import {
  BODY_BYTES_MAX,
  CHANGES_RUN,
  eventHeader,
  type EventPlace,
  type FrameBody,
  type FrameEvent,
  HEADER_BYTES,
} from "./frame.ts";
import { idHash, keyHash } from "./id-hash.ts";
import { dayOf } from "./layout.ts";

/** What a plan asks of the log as it stands. */
export interface PlanSource {
  headOf(stream: string): CatalogHead;
  /** Stored events whose id or natural key may have this hash, with their `flags`. */
  candidates(hash: number): { event: StoredEvent; flags: number }[];
  /** The lines of a stream from a sequence to its stored end. */
  range(stream: string, from: number): RangeLine[];
  readonly companions: Companions | undefined;
}

/** Where the plan's events will stand. */
export interface PlanPlace {
  readonly journal: number;
  /** Where the frame will start. */
  readonly at: number;
  readonly firstPosition: number;
  readonly recordedMs: number;
}

type Unplaced = Omit<Placement, "head_sequence" | "durability">;

/**
 * One batch in the making: requests are added one by one, each wholly or not at all, and the result is the
 * body of one frame. Nothing outside is changed until the frame is written.
 */
export class BatchPlan {
  readonly events: FrameEvent[] = [];
  readonly heads = new Map<string, CatalogHead>();
  readonly #source: PlanSource;
  readonly #place: PlanPlace;
  readonly #recordedAt: string;
  readonly #day: string;
  readonly #headers: string[] = [];
  readonly #lines: Buffer[] = [];
  readonly #byHash = new Map<number, number[]>();
  #bytes = 0;

  constructor(source: PlanSource, place: PlanPlace) {
    this.#source = source;
    this.#place = place;
    this.#recordedAt = new Date(place.recordedMs).toISOString();
    this.#day = dayOf(place.recordedMs);
  }

  /** The frame's body: event headers and lines, one behind the other. */
  get body(): FrameBody {
    return { headers: this.#headers, lines: this.#lines, bytes: this.#bytes };
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Adds all events of a request, or throws and leaves the plan as it was.
   * @throws ConflictError, ValidationError
   */
  add(request: AppendRequest, durability: Durability): Placement[] {
    const before = { events: this.events.length, bytes: this.#bytes, heads: [] as Touched };
    try {
      const placed = this.#addAll(request, before.heads);
      if (this.#bytes > BODY_BYTES_MAX) throw tooLarge(this.#bytes);
      return placed.map((one) => ({ ...one, head_sequence: this.#headOf(one.stream).sequence, durability }));
    } catch (error) {
      this.#undo(before);
      throw error;
    }
  }

  #addAll(request: AppendRequest, touched: Touched): Unplaced[] {
    const { expectedSequence, events } = request;
    // A retry of what is known already must succeed whatever has happened since.
    const isRetry = expectedSequence !== "any" && events.every((event) => this.#known(event) !== undefined);
    if (!isRetry) this.#checkExpectation(request);
    return events.map((event) => {
      const first = this.#known(event);
      return first === undefined
        ? this.#append(event, { request, touched })
        : this.#settleDuplicate(event, first, { request, touched });
    });
  }

  #checkExpectation(request: AppendRequest): void {
    const { expectedSequence } = request;
    if (expectedSequence === "any") return;
    const [first, ...others] = new Set(request.events.map((event) => event.stream));
    if (first === undefined) return;
    if (others.length > 0) throw severalStreams();
    checkExpectedSequence(first, expectedSequence, this.#headOf(first).sequence);
  }

  #headOf(stream: string): CatalogHead {
    return this.heads.get(stream) ?? this.#source.headOf(stream);
  }

  /** Whether this event's id or natural key is taken; ids that the store made need no look. */
  #known(event: PreparedEvent): Found | undefined {
    const key = event.idempotency_key;
    if ((event.given & GIVEN.event_id) !== 0) {
      const found = this.#find(idHash(event.event_id), (stored) => stored.event_id === event.event_id);
      if (found !== undefined) return found;
    }
    return key === undefined
      ? undefined
      : this.#find(keyHash(key), (stored) => stored.idempotency_key === key);
  }

  #find(hash: number, is: (stored: StoredEvent) => boolean): Found | undefined {
    for (const index of this.#byHash.get(hash) ?? []) {
      const event = this.#eventAt(index);
      if (is(event)) return { event, flags: (this.events[index] as FrameEvent).flags };
    }
    return this.#source.candidates(hash).find(({ event }) => is(event));
  }

  #settleDuplicate(event: PreparedEvent, first: Found, context: Context): Unplaced {
    if (!sameInput(event, first.event, first.flags & ~CHANGES_RUN)) {
      if (context.request.onDuplicate !== "same-fact" || event.event_type !== first.event.event_type) {
        throw duplicateConflict(event, first.event);
      }
      const sighting = factSeen(event, first.event);
      if (sighting !== undefined && this.#known(sighting) === undefined) this.#put(sighting, context.touched);
    }
    const { event_id, event_sequence, position, recorded_at, issue_key } = first.event;
    return {
      event_id,
      stream: issue_key ?? "global",
      event_sequence,
      position,
      recorded_at,
      duplicate: true,
    };
  }

  /** An event, and what is due behind it. */
  #append(event: PreparedEvent, { request, touched }: Context): Unplaced {
    const { runs } = this.#headOf(event.stream);
    const { fact, placed } = this.#put(event, touched);
    const { companions } = this.#source;
    if (companions === undefined || runs.length === 0 || request.summaries === false) return placed;
    const read = (from: number): RangeLine[] => this.#range(event.stream, from, fact.sequence);
    const behind = companionsBehind(companions, { event, fact, runs }, read);
    for (const companion of behind) this.#put(companion, touched);
    return placed;
  }

  /** The lines of a stream from one sequence to another, the last of which this plan holds. */
  #range(stream: string, from: number, to: number): RangeLine[] {
    const own: RangeLine[] = [];
    let next = to;
    for (let index = this.events.length - 1; index >= 0 && next >= from; index--) {
      const { stream: of, sequence, type = "", leafHash = "" } = this.events[index] as FrameEvent;
      if (of !== stream || sequence !== next) continue;
      own.push({ sequence, event_type: type, leaf_hash: leafHash, read: () => this.#eventAt(index) });
      next--;
    }
    return next < from ? own.reverse() : [...this.#source.range(stream, from), ...own.reverse()];
  }

  #eventAt(index: number): StoredEvent {
    return JSON.parse((this.#lines[index] as Buffer).toString()) as StoredEvent;
  }

  #put(event: PreparedEvent, touched: Touched): { fact: StampedEvent["fact"]; placed: Unplaced } {
    const head = this.#headOf(event.stream);
    touched.push([event.stream, head]);
    const position = this.#place.firstPosition + this.events.length;
    const stamped = stamp(event, head, { position, recordedAt: this.#recordedAt });
    const fileOffset = head.day === this.#day ? head.fileEnd : 0;
    const key = event.idempotency_key;
    const place = {
      stream: event.stream,
      fileOffset,
      length: stamped.stored.length - 1,
      sequence: stamped.head.sequence,
      flags: event.given | (stamped.head.runs === head.runs ? 0 : CHANGES_RUN),
      idHash: idHash(event.event_id),
      keyHash: key === undefined ? -1 : keyHash(key),
    };
    this.#push(place, { position, type: event.event_type, leafHash: stamped.head.hash }, stamped.stored);
    this.heads.set(event.stream, {
      sequence: stamped.head.sequence,
      hash: stamped.head.hash,
      runs: stamped.head.runs,
      day: this.#day,
      fileEnd: fileOffset + stamped.stored.length,
      lastPosition: position,
      recordedMs: this.#place.recordedMs,
    });
    const placed = {
      event_id: event.event_id,
      stream: event.stream,
      event_sequence: place.sequence,
      position,
      recorded_at: this.#recordedAt,
      duplicate: false,
    };
    return { fact: stamped.fact, placed };
  }

  #push(place: EventPlace, known: Pick<FrameEvent, "position" | "type" | "leafHash">, line: Buffer): void {
    const header = eventHeader(place);
    const headerBytes = Buffer.byteLength(header);
    const lineAt = this.#place.at + HEADER_BYTES + this.#bytes + headerBytes;
    const { recordedMs } = this.#place;
    const index = this.events.length;
    this.events.push({
      stream: place.stream,
      fileOffset: place.fileOffset,
      length: place.length,
      sequence: place.sequence,
      position: known.position,
      recordedMs,
      flags: place.flags,
      idHash: place.idHash,
      keyHash: place.keyHash,
      journal: this.#place.journal,
      lineAt,
      type: known.type,
      leafHash: known.leafHash,
      before: undefined,
    });
    this.#headers.push(header);
    this.#lines.push(line);
    this.#bytes += headerBytes + line.length;
    // Nobody can know an id that the store has just made.
    if ((place.flags & GIVEN.event_id) !== 0) this.#remember(place.idHash, index);
    if (place.keyHash >= 0) this.#remember(place.keyHash, index);
  }

  #remember(hash: number, index: number): void {
    const known = this.#byHash.get(hash);
    if (known === undefined) this.#byHash.set(hash, [index]);
    else known.push(index);
  }

  #undo(before: { events: number; bytes: number; heads: Touched }): void {
    // Backwards, so that a stream touched twice ends as it began.
    for (const [stream, head] of before.heads.reverse()) this.heads.set(stream, head);
    this.events.length = before.events;
    this.#headers.length = before.events;
    this.#lines.length = before.events;
    this.#bytes = before.bytes;
    for (const [hash, indexes] of this.#byHash) {
      const kept = indexes.filter((index) => index < before.events);
      if (kept.length === 0) this.#byHash.delete(hash);
      else this.#byHash.set(hash, kept);
    }
  }
}

/** Heads as they were before a request moved them. */
type Touched = [stream: string, head: CatalogHead][];

interface Found {
  readonly event: StoredEvent;
  readonly flags: number;
}

interface Context {
  readonly request: AppendRequest;
  readonly touched: Touched;
}

function severalStreams(): ValidationError {
  return new ValidationError("ESO_INVALID_QUERY", "expectedSequence goes with the events of one stream", {
    hint: 'Append per stream, or leave expectedSequence at "any".',
    details: { issues: [{ path: "$.expectedSequence", message: "several streams in one append" }] },
  });
}

function tooLarge(bytes: number): ValidationError {
  const message = `${bytes} bytes in one append, at most ${BODY_BYTES_MAX}`;
  return new ValidationError("ESO_INVALID_QUERY", `${message}; nothing was written`, {
    hint: "Append in several batches.",
    details: { issues: [{ path: "$", message }] },
  });
}
