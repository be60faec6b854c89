import { isDeepStrictEqual } from "node:util";

import type { EventInput } from "../event/envelope.ts";
import { isStoreEventType } from "../event/registry.ts";
import { ConflictError, type EsoError, ValidationError } from "../errors.ts";
import type { EventLogReader } from "../log/event-log.ts";
import type { Ack, AppendOptions } from "./append.ts";
import type { EventStore } from "./event-store.ts";

/** One event on its way in, or why it cannot be one. `where` names it in messages: `events.jsonl:12`. */
export type ImportEntry = { readonly where: string } & (
  | { readonly input: EventInput }
  | { readonly error: EsoError }
);

/** An entry that did not get in, and why. */
export interface Rejection {
  readonly where: string;
  readonly error: EsoError;
}

/** What an import did. */
export interface ImportReport {
  readonly added: number;
  /** Recorded before, by an earlier import or anyone else. */
  readonly known: number;
  /** The other store's own housekeeping, by type: it tells of that store, not of this one. */
  readonly skipped: Readonly<Record<string, number>>;
  readonly rejected: number;
  /** The first of them. */
  readonly rejections: readonly Rejection[];
}

export interface ImportOptions {
  /** Check everything, write nothing. */
  readonly dryRun?: boolean;
  /** Go on behind a rejected entry. Default false: everything before it is kept, nothing behind it is read. */
  readonly keepGoing?: boolean;
  readonly onDuplicate?: "conflict" | "same-fact";
  readonly onProgress?: (entries: number) => void;
}

/** Rejections that are kept for the report; a hostile file must not fill the memory. */
export const REJECTIONS_KEPT_MAX = 1_000;

/**
 * Logs entries in order, chunk by chunk. Importing the same entries again adds nothing, as long as each has an
 * `event_id` or an `idempotency_key`.
 *
 * @throws what the store throws for anything but a rejected entry; what was acknowledged before stays.
 */
export async function importEvents(
  store: EventStore,
  chunks: AsyncIterable<readonly ImportEntry[]>,
  options: ImportOptions = {},
): Promise<ImportReport> {
  const running = new Import(store, options);
  for await (const chunk of chunks) {
    if (!(await running.take(chunk))) break;
  }
  return running.report;
}

class Import {
  readonly #store: EventStore;
  readonly #options: ImportOptions;
  readonly #skipped: Record<string, number> = {};
  readonly #rejections: Rejection[] = [];
  #rejected = 0;
  #added = 0;
  #known = 0;
  #entries = 0;

  constructor(store: EventStore, options: ImportOptions) {
    this.#store = store;
    this.#options = options;
  }

  get report(): ImportReport {
    return {
      added: this.#added,
      known: this.#known,
      skipped: this.#skipped,
      rejected: this.#rejected,
      rejections: this.#rejections,
    };
  }

