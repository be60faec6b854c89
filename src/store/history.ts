import type { StoredEvent } from "../event/envelope.ts";
import { GLOBAL_STREAM } from "../event/envelope.ts";
import type { StoredLine } from "../log/event-log.ts";
import { applyEvent } from "../projection/state/apply-event.ts";
import { notStarted, type OrchestrationState } from "../projection/state/orchestration-state.ts";
import { amended, type Amendment, type Amendments, type AmendmentShelf } from "../query/amendments.ts";
import { encodeCursor } from "../query/cursor.ts";
import { parseFilter } from "../query/parse-filter.ts";
import { queryEvents, type QueryLimits, type QuerySource } from "../query/run-query.ts";
import type { Point } from "./moment.ts";

/** With fewer events left than this, reading them all is no slower than looking up those that are wanted. */
const READ_ALL_MAX = 1_000;

export interface HistoryParts {
  readonly source: QuerySource;
  readonly amendments: AmendmentShelf;
  readonly limits: QueryLimits;
  readonly decode: (line: StoredLine) => StoredEvent;
}

export interface HistoryOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * The past of a stream. A point selects events: those that had happened, or were recorded, by then, in order of
 * sequence, without the void ones, each completed by what was seen of its fact later. Every fold starts from here.
 */
export class History {
  readonly #parts: HistoryParts;

  constructor(parts: HistoryParts) {
    this.#parts = parts;
  }

  /**
   * The events that make up the past of a point, in order of sequence, behind sequence `after`.
   * @throws IntegrityError when a line that the answer depends on is damaged.
   */
  async *events(
    stream: string,
    point: Point,
    options: HistoryOptions & { readonly after?: number } = {},
  ): AsyncGenerator<StoredEvent, void, undefined> {
    const { byId } = await this.#amendments(stream, options);
    const counts = countsAt(point);
    for await (const event of this.#stored(stream, point, options)) {
      const seen = amended(event, byId, counts);
      if (seen !== undefined) yield seen;
    }
  }

  /** The state at a point: a fresh object. */
  async stateAt(stream: string, point: Point, options: HistoryOptions = {}): Promise<OrchestrationState> {
    const state = notStarted(stream === GLOBAL_STREAM ? null : stream);
    for await (const event of this.events(stream, point, options)) applyEvent(state, event);
    return state;
  }

  #amendments(stream: string, { signal }: HistoryOptions): Promise<Amendments> {
    const { amendments, source, limits } = this.#parts;
    return amendments.ofStream(stream, source, { limits, signal });
  }

  async *#stored(
    stream: string,
    point: Point,
    { after = 0, signal }: HistoryOptions & { readonly after?: number },
  ): AsyncGenerator<StoredEvent> {
    const head = (await this.#parts.source.log.stream(stream))?.head_sequence ?? 0;
    const to = point.kind === "sequence" ? Math.min(point.sequence, head) : head;
    if (point.kind === "time" && this.#parts.source.index !== undefined && to - after > READ_ALL_MAX) {
      yield* this.#lookedUp(stream, point.time, { after, signal });
      return;
    }
    const range = { from: after + 1, to, ...(signal === undefined ? {} : { signal }) };
    for await (const lines of this.#parts.source.log.readStream(stream, range)) {
      for (const line of lines) {
        const event = this.#parts.decode(line);
        if (point.kind === "known" && event.recorded_at > point.time) return;
        if (point.kind !== "time" || event.timestamp <= point.time) yield event;
      }
    }
  }

  /** By time, in a long stream: late events stand anywhere, so the index says which ones are wanted. */
  async *#lookedUp(
    stream: string,
    time: string,
    { after, signal }: { readonly after: number; readonly signal: AbortSignal | undefined },
  ): AsyncGenerator<StoredEvent> {
    const { source, limits } = this.#parts;
    const toTimestamp = new Date(Date.parse(time) + 1);
    const cursor = after === 0 ? {} : { after: await this.#cursorBehind(stream, after) };
    const filter = parseFilter({
      issueKey: stream,
      toTimestamp,
      order: "asc",
      includeVoided: true,
      ...cursor,
    });
    yield* queryEvents(source, filter, { limits, signal });
  }

  async #cursorBehind(stream: string, sequence: number): Promise<string> {
    const { log } = this.#parts.source;
    const { storeId, incarnation } = log;
    for await (const [line] of log.readStream(stream, { from: sequence, to: sequence })) {
      if (line !== undefined)
        return encodeCursor({ storeId, incarnation, position: line.position, order: "asc" });
    }
    throw new Error(`stream ${stream} has no event ${sequence}`);
  }
}

/**
 * Which amendments a point knows of. Asked when something happened, all that is known today counts; asked what
 * the record said, only what it held by then.
 */
function countsAt(point: Point): ((amendment: Amendment) => boolean) | undefined {
  if (point.kind === "sequence") return ({ sequence }) => sequence <= point.sequence;
  if (point.kind === "known") return ({ recorded_at }) => recorded_at <= point.time;
  return undefined;
}
