import { GLOBAL_STREAM, type StoredEvent } from "../event/envelope.ts";
import { isEventOf } from "../event/registry.ts";
import { type EventRef, refOf } from "../projection/diff/event-ref.ts";
import { encodeCursor } from "../query/cursor.ts";
import { CAUSE_RULES, typesBehind } from "./cause-rules.ts";
import type { Past, PastOptions } from "./past.ts";

const CAUSES_MAX = 100;
const EFFECT_LEVELS_MAX = 6;
/** Effects given of one event, and in all. */
const EFFECTS_EACH_MAX = 20;
const EFFECTS_MAX = 200;
/** Events looked through at most to infer a link. */
const LOOKED_THROUGH_MAX = 5_000;

/** How one event is known to go back to another. */
export interface Link {
  /** `given`: it says so itself. `inferred`: by what both are about; `says` tells how. */
  readonly link: "given" | "inferred";
  readonly says?: string;
}

/** An event that another one goes back to. */
export interface Cause extends Link {
  readonly event_id: string;
  readonly event?: EventRef;
  /** `missing`: not in the store. `cycle`: met before, the chain goes round. `more`: the chain goes on. */
  readonly end?: "missing" | "cycle" | "more";
}

/** An event that goes back to another one. */
export interface Effect extends Link {
  readonly event: EventRef;
  readonly effects: readonly Effect[];
  /** Effects that are left out. */
  readonly more?: number;
}

/** What an event goes back to, nearest cause first. */
export async function causesOf(past: Past, event: StoredEvent, options: PastOptions): Promise<Cause[]> {
  const causes: Cause[] = [];
  const met = new Set([event.event_id]);
  let effect: StoredEvent | undefined = event;
  while (effect !== undefined) {
    const found: Found | undefined = await causeOf(past, effect, options);
    if (found === undefined) break;
    const { id, link, cause } = found;
    const end = cause === undefined ? "missing" : met.has(id) ? "cycle" : undefined;
    const last = end ?? (causes.length + 1 === CAUSES_MAX ? "more" : undefined);
    causes.push({
      event_id: id,
      ...link,
      ...(cause === undefined ? {} : { event: refOf(cause) }),
      ...(last === undefined ? {} : { end: last }),
    });
    met.add(id);
    effect = last === undefined ? cause : undefined;
  }
  return causes;
}

interface Found {
  readonly id: string;
  readonly link: Link;
  readonly cause: StoredEvent | undefined;
}

async function causeOf(past: Past, event: StoredEvent, options: PastOptions): Promise<Found | undefined> {
  const id = event.causation_id?.toLowerCase() ?? amendedBy(event);
  if (id !== undefined) return { id, link: { link: "given" }, cause: await past.getEvent(id) };
  return inferredCause(past, event, options);
}

/** The store's own events name the event that they are about. */
function amendedBy(event: StoredEvent): string | undefined {
  if (isEventOf(event, "StoreEventVoided")) return event.metadata.voided_event_id;
  return isEventOf(event, "StoreFactSeen") ? event.metadata.fact : undefined;
}

async function inferredCause(
  past: Past,
  event: StoredEvent,
  options: PastOptions,
): Promise<Found | undefined> {
  for (const { says, earlier, fits } of CAUSE_RULES[event.event_type] ?? []) {
    for await (const one of near(past, event, { eventTypes: earlier, order: "desc", ...options })) {
      if (fits(event, one)) return { id: one.event_id, link: { link: "inferred", says }, cause: one };
    }
  }
  return undefined;
}

/** Events of the same stream before or behind an event, nearest first. */
async function* near(
  past: Past,
  event: StoredEvent,
  { eventTypes, order, ...options }: PastOptions & NearFilter,
): AsyncGenerator<StoredEvent> {
  const { storeId, incarnation } = past.log;
  const after = encodeCursor({ storeId, incarnation, position: event.position, order });
  const issueKey = event.issue_key ?? GLOBAL_STREAM;
  const filter = { eventTypes, order, issueKey, after, limit: LOOKED_THROUGH_MAX };
  yield* past.queryEvents(filter, options);
}

interface NearFilter {
  readonly eventTypes: readonly string[];
  readonly order: "asc" | "desc";
}

interface Growing {
  readonly event: StoredEvent;
  readonly link: Link;
  readonly effects: Growing[];
  more: number;
}

/** What goes back to an event, level by level. */
export async function effectsOf(
  past: Past,
  event: StoredEvent,
  options: PastOptions,
): Promise<{ readonly effects: readonly Effect[]; readonly more: number }> {
  const root: Growing = { event, link: { link: "given" }, effects: [], more: 0 };
  const met = new Set([event.event_id]);
  let level = [root];
  for (let depth = 0; level.length > 0; depth++) {
    const next: Growing[] = [];
    for await (const [parent, child] of children(past, level, options)) {
      if (met.has(child.event.event_id)) continue;
      if (
        depth === EFFECT_LEVELS_MAX ||
        parent.effects.length >= EFFECTS_EACH_MAX ||
        met.size > EFFECTS_MAX
      ) {
        parent.more++;
        continue;
      }
      met.add(child.event.event_id);
      parent.effects.push(child);
      next.push(child);
    }
    level = next;
  }
  return { effects: root.effects.map(grown), more: root.more };
}

/** The effects that name an event of the level, then those of the first level that are inferred. */
async function* children(
  past: Past,
  level: readonly Growing[],
  options: PastOptions,
): AsyncGenerator<readonly [Growing, Growing]> {
  const parents = new Map(level.map((parent) => [parent.event.event_id, parent]));
  for await (const event of past.queryEvents({ causationId: [...parents.keys()] }, options)) {
    const parent = parents.get(event.causation_id ?? "");
    if (parent !== undefined) yield [parent, { event, link: { link: "given" }, effects: [], more: 0 }];
  }
  for (const parent of level) {
    for await (const [event, link] of inferredEffects(past, parent.event, options)) {
      yield [parent, { event, link, effects: [], more: 0 }];
    }
  }
}

async function* inferredEffects(
  past: Past,
  event: StoredEvent,
  options: PastOptions,
): AsyncGenerator<readonly [StoredEvent, Link]> {
  const eventTypes = typesBehind(event.event_type);
  if (eventTypes.length === 0) return;
  let found = 0;
  for await (const later of near(past, event, { eventTypes, order: "asc", ...options })) {
    if (later.causation_id !== undefined || !mayGoBackTo(event, later)) continue;
    const cause = await inferredCause(past, later, options);
    if (cause?.id !== event.event_id) continue;
    yield [later, cause.link];
    if (++found === EFFECTS_EACH_MAX) return;
  }
}

function mayGoBackTo(event: StoredEvent, later: StoredEvent): boolean {
  const rules = CAUSE_RULES[later.event_type] ?? [];
  return rules.some(({ earlier, fits }) => earlier.includes(event.event_type) && fits(later, event));
}

function grown({ event, link, effects, more }: Growing): Effect {
  return {
    event: refOf(event),
    ...link,
    effects: effects.map(grown),
    ...(more === 0 ? {} : { more }),
  };
}
