import { createHash } from "node:crypto";
import { join } from "node:path";

import { auditTables, eventsCsv, tableCsv } from "../report/csv.ts";
import { reportEvents } from "../store/audit-events.ts";
import {
  type AuditOptions,
  type AuditParts,
  type AuditTrail,
  auditTrailReport,
  recordReport,
  reportName,
} from "../store/audit-trail.ts";
import { pathFor, type Target, writeReport } from "./audit-target.ts";

const SUMS = "SHA256SUMS";

/** Writes a folder with one CSV file a table, and the sums by which `sha256sum -c SHA256SUMS` checks them. */
export async function auditFolder(
  parts: AuditParts,
  options: AuditOptions,
  target: Target,
): Promise<AuditTrail> {
  const { report, selection } = await auditTrailReport(parts, options);
  const name = `${reportName(report)}-csv`;
  const folder = pathFor(target, name) ?? name;
  const { guard } = options;
  const files: [string, AsyncIterable<string>][] = [
    ["events.csv", eventsCsv(reportEvents(parts, selection, options), { guard })],
    ...[...auditTables(report)].map(([table, rows]): [string, AsyncIterable<string>] => [
      `${table}.csv`,
      once(tableCsv(rows, { guard })),
    ]),
  ];
  let [sums, bytes] = ["", 0];
  for (const [file, pieces] of files) {
    const written = await hashedFile(join(folder, file), pieces);
    sums += `${written.sha256}  ${file}\n`;
    bytes += written.bytes;
  }
  const { sha256 } = await hashedFile(join(folder, SUMS), once(sums));
  const facts = { name: `${name}/${SUMS}`, sha256, bytes, format: "csv", actor: options.actor } as const;
  const recorded = await recordReport(parts, report, facts);
  return { path: folder, sha256, events: report.audit.events, bytes, format: "csv", recorded };
}

// oxlint-disable-next-line require-await -- files take what comes piece by piece
async function* once(text: string): AsyncGenerator<string, void, undefined> {
  yield text;
}

async function hashedFile(
  path: string,
  pieces: AsyncIterable<string>,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash("sha256");
  let bytes = 0;
  async function* tallied(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of pieces) {
      const part = Buffer.from(piece);
      hash.update(part);
      bytes += part.length;
      yield part;
    }
  }
  await writeReport(path, tallied());
  return { sha256: hash.digest("hex"), bytes };
}
