import type { AuditReport, ReportEvent } from "./audit-report.ts";

/** The report as one JSON document, `eso.audit/1`: everything that the page shows, and every event in whole. */
export async function* jsonReport(
  report: AuditReport,
  events: AsyncIterable<ReportEvent>,
): AsyncGenerator<string, void, undefined> {
  const head = JSON.stringify(report, undefined, 2);
  yield `${head.slice(0, head.lastIndexOf("\n}"))},\n  "events": [`;
  let first = true;
  for await (const { event, text, tone, late } of events) {
    yield `${first ? "\n" : ",\n"}    ${JSON.stringify({ ...event, summary: { text, tone, late } })}`;
    first = false;
  }
  yield first ? "]\n}\n" : "\n  ]\n}\n";
}
