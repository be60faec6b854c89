import type { StoredEvent } from "../../event/envelope.ts";
import { encodeCursor } from "../../query/cursor.ts";
import { summarise } from "../../projection/event-summary.ts";
import type { EventStore } from "../../store/event-store.ts";
import type { Call } from "../command.ts";
import { plainEventCells, streamOf, TONE_STYLES } from "../event-row.ts";
import { type Conditions, filterOf, noteUnknownTypes } from "../filter.ts";
import { findIssue } from "../find-issue.ts";
import { gathered } from "../gathered.ts";
import { TimeStyle } from "../local-time.ts";
import { columnsOf, cut, escaped, joined, padded, safe } from "../text.ts";
import { UsageError } from "../usage-error.ts";

const LAST_DEFAULT = 20;
const STREAM_COLUMNS = 10;
const TYPE_COLUMNS = 22;

/** `eso tail`: the newest events, and those that come. */
export async function tail(call: Call): Promise<void> {
  const { given, context, err, out, signal } = call;
  const filter = tailFilter(call);
  const count = given.count("last", 0) ?? LAST_DEFAULT;
  const store = await context.reading();
  const issue = given.argument("issue");
  // Following an issue may begin before its first event.
  if (issue !== undefined && !given.flag("follow")) await findIssue(store, issue);
  const print = printer(call);
  const head = (await store.log.head()).position;
  const events = count === 0 ? [] : await newest(store, filter, count);
  for (const event of events) await print(event);
  await out.flush();
  if (events.length === 0) await noteUnknownTypes(given, err);
  if (!given.flag("follow")) return;
  const position = Math.max(head, events.at(-1)?.position ?? 0);
  for await (const batch of store.subscribe({ from: cursorAt(store, position), filter, signal })) {
    for (const event of batch.events) await print(event);
    await out.flush();
  }
}

function tailFilter({ given }: Call): Conditions {
  const issue = given.argument("issue");
  const filter = filterOf(given, Date.now());
  if (issue === undefined) return filter;
  if (filter.issueKey !== undefined) throw new UsageError("the issue is given twice", "Leave out --issue.");
  return { ...filter, issueKey: issue };
}

/** The newest events that match, oldest of them first. */
async function newest(store: EventStore, filter: Conditions, count: number): Promise<readonly StoredEvent[]> {
  const events = await gathered(store.queryEvents({ ...filter, order: "desc", limit: count }));
  return events.reverse();
}

function cursorAt({ log }: EventStore, position: number): string {
  return encodeCursor({ storeId: log.storeId, incarnation: log.incarnation, position, order: "asc" });
}

function printer(call: Call): (event: StoredEvent) => Promise<void> {
  const { given, out } = call;
  if (given.flag("jsonl")) return (event) => out.jsonLine(event);
  if (!out.terminal) return (event) => out.line(joined(plainEventCells(event).map(String), "\t"));
  return terminalPrinter(call);
}

/** Columns of fixed width, since nobody knows what is still to come; the day where it changes. */
function terminalPrinter({ given, out }: Call): (event: StoredEvent) => Promise<void> {
  const times = new TimeStyle(given.flag("utc"));
  let day = "";
  return async (event) => {
    const ms = Date.parse(event.timestamp);
    if (times.day(ms) !== day) {
      day = times.day(ms);
      await out.line(out.paint("quiet", `── ${day}, ${times.zone(ms)} ──`));
    }
    const { text, tone } = summarise(event);
    const style = TONE_STYLES[tone];
    const stream = padded(escaped(streamOf(event)), STREAM_COLUMNS);
    const type = padded(escaped(event.event_type), TYPE_COLUMNS);
    const before = `${times.clock(ms)}  ${stream}  ${type}  `;
    const rest = cut(escaped(text), Math.max(20, out.columns - columnsOf(before)));
    const start = safe`${out.paint("quiet", times.clock(ms))}  ${stream}  `;
    await out.line(safe`${start}${style === undefined ? type : out.paint(style, type)}  ${rest}`);
  };
}
