import type { StoredEvent } from "../event/envelope.ts";
import { isEventOf } from "../event/registry.ts";
import { type BlamedChange, blamedChanges } from "../projection/diff/blame.ts";
import { diffPasts, knownAs } from "../projection/diff/divergence.ts";
import { Trace } from "../projection/diff/trace.ts";
import { applyEvent } from "../projection/state/apply-event.ts";
import { notStarted, type OrchestrationState } from "../projection/state/orchestration-state.ts";
import { GLOBAL_STREAM } from "../event/envelope.ts";
import { type Moment, pointOf } from "./moment.ts";
import { firstOf, fixed, type FixedPoint, type Past, type PastOptions } from "./past.ts";

/** What changed between two moments. */
export interface StateDiff {
  readonly issue_key: string;
  /** The two moments, understood. */
  readonly from: FixedPoint;
  readonly to: FixedPoint;
  readonly before: OrchestrationState;
  readonly after: OrchestrationState;
  /** Net changes in the order of the state's keys; `applyDiff(before, changes)` is `after`. */
  readonly changes: readonly BlamedChange[];
}

interface Span {
  readonly stream: string;
  readonly from: FixedPoint;
  readonly to: FixedPoint;
}

/**
 * What differs between the states at two moments, each difference with the event that made it. The moments may
 * stand in any order.
 * @throws ValidationError for a moment that cannot be understood.
 */
export async function diffStates(
  past: Past,
  issueKey: string,
  { from, to, ...options }: PastOptions & { readonly from: Moment; readonly to: Moment | undefined },
): Promise<StateDiff> {
  const span: Span = {
    stream: issueKey,
    from: await fixed(past, issueKey, pointOf(from)),
    to: await fixed(past, issueKey, pointOf(to)),
  };
  const found = (await continued(past, span, options)) ?? diffPasts(await divergenceOf(past, span, options));
  return { issue_key: issueKey, from: span.from, to: span.to, ...found };
}

type Found = Pick<StateDiff, "before" | "after" | "changes">;

/** The diff when one past is the beginning of the other, as it nearly always is: only what lies between is read. */
async function continued(past: Past, span: Span, options: PastOptions): Promise<Found | undefined> {
  const { stream, from, to } = span;
  const order = orderOf(from, to);
  if (order === undefined) return undefined;
  const [early, late] = order > 0 ? [to, from] : [from, to];
  const base = await past.history.stateAt(stream, early, options);
  if (late.kind === "time" && (await isLate(past, { stream, early, late }, base.last_sequence)))
    return undefined;
  const [start, end] = [new Trace(base), new Trace(base)];
  const after = early.kind === "sequence" ? early.sequence : base.last_sequence;
  const seen = new Set<string>();
  for await (const event of past.history.events(stream, late, { after, ...options })) {
    if (late.kind === "sequence" && amendsEarlier(event, seen)) return undefined;
    seen.add(event.event_id);
    end.apply(event);
  }
  const [before, behind] = order > 0 ? [end, start] : [start, end];
  const changes = blamedChanges({
    before,
    after: behind,
    onlyBefore: () => true,
    onlyAfter: () => true,
    because: () => undefined,
  });
  return { before: before.state, after: behind.state, changes };
}

/** Negative when the first point comes first; undefined where points of different kinds cannot be compared. */
function orderOf(a: FixedPoint, b: FixedPoint): number | undefined {
  if (a.kind === "sequence" && b.kind === "sequence") return a.sequence - b.sequence;
  if (a.kind !== "time" || b.kind !== "time" || a.time === b.time) return undefined;
  return a.time < b.time ? -1 : 1;
}

/** Whether something that happened between two times was recorded before what is known at the first. */
async function isLate(
  past: Past,
  { stream, early, late }: { readonly stream: string; readonly early: FixedPoint; readonly late: FixedPoint },
  lastSequence: number,
): Promise<boolean> {
  if (early.kind !== "time" || late.kind !== "time") return false;
  const first = await firstOf(
    past.queryEvents({
      issueKey: stream,
      fromTimestamp: justAfter(early.time),
      toTimestamp: justAfter(late.time),
      includeVoided: true,
      limit: 1,
    }),
  );
  return first !== undefined && first.event_sequence <= lastSequence;
}

function justAfter(time: string): Date {
  return new Date(Date.parse(time) + 1);
}

/** Whether an event says something about one that is not among those seen. */
function amendsEarlier(event: StoredEvent, seen: ReadonlySet<string>): boolean {
  if (isEventOf(event, "StoreEventVoided")) return !seen.has(event.metadata.voided_event_id);
  return isEventOf(event, "StoreFactSeen") && !seen.has(event.metadata.fact);
}

/** The state at the end of the common beginning of two pasts, and what follows in each. */
async function divergenceOf(
  past: Past,
  { stream, from, to }: Span,
  options: PastOptions,
): Promise<{ base: OrchestrationState; before: StoredEvent[]; after: StoredEvent[] }> {
  const base = notStarted(stream === GLOBAL_STREAM ? null : stream);
  const a = past.history.events(stream, from, options);
  const b = past.history.events(stream, to, options);
  for (;;) {
    const [first, second] = await Promise.all([a.next(), b.next()]);
    const same =
      first.done !== true && second.done !== true && knownAs(first.value) === knownAs(second.value);
    if (!same) return { base, before: await rest(first, a), after: await rest(second, b) };
    applyEvent(base, first.value);
  }
}

async function rest(
  first: IteratorResult<StoredEvent, void>,
  others: AsyncIterable<StoredEvent>,
): Promise<StoredEvent[]> {
  if (first.done === true) return [];
  const events = [first.value];
  for await (const event of others) events.push(event);
  return events;
}
