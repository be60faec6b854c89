import type { StoredEvent } from "../event/envelope.ts";
import type { OrchestrationState } from "../projection/state/orchestration-state.ts";
import { type Moment, type Point, pointOf } from "./moment.ts";
import { firstOf, fixed, type FixedPoint, type Past, type PastOptions } from "./past.ts";

const MINUTE_MS = 60_000;
const WINDOW_MINUTES = 5;
/** Events given on each side of a moment at most: those nearest to it. */
const SIDE_MAX = 100;

export interface TimeTravelOptions extends PastOptions {
  /** How far to look on each side; default 5. */
  readonly windowMinutes?: number | undefined;
}

/** What was going on at a moment. */
export interface TimeTravelView {
  readonly issue_key: string;
  readonly moment: FixedPoint;
  /** The moment as a time; of a sequence, when its event happened. Null before the first event. */
  readonly time: string | null;
  readonly window_minutes: number;
  readonly state: OrchestrationState;
  /** What had happened at the moment, and what had not, by time; at most the nearest 100 of each. */
  readonly before: readonly StoredEvent[];
  readonly after: readonly StoredEvent[];
  readonly before_total: number;
  readonly after_total: number;
  readonly active_agents: OrchestrationState["active_agents"];
  readonly current_phase: OrchestrationState["current_phase"];
  readonly pending_tasks: OrchestrationState["pending_tasks"];
  readonly open_gaps: OrchestrationState["identified_gaps"];
}

/**
 * The state at a moment, and the events around it by `timestamp`. `before` holds those that belong to the
 * moment's past, `after` those that happened or were recorded later.
 * @throws ValidationError for a moment that cannot be understood.
 */
export async function timeTravelQuery(
  past: Past,
  issueKey: string,
  { moment, ...options }: TimeTravelOptions & { readonly moment?: Moment | undefined },
): Promise<TimeTravelView> {
  const { windowMinutes = WINDOW_MINUTES, signal } = options;
  const point = await fixed(past, issueKey, pointOf(moment));
  const state = await past.history.stateAt(issueKey, point, { signal });
  const time = point.kind === "sequence" ? await timeOf(past, issueKey, point) : point.time;
  const around = time === undefined ? undefined : windowOf(Date.parse(time), windowMinutes);
  const { before, after } = await eventsAround(past, issueKey, { point, around, signal });
  return {
    issue_key: issueKey,
    moment: point,
    time: time ?? null,
    window_minutes: windowMinutes,
    state,
    before: before.slice(-SIDE_MAX),
    after: after.slice(0, SIDE_MAX),
    before_total: before.length,
    after_total: after.length,
    active_agents: state.active_agents,
    current_phase: state.current_phase,
    pending_tasks: state.pending_tasks,
    open_gaps: state.identified_gaps,
  };
}

interface Window {
  readonly from: string;
  readonly to: string;
}

/** Inclusive on both sides. */
function windowOf(ms: number, minutes: number): Window {
  const reach = minutes * MINUTE_MS;
  return { from: new Date(ms - reach).toISOString(), to: new Date(ms + reach).toISOString() };
}

async function timeOf(
  past: Past,
  stream: string,
  { sequence }: { readonly sequence: number },
): Promise<string | undefined> {
  const point = { kind: "sequence", sequence } as const;
  const event = await firstOf(past.history.events(stream, point, { after: Math.max(0, sequence - 1) }));
  return event?.timestamp ?? (await past.history.stateAt(stream, point)).last_timestamp ?? undefined;
}

interface Sides {
  readonly before: readonly StoredEvent[];
  readonly after: readonly StoredEvent[];
}

async function eventsAround(
  past: Past,
  stream: string,
  {
    point,
    around,
    signal,
  }: PastOptions & { readonly point: FixedPoint; readonly around: Window | undefined },
): Promise<Sides> {
  if (around === undefined) return { before: [], after: [] };
  const reach = await sequencesIn(past, stream, { ...around, signal });
  if (reach === undefined) return { before: [], after: [] };
  const read = async (upTo: Point): Promise<StoredEvent[]> => {
    const found: StoredEvent[] = [];
    for await (const event of past.history.events(stream, upTo, { after: reach.first - 1, signal })) {
      if (event.event_sequence > reach.last) break;
      if (event.timestamp >= around.from && event.timestamp <= around.to) found.push(event);
    }
    return found.sort(byTime);
  };
  const before = await read(point);
  const known = new Set(before.map(({ event_id }) => event_id));
  const all = await read({ kind: "latest" });
  return { before, after: all.filter(({ event_id }) => !known.has(event_id)) };
}

/** The reach of the sequences of all events in a window, void ones among them. */
async function sequencesIn(
  past: Past,
  stream: string,
  { from, to, signal }: Window & PastOptions,
): Promise<{ readonly first: number; readonly last: number } | undefined> {
  const filter = {
    issueKey: stream,
    fromTimestamp: from,
    toTimestamp: new Date(Date.parse(to) + 1),
    includeVoided: true,
    limit: 1,
  };
  const first = await firstOf(past.queryEvents({ ...filter, order: "asc" }, { signal }));
  const last = await firstOf(past.queryEvents({ ...filter, order: "desc" }, { signal }));
  if (first === undefined || last === undefined) return undefined;
  return { first: first.event_sequence, last: last.event_sequence };
}

function byTime(a: StoredEvent, b: StoredEvent): number {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp ? -1 : 1;
  return a.event_sequence - b.event_sequence;
}
