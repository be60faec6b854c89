import type { Config } from "../../config/config.ts";
import {
  COMPLIANCE_FLOOR_DAYS,
  type PruneFinding,
  recordPruned,
  removePruned,
} from "../../store/archive/prune.ts";
import { type ArchiveRun, runArchive } from "../../store/archive/run-archive.ts";
import { closeDays, onArchive } from "../archive-parts.ts";
import { byteSize } from "../byte-size.ts";
import type { Call } from "../command.ts";
import { grouped } from "../progress.ts";
import { printTable } from "../table.ts";
import { safe } from "../text.ts";
import { UsageError } from "../usage-error.ts";

/** What is pruned by whose word. */
interface Policy {
  readonly olderThanDays: number;
  readonly by: "configuration" | "command";
  readonly floorDays: number;
}

/** `eso archive run`: moves old days into the archive; with an explicit policy also prunes. */
export async function archiveRun(call: Call): Promise<void> {
  const { given, context, out, signal } = call;
  const { config } = await context.config();
  const issue = given.text("issue");
  const dryRun = given.flag("dry-run");
  const policy = policyOf(call, config);
  await closeDays(call);
  const run = await archived(call, { issue, dryRun });
  const pruned =
    policy === undefined ? undefined : await prunedBy(call, { ...policy, issue, dryRun, signal });
  if (given.flag("json"))
    return out.json({ schema: "eso.archive-run/1", ...run, ...(pruned === undefined ? {} : { pruned }) });
  await printRun(call, run);
  if (pruned !== undefined) await printPruned(call, pruned, dryRun);
}

function policyOf({ given }: Call, config: Config): Policy | undefined {
  const floorDays = isCompliance(config) ? COMPLIANCE_FLOOR_DAYS : 0;
  const { prune, prune_after_days: days } = config.retention;
  if (!given.flag("prune"))
    return prune && days > 0 ? { olderThanDays: days, by: "configuration", floorDays } : undefined;
  const olderThanDays = given.count("older-than", 0);
  if (olderThanDays === undefined)
    throw new UsageError("--prune needs --older-than", "Say how old what goes must be: --older-than 3650.");
  if (!given.flag("yes") && !given.flag("dry-run"))
    throw new UsageError(
      "--prune deletes events for good and needs --yes",
      "Look first: eso archive run --prune --older-than N --dry-run.",
    );
  return { olderThanDays, by: "command", floorDays };
}

function isCompliance(config: Config): boolean {
  const { evidence } = config as { evidence?: { compliance_mode?: unknown } };
  return evidence?.compliance_mode === true;
}

function archived(call: Call, options: { issue: string | undefined; dryRun: boolean }): Promise<ArchiveRun> {
  const { given, err, signal } = call;
  return onArchive(call, async (parts, _, { retention }) => {
    using progress = err.progress({ label: "archiving", unit: "files" });
    const olderThanDays = given.count("older-than", 0) ?? retention.archive_after_days;
    return await runArchive(parts, { ...options, olderThanDays, signal, onFile: () => progress.add(1) });
  });
}

/** Recorded, and removed when the store has been left in between: then the journal has let go of it. */
async function prunedBy(
  call: Call,
  options: Parameters<typeof recordPruned>[1],
): Promise<readonly PruneFinding[]> {
  const found = await onArchive(call, (parts) => recordPruned(parts, options), { letGo: true });
  if (options.dryRun === true) return found;
  const removed = await onArchive(call, (parts) => removePruned(parts, options), { letGo: true });
  const kept = found.filter(
    (one) => one.kept !== undefined && !removed.some(({ file }) => file === one.file),
  );
  return [...removed, ...kept];
}

const COLUMNS = [
  { title: "Day" },
  { title: "Issue" },
  { title: "Size", right: true },
  { title: "Archived", right: true },
  { title: "Share", right: true },
] as const;

async function printRun({ out, err }: Call, run: ArchiveRun): Promise<void> {
  const rows = run.files.map(({ stream, day, bytes, archive_bytes: small }) => [
    day,
    { text: stream, style: "key" } as const,
    out.terminal ? byteSize(bytes) : bytes,
    small === undefined ? "-" : out.terminal ? byteSize(small) : small,
    small === undefined || bytes === 0 ? "-" : `${Math.round((small / bytes) * 100)}%`,
  ]);
  if (rows.length > 0) await printTable(out, COLUMNS, rows);
  const days = run.older_than_days;
  const age = days === 0 ? "of days that are over" : `more than ${days} days old`;
  if (rows.length === 0) return err.line(`Nothing ${age} is left to archive.`);
  const files = `${grouped(rows.length)} ${rows.length === 1 ? "file" : "files"}`;
  const sizes = run.dry_run
    ? byteSize(run.bytes)
    : `${byteSize(run.bytes)} are ${byteSize(run.archive_bytes)} now`;
  await err.line(
    run.dry_run
      ? `${files} would be archived, ${sizes}. Nothing was done.`
      : `${files} archived, ${sizes}. Every answer is the same as before.`,
  );
}

const WHY: Readonly<Record<NonNullable<PruneFinding["kept"]>, string>> = {
  held: "held: eso archive hold --release ends it",
  "earlier days are kept": "earlier days of it are kept",
  "not archived": "not archived yet",
  journal: "the journal still has its lines: run this again later",
};

async function printPruned(
  { out, err }: Call,
  found: readonly PruneFinding[],
  dryRun: boolean,
): Promise<void> {
  const columns = [
    { title: "Day" },
    { title: "Issue" },
    { title: "Events", right: true },
    { title: "Pruned" },
  ];
  const rows = found.map(({ stream, day, events, kept }) => [
    day,
    { text: stream, style: "key" } as const,
    kept === undefined || events > 0 ? grouped(events) : "-",
    kept === undefined
      ? ({ text: dryRun ? "would be" : "yes", style: "failure" } as const)
      : ({ text: `no: ${WHY[kept]}`, style: "quiet" } as const),
  ]);
  if (rows.length > 0) await printTable(out, columns, rows);
  const gone = found.filter(({ kept }) => kept === undefined);
  const events = gone.reduce((sum, one) => sum + one.events, 0);
  const what = `${grouped(events)} ${events === 1 ? "event" : "events"} in ${grouped(gone.length)} ${gone.length === 1 ? "file" : "files"}`;
  if (dryRun) return err.line(safe`${what} would be pruned. Nothing was done.`);
  await err.line(safe`${what} pruned for good; each stream has it on record.`);
}
