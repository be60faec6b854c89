import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { EsoError, NotFoundError, ValidationError } from "../../errors.ts";
import type { Companions } from "../../log/companions.ts";
import type {
  AppendRequest,
  Capabilities,
  EventLog,
  LogHead,
  Placement,
  ReadAllOptions,
  ReadStreamOptions,
  StoredLine,
  StreamInfo,
} from "../../log/event-log.ts";
import { checkExpectedSequence } from "../../log/expected-sequence.ts";
import { Contents, type MemoryRecord } from "./contents.ts";
import { Draft, type Outcome } from "./draft.ts";
import { Waiters } from "./waiters.ts";

export interface MemoryLogOptions {
  /** Milliseconds since the epoch; default `Date.now`. It may step back: `recorded_at` does not follow. */
  readonly clock?: () => number;
  /** Default: a new UUID. It is part of every stream's genesis hash. */
  readonly storeId?: string;
  /** What is written along with callers' events, such as summaries. Default nothing. */
  readonly companions?: Companions | undefined;
}

const CAPABILITIES: Capabilities = {
  totalOrder: true,
  multiStreamBatches: true,
  persistent: false,
  multiProcess: false,
  durabilities: ["memory"],
};

const DEFAULT_CHUNK = 1_000;

/**
 * Opens an empty log that lives and dies with the process: for tests, trials and what-if questions.
 *
 * @example
 * ```ts
 * const log = openMemoryLog();
 * await log.append({ events: [event], expectedSequence: "none", onDuplicate: "conflict" });
 * ```
 */
export function openMemoryLog(options: MemoryLogOptions = {}): EventLog {
  return new MemoryLog(options);
}

class MemoryLog implements EventLog {
  readonly storeId: string;
  readonly incarnation = randomUUID();
  readonly capabilities = CAPABILITIES;
  readonly #clock: () => number;
  readonly #contents: Contents;
  readonly #companions: Companions | undefined;
  readonly #waiters = new Waiters();
  #recordedAt_ms = 0;
  #closed = false;

  constructor({ clock = Date.now, storeId = randomUUID(), companions }: MemoryLogOptions) {
    this.storeId = storeId;
    this.#companions = companions;
    this.#clock = clock;
    this.#contents = new Contents(storeId);
  }

