import type { StoredEvent } from "../../event/envelope.ts";
import type { PreparedEvent } from "../../event/prepared.ts";
import { companionsBehind, type Companions, type RangeLine } from "../../log/companions.ts";
import { duplicateConflict, sameInput } from "../../log/duplicate.ts";
import type { AppendRequest } from "../../log/event-log.ts";
import { factSeen } from "../../log/fact-seen.ts";
import { stamp, type StampedEvent, type StreamHead } from "../../log/stamp.ts";
import type { Contents, MemoryRecord } from "./contents.ts";

/** Where an event of a request ended up: its own new record, or that of the fact it repeats. */
export interface Outcome {
  readonly record: MemoryRecord;
  readonly duplicate: boolean;
}

/** How an append is to be taken. */
export interface DraftOptions {
  readonly recordedAt: string;
  /** What is written along. */
  readonly companions: Companions | undefined;
}

/** One append in the making. It sees the log plus its own records; dropping it leaves no trace. */
export class Draft {
  readonly records: MemoryRecord[] = [];
  readonly heads = new Map<string, StreamHead>();
  readonly #contents: Contents;
  readonly #options: DraftOptions;
  readonly #ids = new Map<string, MemoryRecord>();
  readonly #keys = new Map<string, MemoryRecord>();

  constructor(contents: Contents, options: DraftOptions) {
    this.#contents = contents;
    this.#options = options;
  }

  /** @throws ConflictError when the event's id or natural key stands for another fact. */
  take(event: PreparedEvent, onDuplicate: AppendRequest["onDuplicate"]): Outcome {
    const first = this.#known(event);
    if (first === undefined) return { record: this.#append(event), duplicate: false };
    const stored: StoredEvent = JSON.parse(first.line.bytes.toString());
    if (!sameInput(event, stored, first.given)) {
      const mayBeSameFact = onDuplicate === "same-fact" && event.event_type === stored.event_type;
      if (!mayBeSameFact) throw duplicateConflict(event, stored);
      this.#addSighting(event, stored);
    }
    return { record: first, duplicate: true };
  }

  head(stream: string): StreamHead {
    return this.heads.get(stream) ?? this.#contents.head(stream);
  }

  #addSighting(event: PreparedEvent, stored: StoredEvent): void {
    const seen = factSeen(event, stored);
    if (seen !== undefined && this.#known(seen) === undefined) this.#add(seen);
  }

  #known({ event_id, idempotency_key: key }: PreparedEvent): MemoryRecord | undefined {
    const byId = this.#ids.get(event_id) ?? this.#contents.byId(event_id);
    if (byId !== undefined || key === undefined) return byId;
    return this.#keys.get(key) ?? this.#contents.byKey(key);
  }

  /** An event, and what is due behind it. */
  #append(event: PreparedEvent): MemoryRecord {
    const { runs } = this.head(event.stream);
    const { record, fact } = this.#add(event);
    const { companions } = this.#options;
    if (companions === undefined) return record;
    const read = (from: number): RangeLine[] => this.#range(event.stream, from);
    for (const companion of companionsBehind(companions, { event, fact, runs }, read)) this.#add(companion);
    return record;
  }

  /** The lines of a stream from a sequence on, this append's own included. */
  #range(stream: string, from: number): RangeLine[] {
    const own = this.records.filter(({ line }) => line.stream === stream);
    const records = [...this.#contents.stream(stream).slice(from - 1), ...own];
    return records
      .filter(({ line }) => line.sequence >= from)
      .map(({ line, event_type, leaf_hash }) => ({
        sequence: line.sequence,
        event_type,
        leaf_hash,
        read: () => JSON.parse(line.bytes.toString()) as StoredEvent,
      }));
  }

  #add(event: PreparedEvent): { record: MemoryRecord; fact: StampedEvent["fact"] } {
    const { stream, event_id, event_type, idempotency_key, given } = event;
    const { recordedAt } = this.#options;
    const position = this.#contents.records.length + this.records.length + 1;
    const { stored, head, fact } = stamp(event, this.head(stream), { position, recordedAt });
    const record: MemoryRecord = {
      line: { stream, sequence: head.sequence, position, bytes: stored.subarray(0, -1) },
      event_id,
      event_type,
      leaf_hash: head.hash,
      idempotency_key,
      recorded_at: recordedAt,
      given,
    };
    this.records.push(record);
    this.heads.set(stream, head);
    this.#ids.set(event_id, record);
    if (idempotency_key !== undefined) this.#keys.set(idempotency_key, record);
    return { record, fact };
  }
}
