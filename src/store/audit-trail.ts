import { createHash } from "node:crypto";

import { EsoError, NotFoundError } from "../errors.ts";
import { type Actor, GLOBAL_STREAM, type JsonObject } from "../event/envelope.ts";
import type { EventLog } from "../log/event-log.ts";
import { storeEvent } from "../log/store-event.ts";
import type { QueryFilter } from "../query/filter.ts";
import { parseFilter } from "../query/parse-filter.ts";
import { type AuditReport, auditReport, type AuditScope, type Integrity } from "../report/audit-report.ts";
import { type AuditFormat, reportPieces } from "../report/render.ts";
import { type AuditReader, reportEvents, type Selection, selectionOf } from "./audit-events.ts";
import { gatherReport } from "./audit-gather.ts";

/** What making a report works with. */
export interface AuditParts extends AuditReader {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** The version that makes the report. */
  readonly version: string;
  /** Checks the record from its bytes: of one issue, or as a whole. Without it the report says that nobody did. */
  readonly verify?: ((issue: string | undefined) => Promise<Integrity>) | undefined;
  /** Writes the report, whole or not at all; gives where it lies, null where it is no file. */
  readonly keep: (name: string, pieces: AsyncIterable<Uint8Array>) => Promise<string | null>;
  /** Records that the report was made; absent where nothing may be written. */
  readonly append?: EventLog["append"] | undefined;
}

/** What a report is to be about, and how it is to be written. */
export interface AuditOptions {
  readonly issueKey?: string | readonly string[] | undefined;
  /** Inclusive. */
  readonly fromDate?: string | Date | undefined;
  /** Exclusive; a plain date includes that day. */
  readonly toDate?: string | Date | undefined;
  readonly eventTypes?: string | readonly string[] | undefined;
  /** Default html. */
  readonly format?: AuditFormat | undefined;
  /** CSV: put `'` before cells that a spreadsheet would run as a formula. Default true. */
  readonly guard?: boolean | undefined;
  /** Who asked for it; default the store itself. */
  readonly actor?: Actor | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told how many events were read; every event is read twice. */
  readonly onProgress?: ((events: number) => void) | undefined;
}

/** A report that was made. */
export interface AuditTrail {
  /** Null where it was written to no file. */
  readonly path: string | null;
  /** Of the file, hex. */
  readonly sha256: string;
  /** That the report is made of. */
  readonly events: number;
  readonly bytes: number;
  readonly format: AuditFormat;
  /** The StoreReportGenerated event; null where the store may not be written to. */
  readonly recorded: string | null;
}

/**
 * Makes the audit report of one issue, several, or all: what happened, how it stands, and how far the record can be
 * trusted. The same events, clock and version give the same bytes.
 * @throws NotFoundError for an issue without events.
 * @throws ValidationError for a range that cannot be understood.
 * @throws IntegrityError when a line that the report depends on is damaged.
 */
export async function generateAuditTrail(parts: AuditParts, options: AuditOptions = {}): Promise<AuditTrail> {
  const { format = "html" } = options;
  const { report, selection } = await auditTrailReport(parts, options);
  const name = `${reportName(report)}.${format}`;
  const { onProgress, signal, guard } = options;
  const events = reportEvents(parts, selection, { onProgress, signal });
  const tally = { hash: createHash("sha256"), bytes: 0 };
  const path = await parts.keep(name, hashed(reportPieces(format, { report, events, guard }), tally));
  const made = {
    path,
    sha256: tally.hash.digest("hex"),
    events: report.audit.events,
    bytes: tally.bytes,
    format,
  };
  return { ...made, recorded: await recordReport(parts, report, { ...made, name, actor: options.actor }) };
}

