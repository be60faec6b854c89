import { IntegrityError } from "../errors.ts";
import type { Direction, EventLogReader, StoredLine } from "../log/event-log.ts";
import type { Interval } from "./event-index.ts";
import type { QueryOrder } from "./filter.ts";

export interface ReadRequest {
  readonly log: EventLogReader;
  readonly order: QueryOrder;
  readonly interval: Interval;
  readonly signal: AbortSignal | undefined;
}

type Chunks = AsyncIterable<readonly StoredLine[]>;

/** Small enough that a first page does not wait for many lines it has no use for. */
const CHUNK = 256;

/** Every line of an interval, in order. */
export async function* readInterval(request: ReadRequest): Chunks {
  const { log, order, interval, signal } = request;
  if (interval.low >= interval.high) return;
  const after = order === "asc" ? interval.low : interval.high + 1;
  const options = {
    after,
    chunk: Math.min(CHUNK, interval.high - interval.low),
    direction: directionOf(order),
    ...(signal && { signal }),
  };
  for await (const chunk of log.readAll(options)) {
    const lines = chunk.filter(({ position }) => position > interval.low && position <= interval.high);
    if (lines.length > 0) yield lines;
    if (reachesEnd(request, chunk.at(-1))) return;
  }
}

/** The lines of some streams that lie in an interval, in order of position. */
export function readStreams(request: ReadRequest, streams: readonly string[]): Chunks {
  const [first, second] = streams;
  return first !== undefined && second === undefined
    ? readOneStream(request, first)
    : merged(request, streams);
}

async function* merged(request: ReadRequest, streams: readonly string[]): Chunks {
  const sources = await Promise.all(streams.map((stream) => LineSource.open(readOneStream(request, stream))));
  for (let live = sources.filter(hasLine); live.length > 0; live = live.filter(hasLine)) {
    const next = live.reduce((a, b) => (a.position < b.position === (request.order === "asc") ? a : b));
    yield [next.line];
    await next.advance();
  }
}

async function* readOneStream(request: ReadRequest, stream: string): Chunks {
  const { log, order, interval, signal } = request;
  const bound = await sequenceBound(request, stream);
  const options = { ...bound, direction: directionOf(order), ...(signal && { signal }) };
  for await (const chunk of log.readStream(stream, options)) {
    const lines = chunk.filter(({ position }) => position > interval.low && position <= interval.high);
    if (lines.length > 0) yield lines;
    if (reachesEnd(request, chunk.at(-1))) return;
  }
}

/** Where to enter the stream, known when the event just before the interval is of this stream. */
async function sequenceBound(request: ReadRequest, stream: string): Promise<{ from?: number; to?: number }> {
  const { log, order, interval } = request;
  const edge = order === "asc" ? interval.low : interval.high + 1;
  if (edge < 1 || edge > (await log.head()).position) return {};
  const line = await lineAt(log, edge);
  if (line?.stream !== stream) return {};
  return order === "asc" ? { from: line.sequence + 1 } : { to: line.sequence - 1 };
}

/** The line at a position; undefined for a damaged one, which may well be another stream's. */
async function lineAt(log: EventLogReader, position: number): Promise<StoredLine | undefined> {
  try {
    return (await log.readAt([position]))[0];
  } catch (error) {
    if (error instanceof IntegrityError) return undefined;
    throw error;
  }
}

function reachesEnd({ order, interval }: ReadRequest, line: StoredLine | undefined): boolean {
  if (line === undefined) return false;
  return order === "asc" ? line.position >= interval.high : line.position <= interval.low + 1;
}

function directionOf(order: QueryOrder): Direction {
  return order === "asc" ? "forwards" : "backwards";
}

/** One stream of a merge, standing at a line. */
class LineSource {
  readonly #lines: AsyncIterator<StoredLine>;
  #line: StoredLine | undefined;

  private constructor(lines: AsyncIterator<StoredLine>) {
    this.#lines = lines;
  }

  static async open(chunks: Chunks): Promise<LineSource> {
    const source = new LineSource(oneByOne(chunks));
    await source.advance();
    return source;
  }

  get ended(): boolean {
    return this.#line === undefined;
  }

  get line(): StoredLine {
    if (this.#line === undefined) throw new RangeError("the source has no line left");
    return this.#line;
  }

  get position(): number {
    return this.line.position;
  }

  async advance(): Promise<void> {
    const next = await this.#lines.next();
    this.#line = next.done === true ? undefined : next.value;
  }
}

function hasLine(source: LineSource): boolean {
  return !source.ended;
}

async function* oneByOne(chunks: Chunks): AsyncGenerator<StoredLine> {
  for await (const chunk of chunks) yield* chunk;
}
