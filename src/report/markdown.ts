import type { GapRow } from "../projection/report-metrics/audit-rows.ts";
import type { AuditReport, Story } from "./audit-report.ts";
import type { Standing } from "./verdict.ts";
import { clock, counted, grouped, linkable, rateWords, visible, words } from "./words.ts";

/** Rows that a comment has room for. */
const ROWS_MAX = 10;
const STORIES_MAX = 5;
const TEXT_MAX = 200;

const SIGNS: Readonly<Record<Standing, string>> = { good: "✓", bad: "✗", attention: "!", neutral: "·" };

/** The report in short, as Markdown to paste into an issue or a pull request. */
export function markdownReport(report: AuditReport): string {
  const { verdict, audit, scope } = report;
  const { first_timestamp: first, last_timestamp: last } = audit;
  const range = first === null || last === null ? "" : `, ${clock(first)} to ${clock(last)} UTC`;
  return `${[
    `### ${SIGNS[verdict.standing]} ${plain(verdict.headline)}`,
    ...verdict.points.map(({ standing, text }) => `- ${SIGNS[standing]} ${plain(text)}`),
    ...phases(report),
    ...gaps(audit.gaps),
    ...stories(report.stories),
    ...changes(report),
    ...agents(report),
    "",
    `${counted(audit.events, "event")}${range}.${scope.types === null ? "" : ` Only ${plain(scope.types.join(", "))}.`} ${integrityLine(report)}`,
    `Made by eso ${plain(report.generator.version)} at ${clock(report.generated_at)} UTC.`,
  ].join("\n")}\n`;
}

/** Event text that says nothing to a Markdown reader, and calls nobody by name. */
function plain(text: string): string {
  const line = visible(text).trim();
  const cut = line.length > TEXT_MAX ? `${line.slice(0, TEXT_MAX).toWellFormed()}…` : line;
  return cut.replaceAll(/[\\`*_[\]{}<>|~#!]/g, "\\$&").replaceAll(/@(?=[\w-])/g, "@ ");
}

function table(titles: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const shown = rows.slice(0, ROWS_MAX);
  const left = rows.length - shown.length;
  return [
    tableRow(titles),
    tableRow(titles.map(() => "---")),
    ...shown.map(tableRow),
    ...(left === 0 ? [] : ["", `… and ${grouped(left)} more`]),
  ];
}

function phases({ phases: { phases: all } }: AuditReport): string[] {
  if (all.length === 0) return [];
  const rows = all.map(({ phase, visits, failed, open, active }) => [
    plain(phase),
    visits,
    failed,
    open,
    words(active.total_seconds + active.open_seconds + active.cut_short_seconds),
  ]);
  return ["", "**Phases**", "", ...table(["Phase", "Visits", "Failed", "Open", "Time at work"], rows)];
}

function gaps(all: readonly GapRow[]): string[] {
  const open = all.filter(({ resolved_at, status }) => resolved_at === null && status !== "abandoned");
  if (open.length === 0) return [];
  const rows = open.map(({ gap_id, severity, description, wall_seconds, escalated_at }) => [
    plain(gap_id),
    plain(severity ?? "–"),
    plain(description ?? ""),
    `${words(wall_seconds)}${escalated_at === null ? "" : ", escalated"}`,
  ]);
  return ["", "**Gaps not resolved**", "", ...table(["Gap", "Severity", "What", "Age"], rows)];
}

function stories(all: readonly Story[]): string[] {
  if (all.length === 0) return [];
  const shown = all.slice(-STORIES_MAX);
  const left = all.length - shown.length;
  const lines = shown.flatMap(({ trouble, causes }) => [
    `- ${clock(trouble.at)} ${plain(trouble.text)}`,
    ...causes
      .slice(0, 3)
      .flatMap(({ event }) => (event === undefined ? [] : `  - because ${plain(event.summary)}`)),
  ]);
  return [
    "",
    "**What went wrong**",
    "",
    ...lines,
    ...(left === 0 ? [] : ["", `… and ${grouped(left)} before`]),
  ];
}

function changes({ audit: { commits, pull_requests } }: AuditReport): string[] {
  if (commits.length + pull_requests.length === 0) return [];
  const pulls = pull_requests.slice(-ROWS_MAX).map(({ repo, number, url, title, status }) => {
    const name = `${plain(repo ?? "")}\\#${number}`;
    const link = linkable(url);
    return `- ${link === undefined ? name : `[${name}](<${link.href}>)`} ${plain(title ?? "")} (${status})`;
  });
  const [added, removed] = [sum(commits, "insertions"), sum(commits, "deletions")];
  const size = added + removed === 0 ? "" : ` (+${grouped(added)} −${grouped(removed)})`;
  return ["", "**Changes**", "", `- ${counted(commits.length, "commit")}${size}`, ...pulls];
}

function sum<K extends string>(rows: readonly { readonly [P in K]: number | null }[], key: K): number {
  return rows.reduce((total, row) => total + (row[key] ?? 0), 0);
}

function agents({ agents: { agents: all } }: AuditReport): string[] {
  if (all.length === 0) return [];
  const rows = all.map(({ agent_name, spawned, success, active, cost_usd }) => [
    plain(agent_name),
    spawned,
    rateWords(success),
    words(active.total_seconds + active.open_seconds + active.cut_short_seconds),
    cost_usd === null ? "–" : `$${cost_usd.toFixed(2)}`,
  ]);
  return ["", "**Agents**", "", ...table(["Agent", "Runs", "Completed", "Time at work", "Cost"], rows)];
}

function integrityLine({ integrity }: AuditReport): string {
  if (integrity === null) return "The record was not checked.";
  const { verdict, events, seals } = integrity;
  if (verdict !== "intact") return `**The record is ${verdict}.**`;
  const sealed =
    seals.sealed_to === 0 ? "none of it sealed" : `sealed up to position ${grouped(seals.sealed_to)}`;
  return `The record is intact (${counted(events, "event")} checked, ${sealed}).`;
}

function tableRow(cells: readonly (string | number)[]): string {
  return `| ${cells.join(" | ")} |`;
}
