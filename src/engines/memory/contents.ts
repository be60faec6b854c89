import type { StoredLine } from "../../log/event-log.ts";
import { emptyHead, type StreamHead } from "../../log/stamp.ts";

/** A stored line with what the append path asks of it. */
export interface MemoryRecord {
  readonly line: StoredLine;
  readonly event_id: string;
  readonly event_type: string;
  readonly leaf_hash: string;
  readonly idempotency_key: string | undefined;
  readonly recorded_at: string;
  /** `GIVEN` bits of the event as its caller gave it. */
  readonly given: number;
}

/** Everything a memory log holds. Grows by `commit` only. */
export class Contents {
  readonly storeId: string;
  /** In order of position; the record at index i has position i + 1. */
  readonly records: MemoryRecord[] = [];
  readonly #streams = new Map<string, MemoryRecord[]>();
  readonly #heads = new Map<string, StreamHead>();
  readonly #ids = new Map<string, MemoryRecord>();
  readonly #keys = new Map<string, MemoryRecord>();

  constructor(storeId: string) {
    this.storeId = storeId;
  }

  byId(eventId: string): MemoryRecord | undefined {
    return this.#ids.get(eventId);
  }

  byKey(idempotencyKey: string): MemoryRecord | undefined {
    return this.#keys.get(idempotencyKey);
  }

  /** A stream's records in order of sequence; empty for an unknown stream. */
  stream(stream: string): readonly MemoryRecord[] {
    return this.#streams.get(stream) ?? [];
  }

  streamNames(): readonly string[] {
    return [...this.#streams.keys()];
  }

  head(stream: string): StreamHead {
    return this.#heads.get(stream) ?? emptyHead(this.storeId, stream);
  }

  /** Takes over a finished batch. Cannot fail half-way: every check was made while it was drafted. */
  commit(records: readonly MemoryRecord[], heads: ReadonlyMap<string, StreamHead>): void {
    for (const record of records) this.#index(record);
    for (const [stream, head] of heads) this.#heads.set(stream, head);
  }

  #index(record: MemoryRecord): void {
    this.records.push(record);
    this.#ids.set(record.event_id, record);
    if (record.idempotency_key !== undefined) this.#keys.set(record.idempotency_key, record);
    const { stream } = record.line;
    const records = this.#streams.get(stream);
    if (records === undefined) this.#streams.set(stream, [record]);
    else records.push(record);
  }
}
