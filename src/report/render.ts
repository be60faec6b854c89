import type { AuditReport, ReportEvent } from "./audit-report.ts";
import { type CsvOptions, eventsCsv } from "./csv.ts";
import { jsonReport } from "./json.ts";
import { markdownReport } from "./markdown.ts";

export const AUDIT_FORMATS = ["html", "json", "csv", "md"] as const;

/** How a report can be written. */
export type AuditFormat = (typeof AUDIT_FORMATS)[number];

/** What is written: the report, and its events in order of record. */
export interface Rendering extends CsvOptions {
  readonly report: AuditReport;
  readonly events: AsyncIterable<ReportEvent>;
}

/** The text of a report, piece by piece. */
export async function* reportPieces(
  format: AuditFormat,
  { report, events, guard }: Rendering,
): AsyncGenerator<string, void, undefined> {
  if (format === "json") yield* jsonReport(report, events);
  else if (format === "csv") yield* eventsCsv(events, { guard });
  else if (format === "md") yield markdownReport(report);
  else {
    const { htmlReport } = await import("./page/html.ts");
    yield* htmlReport(report, events);
  }
}
