import { NotFoundError, ValidationError } from "../../errors.ts";
import { GLOBAL_STREAM } from "../../event/envelope.ts";
import type { StoredLine } from "../../log/event-log.ts";
import type { SnapshotShelf } from "../../log/snapshot-shelf.ts";
import { applyEvent } from "../../projection/state/apply-event.ts";
import type { OrchestrationState } from "../../projection/state/orchestration-state.ts";
import { type History, initialState } from "../history.ts";
import type { Point } from "../moment.ts";
import { type Covered, type SnapshotEncoding, snapshotText } from "./snapshot-text.ts";
import { leafHashOf, type SnapshotFinding, type Snapshots } from "./snapshots.ts";

/** The `snapshots` section of the configuration. */
export interface SnapshotHabits {
  readonly enabled: boolean;
  readonly frequency: number;
  readonly min_events_for_snapshot: number;
  readonly compression: boolean;
  /** 0 for no limit. */
  readonly retention_days: number;
}

export interface KeeperParts {
  readonly shelf: SnapshotShelf;
  readonly snapshots: Snapshots;
  readonly history: History;
  readonly storeId: string;
  readonly habits: SnapshotHabits;
  readonly clock: () => number;
}

/** A snapshot that was made. */
export interface SnapshotMade {
  readonly stream: string;
  readonly sequence: number;
  readonly bytes: number;
  /** SHA-256 over the file's text before it, hex. */
  readonly checksum: string;
  /** The file; absent for a store in memory. */
  readonly path?: string;
}

/** The newest snapshots stay, however close together they stand: they are what the next questions begin from. */
const NEWEST_KEPT = 3;
const DAY_MS = 86_400_000;
const END: Point = { kind: "sequence", sequence: Number.MAX_SAFE_INTEGER };

/** Makes snapshots, and thins them out so that they never take more than the log that they stand for. */
export class SnapshotKeeper {
  readonly #parts: KeeperParts;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /**
   * Makes a snapshot behind an event, default the stream's last.
   * @throws NotFoundError for a stream without that event.
   */
  async make(stream: string, atSequence: number | undefined, signal?: AbortSignal): Promise<SnapshotMade> {
    if (atSequence !== undefined && !(Number.isSafeInteger(atSequence) && atSequence > 0))
      throw badSequence(atSequence);
    const to = atSequence ?? Number.MAX_SAFE_INTEGER;
    const made = await this.#fold(stream, { to, signal });
    if (made === undefined || (atSequence !== undefined && made.to_sequence !== atSequence))
      throw noSuchEvent(stream, atSequence, made?.to_sequence ?? 0);
    return this.#write(made);
  }

  /**
   * Makes what is missing of a stream's regular snapshots, up to its present end, beginning from the newest that
   * holds. Gives how many were made.
   */
  async catchUp(stream: string, signal?: AbortSignal): Promise<number> {
    const { history, snapshots } = this.#parts;
    const { last, amendments } = await history.past(stream, END, { signal });
    const began = (await snapshots.base({ stream, point: END, last, amendments }))?.head.to_sequence ?? 0;
    const due = this.#dueBetween(began, last);
    const amends = [...amendments.values()].flat().some(({ sequence }) => sequence > began);
    if (amends) {
      // Each is as the record stood then: what was amended later is not amended in it.
      for (const sequence of due)
        await this.#keepAll(stream, { to: sequence, wanted: new Set([sequence]), signal });
    } else if (due.length > 0) {
      await this.#keepAll(stream, { to: due.at(-1) ?? 0, wanted: new Set(due), signal });
    }
    if (due.length > 0) this.#dropOld(stream);
    return due.length;
  }

  /** Every snapshot of a stream, each wholly read and checked. */
  inspect(stream: string): AsyncGenerator<SnapshotFinding, void, undefined> {
    return this.#parts.snapshots.inspect(stream);
  }

