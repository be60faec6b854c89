import type { StoredEvent } from "../../event/envelope.ts";
import type { EventStore } from "../../store/event-store.ts";
import type { Call } from "../command.ts";
import { type Conditions, conditionsOf, noteUnknownTypes } from "../filter.ts";
import { findIssue } from "../find-issue.ts";
import { gathered } from "../gathered.ts";
import { issueStatus } from "../issue-status.ts";
import { TimeStyle } from "../local-time.ts";
import { summarise } from "../../projection/event-summary.ts";
import { joined } from "../text.ts";
import { timelineHead, timelineLines } from "../timeline.ts";

const LAST_DEFAULT = 50;

/** `eso show <issue>`: how the work went, one line an event. */
export async function show({ given, context, out, err, signal }: Call): Promise<void> {
  const issueKey = given.required("issue");
  const filter: Conditions = { ...conditionsOf(given, Date.now()), issueKey };
  const last = given.flag("all") ? undefined : (given.count("last") ?? LAST_DEFAULT);
  const store = await context.reading();
  const { head_sequence } = await findIssue(store, issueKey);
  const { events, earlier } = await newestOf(store, filter, { last, signal });
  if (given.flag("jsonl")) {
    for (const event of events) await out.jsonLine(event);
  } else if (given.flag("json")) {
    const { status, summary } = await issueStatus(store, issueKey);
    const title = { issue_key: issueKey, status, summary: summary ?? null, head_sequence };
    await out.json({ schema: "eso.show/1", ...title, complete: !earlier, events });
  } else if (out.terminal) {
    const times = new TimeStyle(given.flag("utc"));
    const view = { issueKey, head_sequence, ...(await issueStatus(store, issueKey)), events, earlier };
    await out.lines(timelineHead(view, times, out));
    await out.lines(timelineLines(events, times, out));
  } else {
    await out.lines(events.map((event) => joined(plainCells(event), "\t")));
  }
  if (events.length === 0) await noteUnknownTypes(given, err);
  if (events.length === 0) await err.line(`No events of ${issueKey} match.`);
  if (!earlier) return;
  await out.flush();
  await err.line(`Shown: the newest ${events.length}. eso show ${issueKey} --all shows every one.`);
}

/** The newest events that match, in the order in which they happened. */
async function newestOf(
  store: EventStore,
  filter: Conditions,
  { last, signal }: { readonly last: number | undefined; readonly signal: AbortSignal },
): Promise<{ events: readonly StoredEvent[]; earlier: boolean }> {
  const limit = last === undefined ? {} : { limit: last + 1 };
  const found = await gathered(store.queryEvents({ ...filter, order: "desc", ...limit }, { signal }));
  const earlier = last !== undefined && found.length > last;
  const events = earlier ? found.slice(0, last) : found;
  return { events: events.sort(byTime), earlier };
}

/** Imported events are recorded late; for people they belong where they happened. */
function byTime(a: StoredEvent, b: StoredEvent): number {
  return Date.parse(a.timestamp) - Date.parse(b.timestamp) || a.event_sequence - b.event_sequence;
}

function plainCells(event: StoredEvent): readonly string[] {
  const { timestamp, event_sequence, phase = "", event_type, actor } = event;
  return [timestamp, String(event_sequence), phase, event_type, actor.id, summarise(event).text];
}
