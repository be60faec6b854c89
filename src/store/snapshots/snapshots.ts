import { hash } from "node:crypto";

import type { EventLogReader, StoredLine } from "../../log/event-log.ts";
import type { KeptSnapshot, SnapshotShelf } from "../../log/snapshot-shelf.ts";
import type { OrchestrationState } from "../../projection/state/orchestration-state.ts";
import type { AmendmentsById } from "../../query/amendments.ts";
import type { Past } from "../history.ts";
import type { Point } from "../moment.ts";
import {
  readSnapshot,
  readSnapshotHead,
  type Snapshot,
  SNAPSHOT_HEAD_BYTES,
  type SnapshotHead,
  SnapshotUnusable,
} from "./snapshot-text.ts";

/** Heads of snapshots that are kept at hand. */
const HEADS_MAX = 20_000;

export interface SnapshotParts {
  readonly shelf: SnapshotShelf;
  readonly log: EventLogReader;
  /** Told of a snapshot that was passed over, once. */
  readonly warn: (message: string) => void;
}

/** Where a fold may begin: the state behind an event, and the facts of that snapshot. */
export interface Base {
  readonly state: OrchestrationState;
  readonly head: SnapshotHead;
}

/** A kept snapshot with what it says of itself, or why it cannot be used. */
export interface SnapshotFinding extends KeptSnapshot {
  readonly head?: SnapshotHead;
  readonly problem?: string;
}

/**
 * Finds the newest snapshot from which the past of a point may be folded. It must cover nothing but that past:
 * no event that happened, or was recorded, later, and none that has been voided or completed since.
 */
export class Snapshots {
  readonly #parts: SnapshotParts;
  readonly #heads = new Map<string, SnapshotHead | undefined>();
  readonly #warned = new Set<string>();

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
  }

  /** The base for a stream's past; undefined when no snapshot can serve. */
  async base({ stream, point, last, amendments }: Past): Promise<Base | undefined> {
    const kept = this.#parts.shelf.list(stream);
    const to = point.kind === "sequence" ? Math.min(point.sequence, last) : last;
    const stale = await this.#staleRanges(amendments);
    for (let at = this.#lastWithin(stream, kept, { point, to }); at >= 0; at--) {
      const { sequence } = kept[at] as KeptSnapshot;
      if (stale.some(({ from, before }) => from <= sequence && sequence < before)) continue;
      const snapshot = await this.#load(stream, sequence);
      if (snapshot === undefined || !covers(point, snapshot.head)) continue;
      return { state: snapshot.state, head: snapshot.head };
    }
    return undefined;
  }

  /** Index of the newest snapshot that the point's past covers, by what the heads say. */
  #lastWithin(
    stream: string,
    kept: readonly KeptSnapshot[],
    { point, to }: { readonly point: Point; readonly to: number },
  ): number {
    let low = 0;
    let high = kept.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { sequence } = kept[middle] as KeptSnapshot;
      const head = sequence <= to ? this.headOf(stream, sequence) : undefined;
      // One that cannot be read says nothing: it counts as its place does, and fails when it is loaded.
      const within = sequence <= to && (head === undefined || covers(point, head));
      if (within) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** What a snapshot says of itself, unchecked. */
  headOf(stream: string, sequence: number): SnapshotHead | undefined {
    const key = `${stream} ${sequence}`;
    if (this.#heads.has(key)) return this.#heads.get(key);
    const text = this.#parts.shelf.read(stream, sequence, SNAPSHOT_HEAD_BYTES);
    const head = text === undefined ? undefined : readSnapshotHead(text);
    if (this.#heads.size >= HEADS_MAX) this.#heads.clear();
    this.#heads.set(key, head);
    return head;
  }

  /** Forgets what was read of a snapshot that is about to change. */
  forget(stream: string, sequence: number): void {
    this.#heads.delete(`${stream} ${sequence}`);
  }

  /** Snapshots that hold an event as it was before an amendment: from the event on, until the amendment. */
  async #staleRanges(amendments: AmendmentsById): Promise<{ from: number; before: number }[]> {
    const ranges: { from: number; before: number }[] = [];
    for (const [id, heeded] of amendments) {
      const about = await this.#parts.log.findById(id);
      if (about !== undefined) ranges.push({ from: about.sequence, before: heeded.at(-1)?.sequence ?? 0 });
    }
    return ranges;
  }

  /** A whole and true snapshot, or undefined with a warning. */
  async #load(stream: string, sequence: number): Promise<Snapshot | undefined> {
    try {
      return await this.#read(stream, sequence);
    } catch (error) {
      if (!(error instanceof SnapshotUnusable)) throw error;
      this.#warn(stream, sequence, error.message);
      return undefined;
    }
  }

  /** A snapshot, checked in itself and against the log; undefined when it is gone. */
  async #read(stream: string, sequence: number): Promise<Snapshot | undefined> {
    const text = this.#parts.shelf.read(stream, sequence);
    if (text === undefined) return undefined;
    const snapshot = readSnapshot(text, { store_id: this.#parts.log.storeId, stream, sequence });
    if (await this.#isOfThisLog(snapshot.head)) return snapshot;
    throw new SnapshotUnusable("does not belong to the events of this log");
  }

  /** Every snapshot of a stream, each wholly read and checked. */
  async *inspect(stream: string): AsyncGenerator<SnapshotFinding, void, undefined> {
    for (const kept of this.#parts.shelf.list(stream)) {
      try {
        const snapshot = await this.#read(stream, kept.sequence);
        if (snapshot !== undefined) yield { ...kept, head: snapshot.head };
      } catch (error) {
        if (!(error instanceof SnapshotUnusable)) throw error;
        yield { ...kept, problem: error.message };
      }
    }
  }

  async #isOfThisLog({ stream, to_sequence, position, leaf_hash }: SnapshotHead): Promise<boolean> {
    const { log } = this.#parts;
    if (position > (await log.head()).position) return false;
    const [last] = await log.readAt([position]);
    return last?.stream === stream && last.sequence === to_sequence && leafHashOf(last) === leaf_hash;
  }

  #warn(stream: string, sequence: number, why: string): void {
    const name = `snapshot ${sequence} of ${stream}`;
    if (this.#warned.has(name)) return;
    this.#warned.add(name);
    this.#parts.warn(`${name} ${why}; it is passed over and will be made anew`);
  }
}

function covers(point: Point, head: SnapshotHead): boolean {
  if (point.kind === "time") return head.greatest_timestamp <= point.time;
  if (point.kind === "known") return head.recorded_at <= point.time;
  return true;
}

/** RFC 6962 leaf hash of a stored line, hex. */
export function leafHashOf({ bytes }: StoredLine): string {
  return hash("sha256", Buffer.concat([LEAF, bytes]));
}

const LEAF = Buffer.of(0);

/** One line of a stream. */
export async function lineAt(
  log: EventLogReader,
  stream: string,
  sequence: number,
): Promise<StoredLine | undefined> {
  for await (const [line] of log.readStream(stream, { from: sequence, to: sequence })) return line;
  return undefined;
}
