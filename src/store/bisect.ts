import { ValidationError } from "../errors.ts";
import { type EventRef, refOf } from "../projection/diff/event-ref.ts";
import { applyEvent } from "../projection/state/apply-event.ts";
import type { OrchestrationState } from "../projection/state/orchestration-state.ts";
import { type Condition, type Question, questionOf } from "./condition.ts";
import { type Moment, pointOf } from "./moment.ts";
import { firstOf, fixed, type Past, type PastOptions } from "./past.ts";

/** Up to so many events every state is looked at. */
const SCAN_MAX = 5_000;
/** States looked at in a longer range besides those of the search, to notice that a condition flips. */
const SPREAD_PROBES = 16;
/** States looked at in a longer range at most, unless finding the first turn takes more. */
const PROBES_MAX = 40;

export interface BisectOptions extends PastOptions {
  /** Where to begin: the condition is false there. Default before the first event. */
  readonly from?: Moment | undefined;
  /** Where to end; default now. */
  readonly to?: Moment | undefined;
  /** Look at every state, however many there are. */
  readonly exhaustive?: boolean | undefined;
  /** Events up to which every state is looked at anyway; default 5,000. */
  readonly scanMax?: number | undefined;
  /** Told of every state that was looked at. */
  readonly onLook?: (() => void) | undefined;
}

/** A place where the condition turned. */
export interface Flip {
  readonly sequence: number;
  readonly event: EventRef;
  /** What the condition was from then on. */
  readonly holds: boolean;
  /** It turned at some event behind this one; absent when it is known to be `event`. */
  readonly after?: number;
}

/** Where a condition turned true. */
export interface Bisection {
  readonly issue_key: string;
  /** Sequences: the states after `from` up to and with the one after `to` were searched. */
  readonly range: { readonly from: number; readonly to: number };
  /** `found`: it turned true. `true_at_start`: it held at `from` already. `never_true`: at no state looked at. */
  readonly outcome: "found" | "true_at_start" | "never_true";
  readonly sequence?: number;
  readonly event?: EventRef;
  readonly state_before?: OrchestrationState;
  /** Where it turned false again, and true once more; in a long range only as far as it was noticed. */
  readonly flips: readonly Flip[];
  /** Every state was looked at: nothing turned earlier, or unnoticed. */
  readonly exact: boolean;
  /** States looked at. */
  readonly probes: number;
  /** States that could not answer, as they lack what is asked for; they count as false. */
  readonly unanswered?: { readonly states: number; readonly reason: string };
}

/**
 * Finds the first event after which a condition over the state holds. States are those of
 * `reconstructState(issue, { sequence })`. Up to 5,000 events every state is looked at; a longer range is searched
 * by halves, some evenly spread states aside.
 * @throws ValidationError for a condition or moment that cannot be understood.
 */
export async function bisect(
  past: Past,
  issueKey: string,
  { condition, ...options }: BisectOptions & { readonly condition: Condition },
): Promise<Bisection> {
  const question = await questionOf(condition, options.onLook);
  const from = options.from === undefined ? 0 : await sequenceOf(past, issueKey, options.from);
  const to = await sequenceOf(past, issueKey, options.to);
  if (from > to) throw backwards(from, to);
  const search: Search = { past, stream: issueKey, question, from, to, signal: options.signal };
  const whole = options.exhaustive === true || to - from <= (options.scanMax ?? SCAN_MAX);
  const { turns, probes } = await (whole ? scanned(search) : halved(search));
  const [first, ...flips] = turns;
  const { unanswered } = question;
  return {
    issue_key: issueKey,
    range: { from, to },
    ...(await outcomeOf(search, first)),
    flips: await Promise.all(flips.map((turn) => flipOf(search, turn))),
    exact: whole,
    probes,
    ...(unanswered === undefined ? {} : { unanswered }),
  };
}

interface Search {
  readonly past: Past;
  readonly stream: string;
  readonly question: Question;
  readonly from: number;
  readonly to: number;
  readonly signal: AbortSignal | undefined;
}

/** The condition has this value from this sequence on. */
interface Turn {
  readonly sequence: number;
  readonly holds: boolean;
  readonly after?: number;
}

interface Findings {
  /** Begins with the first state at which the condition holds. */
  readonly turns: readonly Turn[];
  readonly probes: number;
}

async function sequenceOf(past: Past, stream: string, moment: Moment | undefined): Promise<number> {
  const head = (await past.log.stream(stream))?.head_sequence ?? 0;
  const point = await fixed(past, stream, pointOf(moment));
  if (point.kind === "sequence") return Math.min(point.sequence, head);
  return (await past.history.stateAt(stream, point)).last_sequence;
}