/** The report as plain data, and which events it is about: for callers that write it in their own way. */
export async function auditTrailReport(
  parts: AuditParts,
  options: AuditOptions,
): Promise<{ readonly report: AuditReport; readonly selection: Selection }> {
  const filter = filterOf(options);
  const issues = listOf(options.issueKey);
  for (const issue of issues ?? []) await known(parts, issue);
  const selection = await selectionOf(parts, filter, options.signal);
  const integrity = (await parts.verify?.(issues?.length === 1 ? issues[0] : undefined)) ?? null;
  const gathered = await gatherReport(parts, selection, options);
  const report = auditReport({
    generated_at: new Date(parts.clock()).toISOString(),
    generator: { name: "eso", version: parts.version },
    store: { store_id: parts.past.log.storeId, last_position: selection.last },
    scope: scopeOf(options, filter),
    integrity,
    ...gathered,
  });
  return { report, selection };
}

function filterOf({ issueKey, fromDate, toDate, eventTypes }: AuditOptions): QueryFilter {
  return {
    ...(issueKey === undefined ? {} : { issueKey }),
    ...(eventTypes === undefined ? {} : { eventTypes }),
    ...(fromDate === undefined ? {} : { fromTimestamp: fromDate }),
    ...(toDate === undefined ? {} : { toTimestamp: toDate }),
    includeVoided: true,
  };
}

function listOf(given: string | readonly string[] | undefined): readonly string[] | null {
  if (given === undefined) return null;
  return typeof given === "string" ? [given] : given;
}

async function known({ past }: AuditParts, issue: string): Promise<void> {
  if ((await past.log.stream(issue)) !== undefined) return;
  throw new NotFoundError("ESO_NOT_FOUND", `there are no events of ${issue}`, {
    hint: "eso ls lists the issues in the store.",
    details: { what: issue },
  });
}

function scopeOf({ issueKey, eventTypes }: AuditOptions, filter: QueryFilter): AuditScope {
  const range = parseFilter(filter).timestamp;
  return {
    issues: listOf(issueKey),
    from: iso(range?.from),
    to: iso(range?.to),
    types: listOf(eventTypes),
  };
}

/** `audit-PROJ-123-20261124T130000Z`. */
export function reportName({ scope: { issues }, generated_at }: AuditReport): string {
  const about = issues === null ? "all" : issues.length === 1 ? issues[0] : `${issues.length}-issues`;
  return `audit-${about ?? "all"}-${generated_at.slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
}

async function* hashed(
  pieces: AsyncIterable<string>,
  tally: { readonly hash: ReturnType<typeof createHash>; bytes: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) {
    const bytes = Buffer.from(piece);
    tally.hash.update(bytes);
    tally.bytes += bytes.length;
    yield bytes;
  }
}

/** What is recorded of a report. */
export interface ReportFacts {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly format: AuditFormat;
  readonly actor?: Actor | undefined;
}

/**
 * Records that a report was made, in the stream of its issue, else in `global`; gives the event's id. A store that
 * cannot be written to is reported on all the same.
 */
export async function recordReport(
  { append }: Pick<AuditParts, "append">,
  { scope, audit, store, generator }: AuditReport,
  { name, sha256, bytes, format, actor }: ReportFacts,
): Promise<string | null> {
  if (append === undefined) return null;
  const [issue, other] = scope.issues ?? [];
  const given = Object.entries(scope).filter(([, value]) => value !== null);
  const metadata: JsonObject = {
    file: name,
    sha256,
    format,
    events: audit.events,
    bytes,
    scope: Object.fromEntries(given),
    last_position: store.last_position,
    generator: `eso ${generator.version}`,
  };
  const stream = issue === undefined || other !== undefined ? GLOBAL_STREAM : issue;
  const event = storeEvent({
    type: "StoreReportGenerated",
    stream,
    session_id: "eso-audit",
    metadata,
    actor,
  });
  try {
    const request = {
      events: [event],
      expectedSequence: "any",
      onDuplicate: "conflict",
      summaries: false,
    } as const;
    const [placement] = await append(request);
    return placement?.event_id ?? null;
  } catch (error) {
    if (error instanceof EsoError && error.code === "ESO_STORAGE_READ_ONLY") return null;
    throw error;
  }
}

function iso(ms: number | undefined): string | null {
  return ms === undefined || !Number.isFinite(ms) ? null : new Date(ms).toISOString();
}