  /** False when the import has to stop. */
  async take(chunk: readonly ImportEntry[]): Promise<boolean> {
    let waiting: Valid[] = [];
    for (const entry of chunk) {
      if ("input" in entry) {
        if (!this.#isHousekeeping(entry)) waiting.push(entry);
        continue;
      }
      if (!(await this.#log(waiting)) || !this.#reject(entry.where, entry.error)) return false;
      waiting = [];
    }
    const goesOn = await this.#log(waiting);
    this.#entries += chunk.length;
    this.#options.onProgress?.(this.#entries);
    return goesOn;
  }

  #isHousekeeping({ input }: Valid): boolean {
    if (!isStoreEventType(input.event_type)) return false;
    this.#skipped[input.event_type] = (this.#skipped[input.event_type] ?? 0) + 1;
    return true;
  }

  /**
   * A line of this very store says more than its caller gave at first, which the store takes for a conflict.
   * Where the stored event says all that the entry says, it is known.
   */
  async #isStored({ input }: Valid): Promise<boolean> {
    if (typeof input.event_id !== "string") return false;
    const line = await this.#store.log.findById(input.event_id.toLowerCase());
    return line !== undefined && saysAll(line.bytes, input);
  }

  /** The entries that the store does not hold; the others are counted as known. */
  async #withoutStored(entries: readonly Valid[]): Promise<Valid[]> {
    const fresh: Valid[] = [];
    for (const entry of entries) if (!(await this.#isStored(entry))) fresh.push(entry);
    this.#known += entries.length - fresh.length;
    return fresh;
  }

  async #log(entries: readonly Valid[]): Promise<boolean> {
    for (let rest = entries; rest.length > 0;) {
      const failed = await this.#attempt(rest);
      if (failed === undefined) return true;
      const { at, error } = failed;
      const left = error instanceof ConflictError ? await this.#withoutStored(rest) : rest;
      if (left.length < rest.length) {
        rest = left;
        continue;
      }
      const entry = rest[at ?? 0];
      if (entry === undefined) throw error;
      if (at === undefined && rest.length > 1) return this.#logSingly(rest);
      if (at !== undefined && at > 0 && !(await this.#log(rest.slice(0, at)))) return false;
      if (!this.#reject(entry.where, error)) return false;
      rest = rest.slice((at ?? 0) + 1);
    }
    return true;
  }

  async #logSingly(entries: readonly Valid[]): Promise<boolean> {
    for (const entry of entries) if (!(await this.#log([entry]))) return false;
    return true;
  }

  /** Logs all of them, or tells which one is to blame; `at` is missing where the store cannot tell. */
  async #attempt(
    entries: readonly Valid[],
  ): Promise<{ at: number | undefined; error: EsoError } | undefined> {
    const inputs = entries.map(({ input }) => input);
    try {
      if (this.#options.dryRun === true) await this.#check(entries);
      else this.#count(await this.#store.logEvents(inputs, appendOptions(this.#options)));
      return undefined;
    } catch (error) {
      if (!(error instanceof ValidationError || error instanceof ConflictError)) throw error;
      const at = entries.length === 1 ? 0 : placeInBatch(error);
      return { at, error: at !== undefined && error.cause instanceof ValidationError ? error.cause : error };
    }
  }

  async #check(entries: readonly Valid[]): Promise<void> {
    this.#store.checkEvents(entries.map(({ input }) => input));
    this.#added += (await this.#withoutStored(entries)).length;
  }

  #count(acks: readonly Ack[]): void {
    const known = acks.filter((ack) => ack.duplicate).length;
    this.#known += known;
    this.#added += acks.length - known;
  }

  #reject(where: string, error: EsoError): boolean {
    if (this.#rejected++ < REJECTIONS_KEPT_MAX) this.#rejections.push({ where, error });
    return this.#options.keepGoing === true;
  }
}

type Valid = ImportEntry & { readonly input: EventInput };

/** What is imported happened elsewhere: it brings its summaries along, or has none. */
function appendOptions({ onDuplicate }: ImportOptions): AppendOptions {
  return { summaries: false, ...(onDuplicate === undefined ? {} : { onDuplicate }) };
}

/** The index in `$[3].metadata…`. */
function placeInBatch(error: ValidationError | ConflictError): number | undefined {
  if (!(error instanceof ValidationError)) return undefined;
  const at = /^\$\[(\d+)\]/.exec(error.issues[0]?.path ?? "")?.[1];
  return at === undefined ? undefined : Number(at);
}

function saysAll(bytes: Uint8Array, input: EventInput): boolean {
  const stored = JSON.parse(Buffer.from(bytes).toString()) as Readonly<Record<string, unknown>>;
  return Object.entries(input).every(([field, value]) => isDeepStrictEqual(stored[field], value));
}

/** Which of these natural keys stand for a recorded fact. */
export async function knownKeys(log: EventLogReader, keys: readonly string[]): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  if ((await log.head()).position === 0) return known;
  for (const key of keys) if ((await log.findByKey(key)) !== undefined) known.add(key);
  return known;
}
