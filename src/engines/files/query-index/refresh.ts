import { setImmediate } from "node:timers/promises";

import { IntegrityError } from "../../../errors.ts";
import type { EventLogReader, StoredLine } from "../../../log/event-log.ts";
import type { RefreshOptions } from "../../../query/event-index.ts";
import type { IndexDatabase } from "./index-database.ts";
import { isSame, type Segment, SEGMENT_EVENTS } from "./segment.ts";
import { rebuild, SegmentBuilder } from "./segment-builder.ts";

/** Runs work on the index's file; undefined when the storage did not allow it. */
export type Attempt = <T>(work: (database: IndexDatabase) => T) => Promise<T | undefined>;

/** `again`: another process, or the storage, came in between. */
type Outcome = "done" | "again";

/** A segment in the making, and the one that the index must still end with when it is stored. */
interface Building {
  builder: SegmentBuilder;
  tail: Segment | undefined;
}

/** Lines between two turns for other tasks. */
const CHUNK = 512;

/**
 * Brings the index up to the log. Segments are built outside of any transaction and stored only if the index
 * still ends where it did, so that several processes may build at once without waiting for each other.
 */
export class Refresh {
  readonly #log: EventLogReader;
  readonly #options: RefreshOptions;
  readonly #attempt: Attempt;
  readonly #end_ms: number;

  constructor(log: EventLogReader, options: RefreshOptions, attempt: Attempt) {
    this.#log = log;
    this.#options = options;
    this.#attempt = attempt;
    this.#end_ms = performance.now() + (options.timeBudget_ms ?? Number.POSITIVE_INFINITY);
  }

  async run(): Promise<Outcome> {
    const outcome = await this.#extend();
    return outcome === "done" && this.#options.text === true ? this.#addText() : outcome;
  }

  /** Indexes what the log has beyond the last segment. */
  async #extend(): Promise<Outcome> {
    const segments = await this.#attempt((database) => database.segments());
    if (segments === undefined) return "again";
    const head = (await this.#log.head()).position;
    const last = segments.at(-1);
    if ((last?.last ?? 0) >= head) return "done";
    return this.#buildFrom(firstToBuild(segments, head), last);
  }

  async #buildFrom(first: number, tail: Segment | undefined): Promise<Outcome> {
    const parts = { fields: true, text: this.#options.text === true };
    const building: Building = { builder: new SegmentBuilder(first, parts), tail };
    try {
      for await (const lines of this.#lines(first - 1)) {
        if (!(await this.#take(building, lines))) return "again";
        if (this.#isOver()) break;
      }
    } catch (error) {
      if (error instanceof IntegrityError) await this.#store(building);
      throw error;
    }
    return (await this.#store(building)) ? "done" : "again";
  }

  async #take(building: Building, lines: readonly StoredLine[]): Promise<boolean> {
    for (const line of lines) {
      building.builder.skipTo(line.position);
      while (building.builder.isFull) {
        if (!(await this.#store(building))) return false;
        building.builder.skipTo(line.position);
      }
      building.builder.add(line);
    }
    return true;
  }

  /** Stores what was gathered, if the index still ends where it did, and begins the next segment. */
  async #store(building: Building): Promise<boolean> {
    const { builder, tail } = building;
    if (builder.isEmpty) return true;
    const segment = builder.segment();
    const pages = builder.pages();
    building.builder = new SegmentBuilder(builder.next, builder.parts);
    building.tail = segment;
    const stored = await this.#attempt((database) =>
      database.write(() => {
        if (!isSame(database.segments().at(-1), tail)) return false;
        database.replaceFrom(segment, pages);
        return true;
      }),
    );
    return stored === true;
  }

  /** Adds the words of the segments that were built without. */
  async #addText(): Promise<Outcome> {
    const segments = await this.#attempt((database) => database.segments());
    const missing = segments?.filter(({ text }) => !text);
    if (missing === undefined) return "again";
    for (const segment of missing) {
      if (this.#isOver()) return "done";
      const words = await rebuild(this.#lines(segment.first - 1), segment, { fields: false, text: true });
      const pages = words.pages();
      const stored = await this.#attempt((database) =>
        database.write(() => {
          if (!database.segments().some((other) => isSame(other, segment))) return false;
          database.put({ ...segment, text: true }, pages);
          return true;
        }),
      );
      if (stored !== true) return "again";
    }
    return "done";
  }

  async *#lines(after: number) {
    const { signal } = this.#options;
    for await (const lines of this.#log.readAll({ after, chunk: CHUNK, ...(signal && { signal }) })) {
      yield lines;
      await setImmediate();
      signal?.throwIfAborted();
    }
  }

  #isOver(): boolean {
    return performance.now() >= this.#end_ms;
  }
}

/**
 * Where the next segment begins. Small segments at the end are built anew together with what follows when
 * that is at least as much, so that their number stays logarithmic and each event is indexed few times.
 */
function firstToBuild(segments: readonly Segment[], head: number): number {
  let first = (segments.at(-1)?.last ?? 0) + 1;
  let count = Math.min(head - first + 1, SEGMENT_EVENTS);
  for (const segment of segments.toReversed()) {
    const size = segment.last - segment.first + 1;
    if (segment.full || size > count) break;
    first = segment.first;
    count += size;
  }
  return first;
}
