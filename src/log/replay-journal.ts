import { ConflictError } from "../errors.ts";

/** What a replay set out to do; its journal's first entry. */
export interface ReplayBegin {
  readonly kind: "begin";
  readonly replay_id: string;
  readonly stream: string;
  readonly from_sequence: number;
  readonly to_sequence: number;
  /** The sequences of the events that were chosen, in order. */
  readonly chosen: readonly number[];
  readonly event_types: readonly string[] | null;
  /** Whether a function of the caller's chose among the events, too. */
  readonly filtered: boolean;
  readonly allow_once: readonly string[];
  readonly on_failure: "stop" | "continue";
  readonly at: string;
}

/** An event is about to be handed on. */
export interface ReplayIntent {
  readonly kind: "intent";
  readonly sequence: number;
  readonly event_id: string;
  readonly at: string;
}

/** What came of an event: handed on, failed, or a start whose end nobody knows. */
export interface ReplayOutcome {
  readonly kind: "outcome";
  readonly sequence: number;
  readonly outcome: "done" | "failed" | "unknown";
  readonly error?: string;
  readonly at: string;
}

/** Nothing is left to do but to record this event, the same however often it is tried. */
export interface ReplayFinish {
  readonly kind: "finish";
  readonly marker: { readonly event_id: string; readonly [field: string]: unknown };
  readonly at: string;
}

/** The event is recorded. */
export interface ReplayEnd {
  readonly kind: "end";
  readonly marker_sequence: number;
  readonly at: string;
}

export type ReplayEntry = ReplayBegin | ReplayIntent | ReplayOutcome | ReplayFinish | ReplayEnd;

/** The journal of one replay, held by one process at a time. */
export interface ReplayJournal {
  /** What it held when it was opened; half an entry that a dying process left is not among it. */
  readonly found: readonly ReplayEntry[];
  /** Adds an entry; durable when the promise resolves. */
  append(entry: ReplayEntry): Promise<void>;
  close(): void;
}

/** The journals of a store's replays. */
export interface ReplayJournals {
  /**
   * Makes the journal of a new replay.
   * @throws ConflictError when the id is taken.
   */
  create(replayId: string): Promise<ReplayJournal>;
  /**
   * Opens one to go on; undefined when there is none.
   * @throws ConflictError while another process has it.
   * @throws IntegrityError when entries are damaged.
   */
  open(replayId: string): Promise<ReplayJournal | undefined>;
  /** What a journal holds, without taking it; undefined when there is none. */
  read(replayId: string): readonly ReplayEntry[] | undefined;
  /** The ids of all replays, oldest names first. */
  list(): readonly string[];
}

/** What a replay may be called; safe as a file's name. */
export const REPLAY_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** Journals that live as long as the store object; for the memory engine. */
export function memoryReplays(): ReplayJournals {
  const journals = new Map<string, ReplayEntry[]>();
  const held = new Set<string>();
  const journalOf = (replayId: string, entries: ReplayEntry[]): ReplayJournal => {
    if (held.has(replayId)) throw replayTaken(replayId, "is being worked on right now");
    held.add(replayId);
    return {
      found: [...entries],
      append: (entry) => Promise.resolve(void entries.push(entry)),
      close: () => void held.delete(replayId),
    };
  };
  return {
    create(replayId) {
      if (journals.has(replayId)) return Promise.reject(replayTaken(replayId, "is there already"));
      const entries: ReplayEntry[] = [];
      journals.set(replayId, entries);
      return Promise.resolve(journalOf(replayId, entries));
    },
    open(replayId) {
      const entries = journals.get(replayId);
      return Promise.resolve(entries === undefined ? undefined : journalOf(replayId, entries));
    },
    read: (replayId) => journals.get(replayId),
    list: () => [...journals.keys()].sort(),
  };
}

/** The error for a replay whose id, or whose work, somebody else has. */
export function replayTaken(replayId: string, how: string): ConflictError {
  return new ConflictError("ESO_CONFLICT", `replay ${replayId} ${how}; nothing was done`, {
    hint: "Resume it once nobody works on it, or begin another one without giving an id.",
    details: { stream: replayId, expected: "a replay that is free", actual: replayId },
  });
}
