import type { ImportReport } from "../store/import-events.ts";
import type { Call } from "./command.ts";
import { type ExitCode, exitCodeOf } from "./exit-codes.ts";
import { grouped } from "./progress.ts";
import type { SessionsImported } from "./session-import.ts";
import { safe, type Text } from "./text.ts";

export interface CaptureReport extends SessionsImported {
  /** Commits that git history told of, beyond those of the sessions. */
  readonly history?: ImportReport | undefined;
  /** Hooks that were waiting in the spool. */
  readonly hooks: number;
  readonly quarantined: number;
  readonly dryRun: boolean;
}

const REJECTIONS_SHOWN_MAX = 20;

/** Prints what was found in sessions and recorded of it. */
export async function printCapture(call: Call, report: CaptureReport): Promise<ExitCode> {
  const { given, out, err } = call;
  if (given.flag("json")) await out.json(documentOf(call, report));
  else await out.lines(wordsOf(report));
  const { rejections } = report.report;
  for (const { where, error } of rejections.slice(0, REJECTIONS_SHOWN_MAX))
    await err.line(safe`${err.paint("failure", where)}: ${error.message}`);
  await notePassedOver(call, report);
  const [first] = rejections;
  return first === undefined ? 0 : exitCodeOf(first.error.code);
}

function documentOf({ given }: Call, report: CaptureReport): object {
  const { report: counts, figures, sessions, passedOver, history, hooks, quarantined, dryRun } = report;
  return {
    schema: `eso.${given.command}/1`,
    dry_run: dryRun,
    sessions,
    found: figures,
    added: counts.added,
    known: counts.known,
    rejected: counts.rejected,
    git: history === undefined ? null : { added: history.added, known: history.known },
    hooks,
    quarantined,
    passed_over: { lines: passedOver.lines, kinds: Object.fromEntries(passedOver.kinds) },
    rejections: counts.rejections.map(({ where, error }) => ({
      where,
      code: error.code,
      message: error.message,
    })),
  };
}

function wordsOf({ report, figures, sessions, history, hooks, dryRun }: CaptureReport): Text[] {
  const lines: Text[] = [];
  const would = dryRun ? "would be new" : "new";
  if (sessions === 0) lines.push("found no sessions");
  else {
    const parts = [
      counted(figures.issues, "issue"),
      counted(figures.agents, "agent"),
      counted(figures.commits, "commit"),
      counted(figures.pull_requests, "pull request"),
      counted(figures.test_runs, "test run"),
      counted(figures.errors, "error"),
      counted(figures.recoveries, "recovery", "recoveries"),
    ].filter((part) => !part.startsWith("0 "));
    const found = parts.length === 0 ? "nothing to record" : parts.join(", ");
    lines.push(`found in ${counted(sessions, "session")}: ${found}`);
    lines.push(...costWords(figures));
  }
  lines.push(`${grouped(report.added)} events ${would}, ${grouped(report.known)} known${rejected(report)}`);
  if (history !== undefined)
    lines.push(`git history: ${grouped(history.added)} commits ${would}, ${grouped(history.known)} known`);
  if (hooks > 0) lines.push(`${counted(hooks, "hook")} taken from the spool`);
  return lines;
}

function costWords({ tokens, cost_usd, without_issue }: CaptureReport["figures"]): string[] {
  const sum = Object.values(tokens).reduce((total, count) => total + count, 0);
  const lines: string[] = [];
  if (sum > 0) lines.push(`${grouped(sum)} tokens, about $${cost_usd.toFixed(2)} at list prices`);
  if (without_issue > 0) lines.push(`${counted(without_issue, "event")} of no issue, kept in global`);
  return lines;
}

function rejected({ rejected: count }: ImportReport): string {
  return count === 0 ? "" : `, ${grouped(count)} rejected`;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

async function notePassedOver({ err }: Call, { passedOver, quarantined }: CaptureReport): Promise<void> {
  const kinds = [...passedOver.kinds].map(([kind, count]) => `${count} ${kind}`);
  if (passedOver.lines > 0)
    await err.line(`note: ${passedOver.lines} lines were no JSON and were passed over`);
  if (kinds.length > 0)
    await err.line(safe`note: entries of kinds not known here were passed over: ${kinds.join(", ")}`);
  if (quarantined > 0)
    await err.line(`note: ${quarantined} hooks could not be used; .store/quarantine/hooks says why`);
}
