import { GLOBAL_STREAM, type StoredEvent } from "../event/envelope.ts";
import type { StoredLine } from "../log/event-log.ts";
import { leafHashOfBytes } from "../log/leaf-hash.ts";
import { summarise } from "../projection/event-summary.ts";
import { amended, Amendments, type AmendmentsById } from "../query/amendments.ts";
import type { EventIndex } from "../query/event-index.ts";
import type { CompiledFilter, QueryFilter } from "../query/filter.ts";
import { parseFilter } from "../query/parse-filter.ts";
import { type QueryLimits, queryLines, type QuerySource } from "../query/run-query.ts";
import type { ReportEvent } from "../report/audit-report.ts";
import type { Past } from "./past.ts";

/** What reports are read from. */
export interface AuditReader {
  readonly past: Past;
  readonly index?: EventIndex | undefined;
  readonly limits: QueryLimits;
  /** Brings stored bytes to the event that callers see. */
  readonly decode: (bytes: Uint8Array) => StoredEvent;
}

/** The events of a report: what was asked for, as the record stood when it was asked. */
export interface Selection {
  readonly filter: CompiledFilter;
  /** The position behind which nothing is read. */
  readonly last: number;
  readonly amendments: AmendmentsById;
}

/** How a selection is read. */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told how many events were read since it was last told. */
  readonly onProgress?: ((events: number) => void) | undefined;
}

/** Reports tell of the work; that reports were made is no part of it. */
const LEFT_OUT = "StoreReportGenerated";
const TOLD_EVERY = 100;

/** Fixes which events a report is about, so that several readings agree while others append. */
export async function selectionOf(
  reader: AuditReader,
  filter: QueryFilter,
  signal?: AbortSignal,
): Promise<Selection> {
  const compiled = parseFilter(filter);
  const { position: last } = await reader.past.log.head();
  const amendments = new Amendments();
  await amendments.bringUpToDate(sourceOf(reader), { limits: reader.limits, signal });
  return { filter: compiled, last, amendments: amendments.byId };
}

function sourceOf({ past, index, decode }: AuditReader): QuerySource {
  return { log: past.log, index, decode };
}

/** The events of a selection in order of record, the void ones left out. */
export async function* selectedEvents(
  reader: AuditReader,
  { filter, last, amendments }: Selection,
  { signal, onProgress }: ReadOptions,
): AsyncGenerator<{ readonly line: StoredLine; readonly event: StoredEvent }, void, undefined> {
  let read = 0;
  const { limits } = reader;
  for await (const line of queryLines(sourceOf(reader), filter, { limits, signal })) {
    if (line.position > last) continue;
    if (++read % TOLD_EVERY === 0) onProgress?.(TOLD_EVERY);
    const event = amended(reader.decode(line.bytes), amendments);
    if (event !== undefined && event.event_type !== LEFT_OUT) yield { line, event };
  }
  onProgress?.(read % TOLD_EVERY);
}

/** The same, as a report shows them. */
export async function* reportEvents(
  reader: AuditReader,
  selection: Selection,
  options: ReadOptions,
): AsyncGenerator<ReportEvent, void, undefined> {
  const newest = new Map<string, string>();
  const hashes = new Map<string, string>();
  for await (const { line, event } of selectedEvents(reader, selection, options)) {
    const { issue_key: stream = GLOBAL_STREAM, timestamp } = event;
    const before = newest.get(stream) ?? "";
    if (timestamp > before) newest.set(stream, timestamp);
    const { buffer, byteOffset, length } = line.bytes;
    const text = Buffer.from(buffer, byteOffset, length).toString();
    const chained = hashes.get(stream) === event.prev_hash;
    hashes.set(stream, leafHashOfBytes(line.bytes));
    yield { line: text, event, ...summarise(event), late: timestamp < before, chained };
  }
}
