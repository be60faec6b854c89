import type { StoredEvent } from "../event/envelope.ts";
import { durationInWords } from "../projection/duration.ts";
import { summarise, type Tone } from "../projection/event-summary.ts";
import { TONE_STYLES } from "./event-row.ts";
import type { IssueStatus } from "./issue-status.ts";
import type { TimeStyle } from "./local-time.ts";
import type { Output } from "./output.ts";
import { columnsOf, cut, escaped, padded, safe, type SafeText, type Text } from "./text.ts";

/** Longer pauses get a line of their own. */
const IDLE_MS = 15 * 60_000;
const ACTOR_COLUMNS_MAX = 18;
const DELTA_COLUMNS = 10;
const TEXT_COLUMNS_MIN = 20;

/** Told apart by shape, so that colour is never needed. */
const MARKS: Readonly<Record<Tone, string>> = {
  start: "▸",
  success: "✓",
  failure: "✗",
  warning: "!",
  neutral: "·",
};

/** What the head of a timeline tells. */
export interface TimelineView extends IssueStatus {
  readonly issueKey: string;
  readonly head_sequence: number;
  readonly events: readonly StoredEvent[];
  readonly earlier: boolean;
}

/** The lines above a timeline: what the issue is about, how it stands, and the span that follows. */
export function timelineHead(view: TimelineView, times: TimeStyle, out: Output): readonly Text[] {
  const { issueKey, summary = "", status, head_sequence, events } = view;
  const title = cut(escaped(summary), Math.max(0, out.columns - columnsOf(issueKey) - 2));
  const first = events[0];
  const last = events.at(-1);
  const facts = [status.replace("_", " "), amount(head_sequence, "event"), ...agentsIn(events)];
  if (first !== undefined && last !== undefined) {
    const [from, to] = [Date.parse(first.timestamp), Date.parse(last.timestamp)];
    facts.push(`${durationInWords(to - from)}${view.earlier ? " shown" : ""}`, `times in ${times.zone(to)}`);
  }
  return [safe`${out.paint("heading", issueKey)}  ${title}`, out.paint("quiet", facts.join(" · "))];
}

function agentsIn(events: readonly StoredEvent[]): readonly string[] {
  const agents = new Set(
    events.map(({ metadata }) => metadata["agent_name"]).filter((name) => name !== undefined),
  );
  return agents.size === 0 ? [] : [amount(agents.size, "agent")];
}

function amount(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}

/** A timeline: days, phases as bands, one line an event, long pauses marked. */
export function* timelineLines(
  events: readonly StoredEvent[],
  times: TimeStyle,
  out: Output,
): Generator<Text, void, undefined> {
  const layout = layoutOf(events, out);
  let before: StoredEvent | undefined;
  for (const event of events) {
    const ms = Date.parse(event.timestamp);
    const passed = before === undefined ? undefined : ms - Date.parse(before.timestamp);
    const newDay = before === undefined || times.day(Date.parse(before.timestamp)) !== times.day(ms);
    if (passed !== undefined && passed >= IDLE_MS) {
      yield out.paint("quiet", `  ${padded("⋯", 8, "left")}  ${durationInWords(passed)} without events`);
    }
    if (newDay) yield* ["", out.paint("heading", times.day(ms))];
    if (event.phase !== undefined && (newDay || event.phase !== before?.phase)) yield band(event.phase, out);
    const delta = passed === undefined || passed >= IDLE_MS ? "" : `+${durationInWords(passed)}`;
    yield eventLine(event, { ...layout, clock: times.clock(ms), delta }, out);
    before = event;
  }
}

interface Layout {
  readonly sequenceColumns: number;
  readonly actorColumns: number;
}

function layoutOf(events: readonly StoredEvent[], out: Output): Layout {
  let sequenceColumns = 0;
  let actorColumns = 0;
  for (const { event_sequence, actor } of events) {
    sequenceColumns = Math.max(sequenceColumns, String(event_sequence).length);
    actorColumns = Math.max(actorColumns, columnsOf(escaped(actor.id)));
  }
  const narrow = out.columns < 80;
  return { sequenceColumns, actorColumns: narrow ? 0 : Math.min(ACTOR_COLUMNS_MAX, actorColumns) };
}

function band(phase: string, out: Output): SafeText {
  const name = escaped(phase);
  const rule = "─".repeat(Math.max(2, Math.min(out.columns, 100) - columnsOf(name) - 4));
  return out.paint("phase", `┌ ${name} ${rule}`);
}

function eventLine(
  event: StoredEvent,
  row: Layout & { readonly clock: string; readonly delta: string },
  out: Output,
): SafeText {
  const { paint } = out;
  const { text, tone } = summarise(event);
  const style = TONE_STYLES[tone];
  const bar = event.phase === undefined ? " " : paint("phase", "│");
  const delta = padded(row.delta, DELTA_COLUMNS, "left");
  const sequence = padded(String(event.event_sequence), row.sequenceColumns, "left");
  const actor = padded(cut(escaped(event.actor.id), row.actorColumns), row.actorColumns);
  const start = safe`${bar} ${row.clock} ${paint("quiet", safe`${delta}  ${sequence}`)}`;
  const used = 2 + row.clock.length + 1 + DELTA_COLUMNS + 2 + row.sequenceColumns;
  const middle = row.actorColumns === 0 ? safe` ` : safe`  ${paint("quiet", actor)} `;
  const room = out.columns - used - (row.actorColumns === 0 ? 1 : 3 + row.actorColumns) - 3;
  const words = cut(escaped(text), Math.max(TEXT_COLUMNS_MIN, room));
  const what = `${MARKS[tone]} ${words}`;
  const shown = style === undefined || tone === "start" ? what : paint(style, what);
  return safe`${start}${middle} ${tone === "start" ? safe`${paint("start", MARKS.start)} ${words}` : shown}`;
}