  async append(request: AppendRequest): Promise<readonly Placement[]> {
    this.#assertOpen();
    assertOneStreamExpected(request);
    const now_ms = Math.max(this.#clock(), this.#recordedAt_ms);
    const companions = request.summaries === false ? undefined : this.#companions;
    const draft = new Draft(this.#contents, { recordedAt: new Date(now_ms).toISOString(), companions });
    const outcomes = request.events.map((event) => draft.take(event, request.onDuplicate));
    this.#checkExpectation(request, outcomes);
    if (draft.records.length > 0) {
      this.#contents.commit(draft.records, draft.heads);
      this.#recordedAt_ms = now_ms;
      this.#waiters.wake();
    }
    return outcomes.map((outcome) => this.#placement(outcome));
  }

  async head(): Promise<LogHead> {
    this.#assertOpen();
    const last = this.#contents.records.at(-1);
    return { position: this.#contents.records.length, recorded_at: last?.recorded_at };
  }

  async stream(stream: string): Promise<StreamInfo | undefined> {
    this.#assertOpen();
    const last = this.#contents.stream(stream).at(-1);
    return last === undefined ? undefined : streamInfo(last);
  }

  async *streams(signal?: AbortSignal): AsyncIterable<StreamInfo> {
    this.#assertOpen();
    for (const stream of this.#contents.streamNames()) {
      signal?.throwIfAborted();
      const info = await this.stream(stream);
      if (info !== undefined) yield info;
    }
  }

  async *readStream(stream: string, options: ReadStreamOptions = {}): AsyncIterable<readonly StoredLine[]> {
    this.#assertOpen();
    const records = this.#contents.stream(stream);
    const { from = 1, to = records.length, direction, signal } = options;
    const first = Math.max(from, 1) - 1;
    const last = Math.min(to, records.length);
    yield* this.#chunks(records, { first, last, chunk: DEFAULT_CHUNK, direction, signal });
  }

  async *readAll(options: ReadAllOptions = {}): AsyncIterable<readonly StoredLine[]> {
    this.#assertOpen();
    const { records } = this.#contents;
    const { after, chunk = DEFAULT_CHUNK, direction, signal } = options;
    const backwards = direction === "backwards";
    const first = backwards ? 0 : (after ?? 0);
    const last = backwards && after !== undefined ? Math.min(after - 1, records.length) : records.length;
    yield* this.#chunks(records, { first, last, chunk, direction, signal });
  }

  async readAt(positions: readonly number[]): Promise<readonly StoredLine[]> {
    this.#assertOpen();
    return positions.map((position) => {
      const record = this.#contents.records[position - 1];
      if (record === undefined) throw noSuchPosition(position);
      return record.line;
    });
  }

  async findById(eventId: string): Promise<StoredLine | undefined> {
    this.#assertOpen();
    return this.#contents.byId(eventId)?.line;
  }

  async findByKey(idempotencyKey: string): Promise<StoredLine | undefined> {
    this.#assertOpen();
    return this.#contents.byKey(idempotencyKey)?.line;
  }

  async waitBeyond(position: number, timeout_ms: number, signal?: AbortSignal): Promise<void> {
    this.#assertOpen();
    signal?.throwIfAborted();
    if (this.#contents.records.length <= position) await this.#waiters.wait(timeout_ms, signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiters.wake();
  }

  async *#chunks(records: readonly MemoryRecord[], range: Range): AsyncIterable<readonly StoredLine[]> {
    const { first, last, chunk, direction, signal } = range;
    assert(chunk >= 1, "a chunk holds at least one line");
    for (let done = 0; first + done < last; done += chunk) {
      signal?.throwIfAborted();
      this.#assertOpen();
      const lines =
        direction === "backwards"
          ? records.slice(Math.max(first, last - done - chunk), last - done).reverse()
          : records.slice(first + done, Math.min(first + done + chunk, last));
      yield lines.map(({ line }) => line);
    }
  }

  /** A request of duplicates only is a retry, which succeeds although its own first try moved the stream. */
  #checkExpectation({ events, expectedSequence }: AppendRequest, outcomes: readonly Outcome[]): void {
    const [event] = events;
    if (event === undefined || outcomes.every(({ duplicate }) => duplicate)) return;
    checkExpectedSequence(event.stream, expectedSequence, this.#contents.head(event.stream).sequence);
  }

  #placement({ record, duplicate }: Outcome): Placement {
    const { stream, sequence, position } = record.line;
    return {
      event_id: record.event_id,
      stream,
      event_sequence: sequence,
      head_sequence: this.#contents.head(stream).sequence,
      position,
      recorded_at: record.recorded_at,
      durability: "memory",
      duplicate,
    };
  }

  #assertOpen(): void {
    if (!this.#closed) return;
    throw new EsoError("ESO_STORE_CLOSED", "the memory log was closed before the call", {
      hint: "Close a log after its last call; a closed memory log is gone for good.",
    });
  }
}

/** Indexes into a list of records, `last` exclusive. */
interface Range {
  readonly first: number;
  readonly last: number;
  readonly chunk: number;
  readonly direction: ReadAllOptions["direction"] | undefined;
  readonly signal: AbortSignal | undefined;
}

function assertOneStreamExpected({ events, expectedSequence }: AppendRequest): void {
  if (expectedSequence === "any") return;
  const streams = new Set(events.map(({ stream }) => stream));
  if (streams.size <= 1) return;
  const message = `expectedSequence ${expectedSequence} goes with one stream, the events are of ${streams.size}`;
  throw new ValidationError("ESO_INVALID_QUERY", `${message}; nothing was written`, {
    hint: 'Append stream by stream, or expect "any".',
    details: { issues: [{ path: "$.expectedSequence", message }] },
  });
}

function noSuchPosition(position: number): NotFoundError {
  return new NotFoundError("ESO_NOT_FOUND", `the log has no position ${position}`, {
    details: { what: `position ${position}` },
  });
}

function streamInfo({ line, recorded_at }: MemoryRecord): StreamInfo {
  return {
    stream: line.stream,
    head_sequence: line.sequence,
    last_position: line.position,
    last_recorded_at: recorded_at,
  };
}
