import type { StoredEvent } from "../../event/envelope.ts";
import { summarise } from "../../projection/event-summary.ts";
import { timeTravelQuery, type TimeTravelView } from "../../store/time-travel.ts";
import type { Call } from "../command.ts";
import { findIssue } from "../find-issue.ts";
import { checkKnown, momentOf, timeInWords } from "../issue-moment.ts";
import { issueStatus } from "../issue-status.ts";
import { TimeStyle } from "../local-time.ts";
import type { Output } from "../output.ts";
import { stateCard, stateHead } from "../state-view.ts";
import { joined, padded, safe, type Text } from "../text.ts";
import { timelineLines } from "../timeline.ts";

/** `eso at <issue> <moment>`: what was going on. */
export async function at({ given, context, out, signal }: Call): Promise<void> {
  const issueKey = given.required("issue");
  const text = given.required("moment");
  checkKnown(given, [text]);
  const windowMinutes = given.count("window", 0);
  const store = await context.reading();
  const { head_sequence } = await findIssue(store, issueKey);
  const moment = await momentOf(text, { given, store, issueKey });
  const view = await timeTravelQuery(store, issueKey, { moment, windowMinutes, signal });
  if (given.flag("json")) return out.json({ schema: "eso.at/1", ...view });
  if (!out.terminal) {
    await out.lines(view.before.map((event) => plainRow("before", event)));
    return out.lines(view.after.map((event) => plainRow("after", event)));
  }
  const times = new TimeStyle(given.flag("utc"));
  const { summary: title } = await issueStatus(store, issueKey);
  const words = timeInWords(view.moment, times);
  const card = { issueKey, title, state: view.state, moment: words, head_sequence };
  await out.lines(stateHead(card, times, out));
  await out.line();
  await out.lines(stateCard(card, times, out));
  await out.lines(around(view, times, out));
}

/** The events on both sides, and the moment between them. */
function* around(view: TimeTravelView, times: TimeStyle, out: Output): Generator<Text, void, undefined> {
  const { before, after, before_total, after_total, window_minutes, time } = view;
  if (before_total + after_total === 0) {
    yield* ["", out.paint("quiet", `No events within ${window_minutes} min.`)];
    return;
  }
  const early = before_total - before.length;
  if (early > 0) yield* ["", out.paint("quiet", `… ${early} earlier within ${window_minutes} min`)];
  if (before.length === 0) yield "";
  yield* timelineLines(before, times, out);
  const label = `━━ ${time === null ? "" : times.clock(Date.parse(time))} `;
  yield safe`${out.paint("heading", padded(label, 0) + "━".repeat(Math.max(2, Math.min(out.columns, 100) - label.length)))}`;
  const [last, first] = [before.at(-1), after[0]];
  const lines = [...timelineLines(after, times, out)];
  yield* lines.slice(last === undefined || first === undefined ? 0 : repeated(last, first, times));
  const late = after_total - after.length;
  if (late > 0) yield out.paint("quiet", `… ${late} later within ${window_minutes} min`);
}

/** Lines above an event that stand above the one before it already: an empty one, the day, the phase. */
function repeated(before: StoredEvent, event: StoredEvent, times: TimeStyle): number {
  if (dayOf(before, times) !== dayOf(event, times)) return 0;
  return event.phase === undefined || event.phase !== before.phase ? 2 : 3;
}

function dayOf({ timestamp }: StoredEvent, times: TimeStyle): string {
  return times.day(Date.parse(timestamp));
}

function plainRow(side: string, event: StoredEvent): Text {
  const { timestamp, event_sequence, phase = "", event_type, actor } = event;
  return joined([side, timestamp, event_sequence, phase, event_type, actor.id, summarise(event).text], "\t");
}