  #dueBetween(began: number, last: number): number[] {
    const { frequency, min_events_for_snapshot } = this.#parts.habits;
    const due: number[] = [];
    for (let at = began - (began % frequency) + frequency; at <= last; at += frequency)
      if (at >= min_events_for_snapshot) due.push(at);
    return due;
  }

  async #keepAll(
    stream: string,
    how: {
      readonly to: number;
      readonly wanted: ReadonlySet<number>;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<void> {
    await this.#fold(stream, {
      ...how,
      found: (folded) => {
        if (!how.wanted.has(folded.to_sequence)) return;
        this.#write(folded);
        this.#thin(stream);
      },
    });
  }

  /** Folds on from the newest snapshot that holds; `found` is told of every event on the way. */
  async #fold(stream: string, { to, signal, found }: FoldRequest): Promise<Folded | undefined> {
    const { history, snapshots, storeId } = this.#parts;
    const past = await history.past(stream, { kind: "sequence", sequence: to }, { signal });
    const base = await snapshots.base(past);
    const state = base?.state ?? initialState(stream);
    let folded: Folded | undefined = base === undefined ? undefined : { ...base.head, state };
    const after = base?.head.to_sequence ?? 0;
    for await (const { line, stored, event } of history.linesOf(past, { after, signal })) {
      if (event !== undefined) applyEvent(state, event);
      const { timestamp, recorded_at } = stored;
      const greatest = folded?.greatest_timestamp ?? "";
      folded = {
        store_id: storeId,
        stream,
        to_sequence: line.sequence,
        position: line.position,
        recorded_at,
        leaf_hash: "",
        greatest_timestamp: timestamp > greatest ? timestamp : greatest,
        log_bytes: (folded?.log_bytes ?? 0) + line.bytes.length + 1,
        state,
        line,
      };
      found?.(folded);
    }
    return folded;
  }

  #write(folded: Folded): SnapshotMade {
    const { shelf, snapshots, habits } = this.#parts;
    const { stream, to_sequence, recorded_at, line, state } = folded;
    const leaf_hash = line === undefined ? folded.leaf_hash : leafHashOf(line);
    const encoding: SnapshotEncoding = habits.compression ? "zstd" : "json";
    const { text, checksum } = snapshotText({ ...folded, leaf_hash }, state, encoding);
    const path = shelf.write({ stream, sequence: to_sequence, recorded_at }, text);
    snapshots.forget(stream, to_sequence);
    const made = { stream, sequence: to_sequence, bytes: Buffer.byteLength(text), checksum };
    return path === undefined ? made : { ...made, path };
  }

  /**
   * A snapshot that has just left the newest few stays only if it is no larger than the log since the one
   * before it: so old snapshots together never take more than the log does.
   */
  #thin(stream: string): void {
    const { shelf, snapshots } = this.#parts;
    const kept = shelf.list(stream);
    const aged = kept.at(-1 - NEWEST_KEPT);
    if (aged === undefined) return;
    const before = kept.at(-2 - NEWEST_KEPT);
    const head = snapshots.headOf(stream, aged.sequence);
    const begin = before === undefined ? 0 : snapshots.headOf(stream, before.sequence)?.log_bytes;
    if (head !== undefined && begin !== undefined && aged.bytes <= head.log_bytes - begin) return;
    shelf.remove(stream, aged.sequence);
    snapshots.forget(stream, aged.sequence);
  }

  /** Retention: all but the newest snapshot go when the event that they end with is old enough. */
  #dropOld(stream: string): void {
    const { shelf, snapshots, habits, clock } = this.#parts;
    if (habits.retention_days === 0) return;
    const oldest = new Date(clock() - habits.retention_days * DAY_MS).toISOString();
    for (const { sequence } of shelf.list(stream).slice(0, -1)) {
      const head = snapshots.headOf(stream, sequence);
      if (head !== undefined && head.recorded_at >= oldest) return;
      shelf.remove(stream, sequence);
      snapshots.forget(stream, sequence);
    }
  }
}

interface Folded extends Covered {
  readonly state: OrchestrationState;
  readonly line?: StoredLine;
}

interface FoldRequest {
  readonly to: number;
  readonly signal: AbortSignal | undefined;
  readonly found?: (folded: Folded) => void;
}

function badSequence(value: number): ValidationError {
  return new ValidationError(
    "ESO_INVALID_QUERY",
    `atSequence must be a sequence of the stream, not ${value}`,
    {
      hint: "Sequences count from 1; leave it out for the stream's last event.",
      details: { issues: [{ path: "$.atSequence", message: "must be a whole number from 1 on" }] },
    },
  );
}

function noSuchEvent(stream: string, wanted: number | undefined, last: number): NotFoundError {
  const what = stream === GLOBAL_STREAM ? "the global stream" : stream;
  const message =
    wanted === undefined ? `${what} has no events` : `${what} has no event ${wanted}; its last is ${last}`;
  return new NotFoundError("ESO_NOT_FOUND", message, {
    hint: "eso ls shows the issues and their numbers of events.",
    details: { what: stream },
  });
}
