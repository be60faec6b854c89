import { IntegrityError } from "../errors.ts";
import type { StoredLine } from "../log/event-log.ts";
import type { EventIndex } from "./event-index.ts";
import { type CompiledFilter, isUnconditional } from "./filter.ts";
import { matches } from "./matches.ts";
import type { QueryBudget } from "./query-budget.ts";
import { readInterval, type ReadRequest, readStreams } from "./read-lines.ts";
import { behind, type Run } from "./run.ts";
import { storedEvent } from "./stored-event.ts";

/** Events that an index may lag behind: reading them costs about as much as bringing it up to date. */
const LAG_MAX = 1_000;
const TEXT_LAG_MAX = 500;
/** A stream up to this long is read rather than looked up when one issue is asked for. */
const SHORT_STREAM = 1_000;
/** Lines fetched by position at once. */
const FETCH = 128;

export interface Search {
  /** How many matches the caller expects to take. */
  readonly wanted: number;
  readonly budget: QueryBudget;
}

/** The lines of the run's interval that match, in order; the run's interval moves along. */
export async function* findMatches(run: Run, search: Search): AsyncGenerator<StoredLine> {
  const issues = issuesOf(run.filter);
  let streams = await readsStreams(run, issues);
  if (!streams) {
    try {
      yield* searched(run, search);
    } catch (error) {
      // Another stream's damage must not hide the streams that were asked for.
      if (!(error instanceof IntegrityError) || issues.length === 0) throw error;
      streams = true;
    }
  }
  if (streams) yield* confirmed(run, search, readStreams(request(run, search), issues));
}

async function* searched(run: Run, search: Search): AsyncGenerator<StoredLine> {
  const { index } = run.source;
  if (index !== undefined && !isUnconditional(run.filter)) {
    const covered = await bringUpToDate(index, run, search);
    if (run.order === "desc") yield* readTail(run, search, covered);
    yield* lookedUp(index, run, search);
  }
  yield* confirmed(run, search, readInterval(request(run, search)));
}

/** What the index does not cover, newest first. */
async function* readTail(run: Run, search: Search, covered: number): AsyncGenerator<StoredLine> {
  const { low, high } = run.interval;
  const tail = { low: Math.max(low, covered), high };
  yield* confirmed(run, search, readInterval({ ...request(run, search), interval: tail }));
  run.interval = { low, high: Math.min(high, tail.low) };
}

async function* lookedUp(index: EventIndex, run: Run, search: Search): AsyncGenerator<StoredLine> {
  const { order, filter, source } = run;
  for (let more = true; more;) {
    const select = { interval: run.interval, order, limit: search.wanted, budget: search.budget };
    const selection = await index.select(filter, select);
    for (let at = 0; at < selection.positions.length; at += FETCH) {
      const lines = await source.log.readAt(selection.positions.slice(at, at + FETCH));
      yield* confirmed(run, search, [lines]);
    }
    run.interval = selection.rest;
    more = selection.more;
  }
}

async function bringUpToDate(index: EventIndex, run: Run, { budget }: Search): Promise<number> {
  const { filter, interval, source } = run;
  const text = filter.words.length > 0;
  const covered = await index.covered(filter, source.log);
  if (interval.high - covered <= (text ? TEXT_LAG_MAX : LAG_MAX)) return covered;
  try {
    await index.refresh(source.log, { signal: budget.signal, timeBudget_ms: budget.left_ms, text });
  } catch (error) {
    // Only an answer that needs the damaged lines fails, and it meets them when it reads on.
    if (!(error instanceof IntegrityError)) throw error;
  }
  await budget.spend();
  return index.covered(filter, source.log);
}

async function* confirmed(
  run: Run,
  { budget }: Search,
  chunks: AsyncIterable<readonly StoredLine[]> | Iterable<readonly StoredLine[]>,
): AsyncGenerator<StoredLine> {
  const takesAll = isUnconditional(run.filter) && run.source.voided === undefined;
  await budget.spend();
  for await (const lines of chunks) {
    for (const line of lines) {
      const found = takesAll || accepts(run, line);
      run.interval = behind(run, line.position);
      if (found) yield line;
    }
    await budget.spend();
  }
}

function accepts({ filter, source }: Run, line: StoredLine): boolean {
  const event = storedEvent(line);
  if (!filter.includeVoided && source.voided?.has(event.event_id) === true) return false;
  return matches(filter, event);
}

async function readsStreams({ filter, source }: Run, issues: readonly string[]): Promise<boolean> {
  const [issue] = issues;
  if (issue === undefined) return false;
  if (source.index === undefined) return true;
  if (issues.length > 1) return false;
  if (isUnconditional({ ...filter, equals: filter.equals.filter(({ field }) => field !== "issueKey") }))
    return true;
  const stream = await source.log.stream(issue);
  return stream === undefined || stream.head_sequence <= SHORT_STREAM;
}

function issuesOf(filter: CompiledFilter): readonly string[] {
  return filter.equals.find(({ field }) => field === "issueKey")?.values ?? [];
}

function request({ source, order, interval }: Run, { budget }: Search): ReadRequest {
  return { log: source.log, order, interval, signal: budget.signal };
}
