import type { ImportReport } from "../../store/import-events.ts";
import type { Call } from "../command.ts";
import { type ExitCode, exitCodeOf } from "../exit-codes.ts";
import { grouped } from "../progress.ts";
import { safe } from "../text.ts";

/** Rejections printed for people; JSON has up to a thousand. */
const REJECTIONS_SHOWN_MAX = 50;
const REASONS_SHOWN_MAX = 10;

/** What surrounds a report. */
export interface ReportOptions {
  readonly source: string;
  readonly dryRun?: boolean;
  /** Reasons why payloads gave no event, and how often. */
  readonly unmapped?: Readonly<Record<string, number>>;
}

/** Prints what an import did; the exit code is that of the first rejection. */
export async function printReport(
  { given, out, err }: Call,
  report: ImportReport,
  { source, dryRun = false, unmapped }: ReportOptions,
): Promise<ExitCode> {
  const { added, known, skipped, rejected, rejections } = report;
  if (given.flag("json")) {
    const named = rejections.map(({ where, error }) => ({
      where,
      code: error.code,
      message: error.message,
      ...(error.details as object),
    }));
    await out.json({
      schema: "eso.import/1",
      source,
      dry_run: dryRun,
      added,
      known,
      skipped,
      rejected,
      rejections: named,
      ...(unmapped === undefined ? {} : { unmapped }),
    });
  } else {
    const counts = [`${grouped(added)} ${dryRun ? "would be new" : "new"}`, `${grouped(known)} known`];
    if (rejected > 0) counts.push(`${grouped(rejected)} rejected`);
    await out.line(counts.join(", "));
  }
  await printRejections({ err }, report);
  await printSkipped({ err }, skipped);
  await printUnmapped({ err }, unmapped ?? {});
  const [first] = rejections;
  return first === undefined ? 0 : exitCodeOf(first.error.code);
}

async function printRejections(
  { err }: Pick<Call, "err">,
  { rejected, rejections }: ImportReport,
): Promise<void> {
  for (const { where, error } of rejections.slice(0, REJECTIONS_SHOWN_MAX)) {
    await err.line(safe`${err.paint("failure", where)}: ${error.message}`);
    if (error.hint !== undefined) await err.line(safe`  ${err.paint("quiet", "do")}   ${error.hint}`);
  }
  if (rejected > REJECTIONS_SHOWN_MAX)
    await err.line(`and ${grouped(rejected - REJECTIONS_SHOWN_MAX)} more; --json names up to a thousand`);
}

async function printUnmapped(
  { err }: Pick<Call, "err">,
  unmapped: Readonly<Record<string, number>>,
): Promise<void> {
  const reasons = Object.entries(unmapped).sort(([, one], [, other]) => other - one);
  const total = reasons.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return;
  await err.line(`note: ${grouped(total)} payloads gave no event, or only a part did`);
  for (const [why, count] of reasons.slice(0, REASONS_SHOWN_MAX))
    await err.line(safe`  ${grouped(count).padStart(7)}  ${why}`);
  if (reasons.length > REASONS_SHOWN_MAX)
    await err.line(`  and ${reasons.length - REASONS_SHOWN_MAX} more reasons; --json names all`);
}

async function printSkipped({ err }: Pick<Call, "err">, skipped: ImportReport["skipped"]): Promise<void> {
  const types = Object.entries(skipped);
  if (types.length === 0) return;
  const counts = types.map(([type, count]) => `${count} ${type}`).join(", ");
  await err.line(`note: left out, since they tell of the other store: ${counts}`);
  const voided = skipped["StoreEventVoided"];
  if (voided !== undefined)
    await err.line("note: events that were voided there are not voided here; void them again");
}
