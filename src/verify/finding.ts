/** What kind of thing was found; stable, for scripts. */
export type FindingCode =
  | "not-a-line"
  | "wrong-stream"
  | "wrong-day"
  | "sequence"
  | "chain"
  | "leaf"
  | "position"
  | "missing"
  | "duplicate"
  | "time"
  | "closed-file"
  | "journal"
  | "seal"
  | "signature"
  | "rolled-back"
  | "fork"
  | "attachment"
  | "archive"
  | "summary"
  | "unsafe-file"
  | "store";

/** A place where the record is not what it was, named as exactly as the bytes allow. */
export interface Finding {
  readonly code: FindingCode;
  /** What is wrong, in a sentence. */
  readonly message: string;
  /** Relative to the store. */
  readonly file?: string;
  /** Counted from 1. */
  readonly line?: number;
  /** In bytes, where the line begins. */
  readonly offset?: number;
  readonly stream?: string;
  readonly sequence?: number;
  readonly position?: number;
  readonly event_id?: string;
}

/** More than this are counted, not kept: one removed day must not fill the memory. */
const KEPT_MAX = 1_000;

/** Everything that was found, the first ones in full. */
export class Findings {
  readonly kept: Finding[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(finding: Finding): void {
    this.#count++;
    if (this.kept.length < KEPT_MAX) this.kept.push(finding);
  }
}
