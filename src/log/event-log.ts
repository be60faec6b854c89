import type { PreparedEvent } from "../event/prepared.ts";

/** What a stream must look like for an append to happen; a number is the sequence of its last event. */
export type ExpectedSequence = number | "none" | "exists" | "any";

/**
 * What an acknowledgement promises. `group` and `sync`: on disk, `group` sharing a flush with concurrent
 * appends; `os`: in the kernel's page cache; `memory`: in this process only.
 */
export type Durability = "group" | "sync" | "os" | "memory";

/** What to do when an id or natural key is known already, but with other input. */
export type OnDuplicate = "conflict" | "same-fact";

/** One atomic append: all its events or none. */
export interface AppendRequest {
  readonly events: readonly PreparedEvent[];
  /** Checked against the stream of the events; only `"any"` goes with several streams. */
  readonly expectedSequence: ExpectedSequence;
  readonly onDuplicate: OnDuplicate;
  readonly durability?: Durability;
  /** False: the log writes no summaries along, whatever is due. Default true, where it writes any. */
  readonly summaries?: boolean;
}

/** Where an event stands, for ever. */
export interface Placement {
  readonly event_id: string;
  readonly stream: string;
  readonly event_sequence: number;
  /** Sequence of the stream's last event after this append. */
  readonly head_sequence: number;
  readonly position: number;
  readonly recorded_at: string;
  readonly durability: Durability;
  /** True when the fact was in the log before; the placement is then that of the first record. */
  readonly duplicate: boolean;
}

/** Where a line stands on disk; `line` counts from 1, `offset` is in bytes. */
export interface LinePlace {
  readonly file: string;
  readonly line: number;
  readonly offset: number;
}

/** A stored line and its place. `bytes` hold the line without its LF and are never changed. */
export interface StoredLine {
  readonly stream: string;
  readonly sequence: number;
  readonly position: number;
  readonly bytes: Uint8Array;
  /** For errors; absent where the line does not come from a file of its own. */
  readonly place?: LinePlace;
}

export type Direction = "forwards" | "backwards";

export interface ReadStreamOptions {
  /** First sequence, inclusive; default 1. */
  readonly from?: number;
  /** Last sequence, inclusive; default the stream's end when the read began. */
  readonly to?: number;
  readonly direction?: Direction;
  readonly signal?: AbortSignal;
}

export interface ReadAllOptions {
  /** Forwards: events behind this position. Backwards: events before it. Exclusive. */
  readonly after?: number;
  /** Lines in one chunk at most; default 1,000. */
  readonly chunk?: number;
  readonly direction?: Direction;
  readonly signal?: AbortSignal;
}

export interface StreamInfo {
  readonly stream: string;
  readonly head_sequence: number;
  readonly last_position: number;
  readonly last_recorded_at: string;
}

/** The newest durable event of the whole log; position 0 and no time when the log is empty. */
export interface LogHead {
  readonly position: number;
  readonly recorded_at: string | undefined;
}

/** What an engine can do; suites and use cases ask here instead of asking which engine it is. */
export interface Capabilities {
  /** `position` orders the whole store, without gaps. */
  readonly totalOrder: boolean;
  /** One append may touch several streams and is still atomic. */
  readonly multiStreamBatches: boolean;
  /** Events outlive the process. */
  readonly persistent: boolean;
  /** Several processes may open the same log at once. */
  readonly multiProcess: boolean;
  readonly durabilities: readonly Durability[];
}

/** The read side. Verifiers, exporters, indexes and subscribers get no more than this. */
export interface EventLogReader {
  readonly storeId: string;
  /** Changes when the log is restored or copied; cursors of another incarnation are invalid. */
  readonly incarnation: string;
  readonly capabilities: Capabilities;

  head(): Promise<LogHead>;
  stream(stream: string): Promise<StreamInfo | undefined>;
  streams(signal?: AbortSignal): AsyncIterable<StreamInfo>;

  /**
   * The events of one stream in order of sequence, in chunks of bounded size. An unknown stream is empty.
   * @throws IntegrityError naming file, line and offset when stored bytes are damaged.
   */
  readStream(stream: string, options?: ReadStreamOptions): AsyncIterable<readonly StoredLine[]>;

  /**
   * The events of all streams in order of position, in chunks of bounded size, up to the end of the log as
   * it was when the read began.
   */
  readAll(options?: ReadAllOptions): AsyncIterable<readonly StoredLine[]>;

  /** The events at the given positions, in the order given. */
  readAt(positions: readonly number[]): Promise<readonly StoredLine[]>;

  /** The event with this id, or with this natural key. */
  findById(eventId: string): Promise<StoredLine | undefined>;
  findByKey(idempotencyKey: string): Promise<StoredLine | undefined>;

  /**
   * Resolves when the log may have grown beyond `position`, or after `timeout_ms`. A hint without data: the
   * caller reads again and waits again.
   */
  waitBeyond(position: number, timeout_ms: number, signal?: AbortSignal): Promise<void>;
}

/** A log: the read side, and one way to write. */
export interface EventLog extends EventLogReader {
  /**
   * Appends all events of the request or none.
   * @throws ConflictError when the expectation is missed or an id stands for another fact.
   * @throws OutcomeUnknownError when the write may or may not be on disk.
   * @throws StoreLockedError when another process held the log for too long.
   */
  append(request: AppendRequest): Promise<readonly Placement[]>;
  close(): Promise<void>;
}