/** Looks at every state in turn. */
async function scanned({ past, stream, question, from, to, signal }: Search): Promise<Findings> {
  const turns: Turn[] = [];
  let holds = false;
  let probes = 0;
  const look = (state: OrchestrationState, sequence: number): void => {
    probes++;
    if (question.holds(state) === holds) return;
    holds = !holds;
    turns.push({ sequence, holds });
  };
  let at = from;
  // An event that amends an earlier one gives another past, which is folded anew.
  for (const stop of [...(await amendments({ past, stream, from, to, signal })), to + 1]) {
    const state = await past.history.stateAt(stream, { kind: "sequence", sequence: at }, { signal });
    look(state, at);
    const until = { kind: "sequence", sequence: stop - 1 } as const;
    for await (const event of past.history.events(stream, until, { after: at, signal })) {
      applyEvent(state, event);
      look(state, event.event_sequence);
    }
    at = stop;
  }
  return { turns, probes };
}

async function amendments({ past, stream, from, to, signal }: Omit<Search, "question">): Promise<number[]> {
  const sequences: number[] = [];
  const eventTypes = ["StoreEventVoided", "StoreFactSeen"];
  for await (const event of past.queryEvents(
    { issueKey: stream, eventTypes, includeVoided: true },
    { signal },
  )) {
    if (event.event_sequence > from && event.event_sequence <= to) sequences.push(event.event_sequence);
  }
  return sequences.sort((a, b) => a - b);
}

/** Looks at some states spread evenly, and halves the gaps in which the condition turned, the first one first. */
async function halved(search: Search): Promise<Findings> {
  const { past, stream, question, from, to, signal } = search;
  let probes = 0;
  const look: Look = async (sequence) => {
    probes++;
    const state = await past.history.stateAt(stream, { kind: "sequence", sequence }, { signal });
    return { sequence, holds: question.holds(state) };
  };
  const seen = [await look(from)];
  for (let probe = 1; probe <= SPREAD_PROBES && seen[0]?.holds === false; probe++) {
    seen.push(await look(from + Math.ceil(((to - from) * probe) / SPREAD_PROBES)));
  }
  const turns = seen.filter(({ holds }, at) => holds !== (seen[at - 1]?.holds ?? false));
  const found: Turn[] = [];
  for (const turn of turns) {
    const before = seen[seen.indexOf(turn) - 1];
    const steps = found.length === 0 ? Number.POSITIVE_INFINITY : PROBES_MAX - probes;
    found.push(before === undefined ? turn : await narrowed([before.sequence, turn], look, steps));
  }
  return { turns: found, probes };
}

type Look = (sequence: number) => Promise<Turn>;

/** The first sequence from which on the condition is as at the later one, as far as so many steps tell. */
async function narrowed([earlier, later]: readonly [number, Turn], look: Look, steps: number): Promise<Turn> {
  let [low, high] = [earlier, later.sequence];
  for (let step = 0; high - low > 1 && step < steps; step++) {
    const middle = (low + high) >>> 1;
    if ((await look(middle)).holds === later.holds) high = middle;
    else low = middle;
  }
  return { sequence: high, holds: later.holds, ...(high - low > 1 ? { after: low } : {}) };
}

async function outcomeOf(
  search: Search,
  first: Turn | undefined,
): Promise<Pick<Bisection, "outcome" | "sequence" | "event" | "state_before">> {
  if (first === undefined) return { outcome: "never_true" };
  const { sequence } = first;
  if (sequence === search.from) return { outcome: "true_at_start", sequence };
  const before = { kind: "sequence", sequence: sequence - 1 } as const;
  const state_before = await search.past.history.stateAt(search.stream, before, { signal: search.signal });
  return { outcome: "found", sequence, event: await eventAt(search, sequence), state_before };
}

async function flipOf(search: Search, turn: Turn): Promise<Flip> {
  return { ...turn, event: await eventAt(search, turn.sequence) };
}

async function eventAt({ past, stream, signal }: Search, sequence: number): Promise<EventRef> {
  const point = { kind: "sequence", sequence } as const;
  const event = await firstOf(past.history.events(stream, point, { after: sequence - 1, signal }));
  if (event === undefined) throw new Error(`stream ${stream} has no event ${sequence}`);
  return refOf(event);
}

function backwards(from: number, to: number): ValidationError {
  const message = `the range ends before it begins: at event ${to}, from event ${from} on`;
  return new ValidationError("ESO_INVALID_QUERY", message, {
    hint: "Swap from and to.",
    details: { issues: [{ path: "$.from", message }] },
  });
}
