import type { Finding } from "../verify/finding.ts";
import type { VerifyReport } from "../verify/verify-store.ts";
import type { Style } from "./colour.ts";
import type { Output } from "./output.ts";
import { grouped } from "./progress.ts";
import { safe } from "./text.ts";

/** Findings that are printed; `--json` has more. */
const SHOWN_MAX = 20;

const HEADLINES: Readonly<Record<VerifyReport["verdict"], readonly [Style, string]>> = {
  intact: ["success", "intact"],
  violated: ["failure", "VIOLATED"],
  unverifiable: ["warning", "cannot be verified"],
};

/** The verdict first, then what was found, what is proven, and what is not. */
export async function printVerdict(out: Output, report: VerifyReport): Promise<void> {
  const [style, word] = HEADLINES[report.verdict];
  const { events, streams, bytes, findings, findings_total } = report;
  const what = report.target === "store" ? "the record" : report.target;
  const read = `${count(events, "event")} in ${count(streams, "stream")}, ${grouped(bytes)} bytes`;
  await out.line(safe`${out.paint(style, word)}  ${what}: ${read}`);
  for (const finding of findings.slice(0, SHOWN_MAX)) await printFinding(out, finding);
  if (findings_total > SHOWN_MAX)
    await out.line(
      `  … and ${grouped(findings_total - SHOWN_MAX)} more; --json has up to ${grouped(findings.length)}.`,
    );
  for (const { file, bytes: left } of report.unfinished)
    await out.line(
      safe`  ${out.paint("quiet", "note")}  ${file} ends with ${grouped(left)} bytes without a line end: in progress, or torn`,
    );
  await printList(out, "Proven", report.proven);
  await printList(out, "Not proven", report.not_proven);
}

async function printFinding(out: Output, finding: Finding): Promise<void> {
  const { code, message, stream, sequence, position, event_id } = finding;
  await out.line(safe`  ${out.paint("failure", code)}  ${message}`);
  const where = [
    placeOf(finding),
    stream === undefined ? "" : `${stream}${sequence === undefined ? "" : ` event ${sequence}`}`,
    position === undefined ? "" : `position ${position}`,
    event_id ?? "",
  ].filter((part) => part !== "");
  if (where.length > 0) await out.line(safe`      ${out.paint("quiet", where.join(", "))}`);
}

function placeOf({ file, line, offset }: Finding): string {
  if (file === undefined) return "";
  return `${file}${line === undefined ? "" : `, line ${line}`}${offset === undefined ? "" : `, byte ${offset}`}`;
}

async function printList(out: Output, title: string, items: readonly string[]): Promise<void> {
  if (items.length === 0) return;
  await out.line();
  await out.line(out.paint("heading", title));
  for (const item of items) await out.line(`  ${item}`);
}

function count(number: number, word: string): string {
  return `${grouped(number)} ${word}${number === 1 ? "" : "s"}`;
}
