import { GLOBAL_STREAM, type StoredEvent } from "../event/envelope.ts";
import { PrunedError } from "../errors.ts";
import type { StoredLine } from "../log/event-log.ts";
import { applyEvent } from "../projection/state/apply-event.ts";
import { notStarted, type OrchestrationState } from "../projection/state/orchestration-state.ts";
import { amended, type AmendmentsById, type AmendmentShelf, heededBy } from "../query/amendments.ts";
import { encodeCursor } from "../query/cursor.ts";
import { parseFilter } from "../query/parse-filter.ts";
import { queryLines, type QueryLimits, type QuerySource } from "../query/run-query.ts";
import { knows, type Point } from "./moment.ts";
import { lineAt, type Snapshots } from "./snapshots/snapshots.ts";

/** With fewer events left than this, reading them all is no slower than looking up those that are wanted. */
const READ_ALL_MAX = 200;

export interface HistoryParts {
  readonly source: QuerySource;
  readonly amendments: AmendmentShelf;
  readonly limits: QueryLimits;
  readonly decode: (line: StoredLine) => StoredEvent;
  /** Without them every state is folded from the first event on; the answers are the same. */
  readonly snapshots: Snapshots | undefined;
}

export interface HistoryOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface PastOptions extends HistoryOptions {
  /** The sequence behind which to begin; default 0. */
  readonly after?: number;
}

/** A line of the past, and the event in it as folds see it: undefined when it is void. */
export interface PastLine {
  readonly line: StoredLine;
  readonly stored: StoredEvent;
  readonly event: StoredEvent | undefined;
}

/** What a stream's past at a point is made of: its end, and the amendments that count. */
export interface Past {
  readonly stream: string;
  readonly point: Point;
  readonly last: number;
  readonly amendments: AmendmentsById;
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
   * The events that make up the past of a point, in order of sequence.
   * @throws IntegrityError when a line that the answer depends on is damaged.
   */
  async *events(
    stream: string,
    point: Point,
    options: PastOptions = {},
  ): AsyncGenerator<StoredEvent, void, undefined> {
    for await (const { event } of this.lines(stream, point, options)) if (event !== undefined) yield event;
  }

  /** Like `events`, with the lines that they stand on, void ones too. */
  async *lines(
    stream: string,
    point: Point,
    options: PastOptions = {},
  ): AsyncGenerator<PastLine, void, undefined> {
    yield* this.linesOf(await this.past(stream, point, options), options);
  }

  /** The state at a point: a fresh object. */
  async stateAt(stream: string, point: Point, options: HistoryOptions = {}): Promise<OrchestrationState> {
    const past = await this.past(stream, point, options);
    const base = await this.#parts.snapshots?.base(past);
    const state = base?.state ?? initialState(stream);
    const after = base?.head.to_sequence ?? 0;
    for await (const { event } of this.linesOf(past, { ...options, after }))
      if (event !== undefined) applyEvent(state, event);
    return state;
  }

  /** What the log says of a stream at this moment, for several reads that must agree. */
  async past(stream: string, point: Point, { signal }: HistoryOptions = {}): Promise<Past> {
    const { amendments, source, limits } = this.#parts;
    // The end first: everything that amends an event before it is then among the amendments.
    const last = (await source.log.stream(stream))?.head_sequence ?? 0;
    const { byId } = await amendments.ofStream(stream, source, { limits, signal });
    const heeded = heededBy(byId, (one) => one.sequence <= last && knows(point, one));
    return { stream, point, last, amendments: heeded };
  }

  /** The lines of a past that was asked for before. */
  async *linesOf(past: Past, options: PastOptions = {}): AsyncGenerator<PastLine, void, undefined> {
    const { point, amendments } = past;
    for await (const line of this.#select(past, options)) {
      const stored = this.#parts.decode(line);
      if (point.kind === "known" && stored.recorded_at > point.time) return;
      if (point.kind === "time" && stored.timestamp > point.time) continue;
      yield { line, stored, event: amended(stored, amendments) };
    }
  }

  /** Every line of a point's past, and maybe some that are not. */
  async *#select(
    { stream, point, last }: Past,
    { after = 0, signal }: PastOptions,
  ): AsyncGenerator<StoredLine, void, undefined> {
    const { index, log } = this.#parts.source;
    const to = point.kind === "sequence" ? Math.min(point.sequence, last) : last;
    if (to <= after) return;
    if (point.kind === "time" && index !== undefined && to - after > READ_ALL_MAX) {
      // A pruned beginning would be missing from the answer without a word.
      if ((await lineAt(log, stream, after + 1)) === undefined) throw prunedPast(stream, after + 1);
      for await (const line of this.#lookUp(stream, point.time, { after, signal }))
        if (line.sequence <= last) yield line;
      return;
    }
    const range = { from: after + 1, to, ...(signal === undefined ? {} : { signal }) };
    let next = after + 1;
    for await (const lines of log.readStream(stream, range)) {
      if (lines[0]?.sequence !== next) throw prunedPast(stream, next);
      yield* lines;
      next += lines.length;
    }
    if (next <= to) throw prunedPast(stream, next);
  }

  /** By time, in a long stream: late events stand anywhere, so the index says which ones are wanted. */
  async *#lookUp(
    stream: string,
    time: string,
    { after, signal }: { readonly after: number; readonly signal: AbortSignal | undefined },
  ): AsyncGenerator<StoredLine, void, undefined> {
    const { source, limits } = this.#parts;
    const { storeId, incarnation } = source.log;
    const behind = after === 0 ? undefined : await lineAt(source.log, stream, after);
    const filter = parseFilter({
      issueKey: stream,
      toTimestamp: new Date(Date.parse(time) + 1),
      includeVoided: true,
      ...(behind === undefined
        ? {}
        : { after: encodeCursor({ storeId, incarnation, position: behind.position, order: "asc" }) }),
    });
    yield* queryLines(source, filter, { limits, signal });
  }
}

/** The error for a past that cannot be folded, since a part of it was deleted by a policy. */
function prunedPast(stream: string, sequence: number): PrunedError {
  return new PrunedError(
    "ESO_PRUNED",
    `${stream} cannot be followed from event ${sequence} on: that part of its past was pruned, which is on record`,
    {
      hint: "Ask for a later moment: a snapshot behind the pruned part tells the state from there. eso query --type StorePruned says who decided it.",
      details: { file: stream },
    },
  );
}

/** The state of a stream before its first event. */
export function initialState(stream: string): OrchestrationState {
  return notStarted(stream === GLOBAL_STREAM ? null : stream);
}
