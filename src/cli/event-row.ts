import { GLOBAL_STREAM, type StoredEvent } from "../event/envelope.ts";
import { summarise, type Tone } from "../projection/event-summary.ts";
import type { Style } from "./colour.ts";
import type { TimeStyle } from "./local-time.ts";
import type { Cell, Column } from "./table.ts";

/** The colour of each tone; neutral events have none. */
export const TONE_STYLES: Readonly<Record<Tone, Style | undefined>> = {
  start: "start",
  success: "success",
  failure: "failure",
  warning: "warning",
  neutral: undefined,
};

/** The columns of events on a terminal. */
export const EVENT_COLUMNS: readonly Column[] = [
  { title: "TIME" },
  { title: "ISSUE" },
  { title: "SEQ", right: true },
  { title: "TYPE" },
  { title: "ACTOR" },
  { title: "WHAT" },
];

/** An event for people. */
export function eventCells(event: StoredEvent, times: TimeStyle): readonly Cell[] {
  const { text, tone } = summarise(event);
  const style = TONE_STYLES[tone];
  return [
    { text: times.dateAndClock(Date.parse(event.timestamp)), style: "quiet" },
    streamOf(event),
    event.event_sequence,
    style === undefined ? event.event_type : { text: event.event_type, style },
    { text: event.actor.id, style: "quiet" },
    text,
  ];
}

/** An event for other programs: time, stream, sequence, type, actor, id, summary. */
export function plainEventCells(event: StoredEvent): readonly Cell[] {
  return [
    event.timestamp,
    streamOf(event),
    event.event_sequence,
    event.event_type,
    event.actor.id,
    event.event_id,
    summarise(event).text,
  ];
}

/** The stream that an event is in. */
export function streamOf(event: StoredEvent): string {
  return event.issue_key ?? GLOBAL_STREAM;
}
