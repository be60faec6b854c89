/** Why something cannot be used, in the words of the error that said so. */
export interface Problem {
  readonly problem: string;
  readonly hint?: string;
}

/** Some of the entries that are not as they should be, and how many there are. */
export interface WrongEntries {
  readonly count: number;
  readonly examples: readonly string[];
}

/** Whether another process could write right now. */
export type LockState = "free" | "held" | "absent" | Problem;

/** What the engine's notes on the end of the log say of themselves. */
export type HeadState = "good" | "absent" | "damaged" | "copied" | "earlier boot" | "suspect";

/** Where the log ends, and how far what is derived from it has come. */
export interface LogFigures {
  readonly position: number;
  readonly recorded_at: string | undefined;
  /** Events that the catalogue covers; `lost` when it has to be made anew, `unseen` when it cannot be looked at. */
  readonly covered: number | "lost" | "unseen";
  readonly indexed: number;
  readonly index_problem: string | undefined;
}

/** What can be seen of a store from outside, without changing or recovering anything. */
export interface StoreFacts {
  readonly path: string;
  readonly place: "folder" | "file" | "other" | "nothing";
  readonly writable: boolean;
  readonly free_bytes: number | undefined;
  /** Why the file system is no place for a store. */
  readonly network?: string | undefined;
  /** The rest is known only where there is a store. */
  readonly store?: { readonly store_id: string; readonly format_version: number } | Problem;
  readonly texts?: boolean;
  readonly exposed?: WrongEntries;
  readonly unsafe?: WrongEntries;
  readonly lock?: LockState;
  readonly head?: HeadState;
  readonly journals?: { readonly files: number; readonly unreadable: readonly string[] };
  readonly log?: LogFigures | Problem;
}
