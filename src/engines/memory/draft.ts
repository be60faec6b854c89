import type { StoredEvent } from "../../event/envelope.ts";
import type { PreparedEvent } from "../../event/prepared.ts";
import { duplicateConflict, sameInput } from "../../log/duplicate.ts";
import type { OnDuplicate } from "../../log/event-log.ts";
import { factSeen } from "../../log/fact-seen.ts";
import { stamp, type StreamHead } from "../../log/stamp.ts";
import type { Contents, MemoryRecord } from "./contents.ts";

/** Where an event of a request ended up: its own new record, or that of the fact it repeats. */
export interface Outcome {
  readonly record: MemoryRecord;
  readonly duplicate: boolean;
}

/** One append in the making. It sees the log plus its own records; dropping it leaves no trace. */
export class Draft {
  readonly records: MemoryRecord[] = [];
  readonly heads = new Map<string, StreamHead>();
  readonly #contents: Contents;
  readonly #recordedAt: string;
  readonly #ids = new Map<string, MemoryRecord>();
  readonly #keys = new Map<string, MemoryRecord>();

  constructor(contents: Contents, recordedAt: string) {
    this.#contents = contents;
    this.#recordedAt = recordedAt;
  }

  /** @throws ConflictError when the event's id or natural key stands for another fact. */
  take(event: PreparedEvent, onDuplicate: OnDuplicate): Outcome {
    const first = this.#known(event);
    if (first === undefined) return { record: this.#add(event), duplicate: false };
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

  #add(event: PreparedEvent): MemoryRecord {
    const { stream, event_id, idempotency_key, given } = event;
    const position = this.#contents.records.length + this.records.length + 1;
    const { stored, head } = stamp(event, this.head(stream), { position, recordedAt: this.#recordedAt });
    const record: MemoryRecord = {
      line: { stream, sequence: head.sequence, position, bytes: stored.subarray(0, -1) },
      event_id,
      idempotency_key,
      recorded_at: this.#recordedAt,
      given,
    };
    this.records.push(record);
    this.heads.set(stream, head);
    this.#ids.set(event_id, record);
    if (idempotency_key !== undefined) this.#keys.set(idempotency_key, record);
    return record;
  }
}
