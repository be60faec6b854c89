import { GLOBAL_STREAM } from "../../event/envelope.ts";
import type { AnyEvent } from "../../event/registry.ts";
import type { ReadStreamOptions, StreamInfo } from "../../log/event-log.ts";
import type { EventStore } from "../../store/event-store.ts";
import type { Call } from "../command.ts";
import type { Style } from "../colour.ts";
import { gathered } from "../gathered.ts";
import { issueStatus, type Status, STATUSES } from "../issue-status.ts";
import { TimeStyle } from "../local-time.ts";
import type { Output } from "../output.ts";
import { type Cell, type Column, printTable } from "../table.ts";
import { UsageError } from "../usage-error.ts";

const LIMIT_DEFAULT = 50;

/** A row of `eso ls`, as `--json` gives it. */
interface IssueRow {
  readonly stream: string;
  readonly issue_key: string | null;
  readonly status: Status;
  readonly summary: string | null;
  readonly events: number;
  readonly first_timestamp: string | null;
  readonly last_timestamp: string | null;
}

const COLUMNS: readonly Column[] = [
  { title: "ISSUE" },
  { title: "STATUS" },
  { title: "EVENTS", right: true },
  { title: "FIRST" },
  { title: "LAST" },
  { title: "ABOUT" },
];

const STATUS_STYLES: Readonly<Record<Status, Style>> = {
  not_started: "quiet",
  in_progress: "start",
  paused: "warning",
  completed: "success",
  failed: "failure",
};

/** `eso ls`: the issues in the store, last active first. */
export async function ls({ given, context, out, err, signal }: Call): Promise<void> {
  const wanted = statusesOf(given.list("status"));
  const limit = given.flag("all") ? Number.POSITIVE_INFINITY : (given.count("limit") ?? LIMIT_DEFAULT);
  const store = await context.reading();
  const streams = await gathered(store.streams(signal));
  streams.sort((a, b) => b.last_position - a.last_position);
  const rows: IssueRow[] = [];
  let more = false;
  for (const info of streams) {
    signal.throwIfAborted();
    if ((more = rows.length >= limit)) break;
    const row = await rowOf(store, info);
    if (wanted.length > 0 && !wanted.includes(row.status)) continue;
    rows.push(row);
    if (given.flag("jsonl")) await out.jsonLine(row);
  }
  if (given.flag("json"))
    await out.json({ schema: "eso.ls/1", streams: streams.length, complete: !more, issues: rows });
  else if (!given.flag("jsonl")) await printRows(out, rows, new TimeStyle(given.flag("utc")));
  if (streams.length === 0) await err.line("The store is empty. eso log --help shows how events get in.");
  if (more)
    await err.line(`${rows.length} shown, of ${streams.length} in the store. eso ls --all shows every one.`);
}

function statusesOf(given: readonly string[]): readonly string[] {
  const unknown = given.find((status) => !(STATUSES as readonly string[]).includes(status));
  if (unknown === undefined) return given;
  throw new UsageError(`--status cannot be "${unknown}"`, `It is one of: ${STATUSES.join(", ")}.`);
}

async function rowOf(store: EventStore, { stream, head_sequence }: StreamInfo): Promise<IssueRow> {
  const first = await oneOf(store, stream, { to: 1 });
  const last = await oneOf(store, stream, { from: head_sequence });
  const { status, summary } = await issueStatus(store, stream);
  return {
    stream,
    issue_key: stream === GLOBAL_STREAM ? null : stream,
    status,
    summary: summary ?? null,
    events: head_sequence,
    first_timestamp: first?.timestamp ?? null,
    last_timestamp: last?.timestamp ?? null,
  };
}

async function oneOf(
  store: EventStore,
  stream: string,
  range: ReadStreamOptions,
): Promise<AnyEvent | undefined> {
  for await (const event of store.readStream(stream, range)) return event;
  return undefined;
}

async function printRows(out: Output, rows: readonly IssueRow[], times: TimeStyle): Promise<void> {
  const time = (iso: string | null): string => {
    if (!out.terminal || iso === null) return iso ?? "";
    return times.dateAndClock(Date.parse(iso)).slice(0, -3);
  };
  const cells = rows.map((row): readonly Cell[] => [
    { text: row.stream, style: "heading" },
    { text: row.status, style: STATUS_STYLES[row.status] },
    row.events,
    { text: time(row.first_timestamp), style: "quiet" },
    time(row.last_timestamp),
    row.summary ?? "",
  ]);
  if (cells.length > 0) await printTable(out, COLUMNS, cells);
}
