import { randomUUID } from "node:crypto";

import { ValidationError } from "../errors.ts";
import { type EventInput, GLOBAL_STREAM, type JsonObject, type StoredEvent } from "../event/envelope.ts";
import { normalIsoTime } from "../event/iso-time.ts";
import type { BlamedChange } from "../projection/diff/blame.ts";
import { diffPasts } from "../projection/diff/divergence.ts";
import { applyEvent } from "../projection/state/apply-event.ts";
import { notStarted, type OrchestrationState } from "../projection/state/orchestration-state.ts";
import { type Moment, pointOf } from "./moment.ts";
import { fixed, type FixedPoint, type Past, type PastOptions } from "./past.ts";

export interface WhatIfOptions extends PastOptions {
  /** Ids of events that shall not have been logged. */
  readonly without?: readonly string[] | undefined;
  /**
   * Events that shall have been logged: after all that happened up to their `timestamp`, at the end without one.
   */
  readonly with?: readonly EventInput[] | undefined;
}

/** The state as it would be. Nothing of it is written. */
export interface WhatIf {
  readonly issue_key: string;
  readonly moment: FixedPoint;
  /** As it would be. */
  readonly state: OrchestrationState;
  /** As it is. */
  readonly actual: OrchestrationState;
  /** From the actual to the other state. */
  readonly changes: readonly BlamedChange[];
  /** Ids of `without` that are no events of the moment's past. */
  readonly ignored: readonly string[];
}

/** Where events to be added are checked. */
export interface EventCheck {
  checkEvents(events: readonly EventInput[]): void;
}

/**
 * The state at a moment as it would be without some events and with others.
 * @throws ValidationError for an added event that could not be logged in this issue.
 */
export async function whatIf(
  past: Past & EventCheck,
  issueKey: string,
  {
    moment,
    without = [],
    with: added = [],
    ...options
  }: WhatIfOptions & { readonly moment?: Moment | undefined },
): Promise<WhatIf> {
  const inputs = added.map((input, index) => ownInput(input, issueKey, index));
  past.checkEvents(inputs);
  const point = await fixed(past, issueKey, pointOf(moment));
  const before: StoredEvent[] = [];
  for await (const event of past.history.events(issueKey, point, options)) before.push(event);
  const left = new Set(without.map((id) => id.toLowerCase()));
  const remaining = before.filter(({ event_id }) => !left.has(event_id));
  refuseTaken(remaining, inputs);
  const after = stamped(remaining, inputs, before.at(-1));
  const base = notStarted(issueKey === GLOBAL_STREAM ? null : issueKey);
  const common = before.findIndex((event, index) => event !== after[index]);
  const shared = common === -1 ? before.length : common;
  for (const event of before.slice(0, shared)) applyEvent(base, event);
  const found = diffPasts({ base, before: before.slice(shared), after: after.slice(shared) });
  const known = new Set(before.map(({ event_id }) => event_id));
  return {
    issue_key: issueKey,
    moment: point,
    state: found.after,
    actual: found.before,
    changes: found.changes,
    ignored: without.filter((id) => !known.has(id.toLowerCase())),
  };
}

function ownInput(input: EventInput, issueKey: string, index: number): EventInput {
  const named = input.issue_key ?? (issueKey === GLOBAL_STREAM ? undefined : issueKey);
  if ((named ?? GLOBAL_STREAM) === issueKey)
    return named === undefined ? input : { ...input, issue_key: named };
  const message = `event ${index + 1} belongs to ${named}, not to ${issueKey}`;
  throw new ValidationError("ESO_INVALID_EVENT", message, {
    hint: `Leave out its issue_key, or give ${issueKey}.`,
    details: { issues: [{ path: `$[${index}].issue_key`, message }] },
  });
}

function refuseTaken(events: readonly StoredEvent[], inputs: readonly EventInput[]): void {
  const ids = new Set(events.map(({ event_id }) => event_id));
  for (const [index, { event_id }] of inputs.entries()) {
    if (event_id === undefined || !ids.has(event_id.toLowerCase())) continue;
    const message = `event ${index + 1} has the event_id of one that is there: ${event_id}`;
    throw new ValidationError("ESO_INVALID_EVENT", message, {
      hint: "Leave that one out too, so that this one takes its place, or leave out the event_id.",
      details: { issues: [{ path: `$[${index}].event_id`, message }] },
    });
  }
}

/** The events and those added, which get what the store would give them there. */
function stamped(
  events: readonly StoredEvent[],
  inputs: readonly EventInput[],
  newest: StoredEvent | undefined,
): readonly StoredEvent[] {
  if (inputs.length === 0) return events;
  const arriving = Map.groupBy(inTime(inputs), ({ timestamp }) => placeOf(events, timestamp));
  const state = notStarted(null);
  const all: StoredEvent[] = [];
  const add = (event: StoredEvent): void => {
    applyEvent(state, event);
    all.push(event);
  };
  for (let place = 0; place <= events.length; place++) {
    // In between there is no free sequence: an event added there shares that of the one before it.
    const step = place === events.length ? 1 : 0;
    for (const input of arriving.get(place) ?? [])
      add(asStored(input, state, { last: all.at(-1), newest, step }));
    const event = events[place];
    if (event !== undefined) add(event);
  }
  return all;
}

/** Behind the last event that happened by then, wherever it stands. */
function placeOf(events: readonly StoredEvent[], timestamp: string | undefined): number {
  const time = timestamp === undefined ? undefined : normalIsoTime(timestamp);
  if (time === undefined) return events.length;
  return events.findLastIndex((event) => event.timestamp <= time) + 1;
}

/** Those without a time last. */
function inTime(inputs: readonly EventInput[]): readonly EventInput[] {
  return inputs.toSorted((a, b) => (msOf(a) === msOf(b) ? 0 : msOf(a) - msOf(b)));
}

function msOf({ timestamp }: EventInput): number {
  return timestamp === undefined ? Number.POSITIVE_INFINITY : Date.parse(timestamp);
}

/** Where an added event comes to stand. */
interface Place {
  /** The one before it. */
  readonly last: StoredEvent | undefined;
  /** The newest one that there really is: what is like in all events is taken from it. */
  readonly newest: StoredEvent | undefined;
  /** From the last one's sequence to its own. */
  readonly step: number;
}

function asStored(input: EventInput, state: OrchestrationState, { last, newest, step }: Place): StoredEvent {
  const { event_id = randomUUID(), event_type } = input;
  const metadata = input.metadata as JsonObject;
  const open = state.status === "in_progress" || state.status === "paused";
  const run = event_type === "OrchestrationStarted" ? event_id : open ? state.correlation_id : null;
  const correlation_id = input.correlation_id ?? run;
  const named = metadata["phase"];
  const phase = input.phase ?? (typeof named === "string" ? named : state.current_phase);
  const timestamp =
    normalIsoTime(input.timestamp ?? "") ?? (last ?? newest)?.timestamp ?? new Date(0).toISOString();
  return {
    ...input,
    event_id: event_id.toLowerCase(),
    event_version: newest?.event_version ?? "1.0.0",
    timestamp,
    event_sequence: (last?.event_sequence ?? 0) + step,
    session_id: input.session_id ?? state.session_id ?? newest?.session_id ?? "what-if",
    ...(correlation_id === null ? {} : { correlation_id }),
    ...(phase === null ? {} : { phase }),
    metadata,
    recorded_at: last?.recorded_at ?? timestamp,
    position: last?.position ?? 0,
    prev_hash: "",
  };
}
