import { ValidationError } from "../errors.ts";
import { type EventRef, refOf } from "../projection/diff/event-ref.ts";
import { applyEvent } from "../projection/state/apply-event.ts";
import type { OrchestrationState } from "../projection/state/orchestration-state.ts";
import { type Condition, type Question, questionOf } from "./condition.ts";
import { type Moment, pointOf } from "./moment.ts";
import { firstOf, fixed, type Past, type PastOptions } from "./past.ts";

/** Up to so many events every state is looked at: reading them costs no more than folding a few states anew. */
const SCAN_MAX = 20_000;
/** The part of that to which a gap is narrowed before every state in it is looked at. */
const GAP_SHARE = 0.1;
/** States looked at in a longer range besides those of the search, to notice that a condition flips. */
const SPREAD_PROBES = 16;
/** States folded anew in a longer range at most. */
const LOOKS_MAX = 40;

export interface BisectOptions extends PastOptions {
  /** Where to begin: the condition is false there. Default before the first event. */
  readonly from?: Moment | undefined;
  /** Where to end; default now. */
  readonly to?: Moment | undefined;
  /** Look at every state, however many there are. */
  readonly exhaustive?: boolean | undefined;
  /** Events up to which every state is looked at anyway; default 20,000. */
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
 * `reconstructState(issue, { sequence })`. Up to 20,000 events every state is looked at; a longer range is searched
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
  const { scanMax = SCAN_MAX, signal } = options;
  const gapMax = Math.max(1, Math.floor(scanMax * GAP_SHARE));
  const search: Search = { past, stream: issueKey, question, from, to, gapMax, signal };
  const whole = options.exhaustive === true || to - from <= scanMax;
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
  /** Gaps up to this are looked at whole. */
  readonly gapMax: number;
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
async function scanned(search: Search): Promise<Findings> {
  const { past, stream, question, from, to, signal } = search;
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
  for (const stop of [...(await amendments(search)), to + 1]) {
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

async function amendments({ past, stream, from, to, signal }: Search): Promise<number[]> {
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
  const turns: Turn[] = seen[0]?.holds === true ? [{ sequence: from, holds: true }] : [];
  for (const [before, after] of turned(seen)) {
    const steps = turns.length === 0 ? Number.POSITIVE_INFINITY : LOOKS_MAX - probes;
    const gap = await narrowed({ from: before.sequence, to: after.sequence }, look, {
      steps,
      ...search,
      after,
    });
    if (gap.to - gap.from > search.gapMax) turns.push({ ...after, sequence: gap.to, after: gap.from });
    else {
      const inGap = await scanned({ ...search, ...gap });
      probes += inGap.probes;
      turns.push(...inGap.turns.filter(({ sequence }) => sequence > gap.from));
    }
  }
  return { turns, probes };
}

type Look = (sequence: number) => Promise<Turn>;

interface Gap {
  readonly from: number;
  readonly to: number;
}

/** Neighbours between which the condition turned. */
function* turned(seen: readonly Turn[]): Generator<readonly [Turn, Turn]> {
  for (const [at, after] of seen.entries()) {
    const before = seen[at - 1];
    if (before !== undefined && before.holds !== after.holds) yield [before, after];
  }
}

/** A part of a gap in which the condition turns to what it is after it, short enough to be read, if the steps do. */
async function narrowed(
  gap: Gap,
  look: Look,
  { steps, gapMax, after }: { readonly steps: number; readonly gapMax: number; readonly after: Turn },
): Promise<Gap> {
  let { from, to } = gap;
  for (let step = 0; to - from > gapMax && step < steps; step++) {
    const middle = (from + to) >>> 1;
    if ((await look(middle)).holds === after.holds) to = middle;
    else from = middle;
  }
  return { from, to };
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
