import type { LastingRow } from "../../projection/report-metrics/audit-rows.ts";
import type { AuditReport } from "../audit-report.ts";
import { clock, counted, words } from "../words.ts";

/** Something that lasted. */
export interface Bar {
  readonly from_ms: number;
  readonly to_ms: number;
  /** Counted from 0 where several lie side by side. */
  readonly row: number;
  readonly look: string;
  readonly text: string;
  readonly title: string;
  /** No end is on record. */
  readonly open: boolean;
}

/** Something that happened. */
export interface Mark {
  readonly at_ms: number;
  readonly look: "good" | "bad" | "commit" | "pull";
  readonly title: string;
}

export interface Lane {
  readonly name: string;
  /** For those who do not see the picture. */
  readonly says: string;
  readonly bars: readonly Bar[];
  readonly marks: readonly Mark[];
}

interface Lanes {
  readonly lanes: readonly Lane[];
  readonly left_out: number;
}

const AGENTS_MAX = 14;
const ISSUES_MAX = 25;
const ROWS_MAX = 4;
/** More than this in one lane say nothing to the eye; the rest is in the tables. */
const BARS_MAX = 600;
const HUES = 6;

/** The work on one issue: phases, agents, gaps, tests, changes, failures. */
export function workLanes(report: AuditReport): Lanes {
  const { audit, phases } = report;
  const hues = new Map(phases.phases.map(({ phase }, at) => [phase, `hue${at % HUES}`]));
  const agents = [...Map.groupBy(audit.agent_runs, ({ agent_name }) => agent_name)];
  const lanes = [
    lane("Orchestration", audit.runs, (run) => ({
      look: run.status === "failed" ? "failed" : "run",
      text: run.summary ?? "",
    })),
    lane("Phases", audit.visits, ({ phase }) => ({ look: hues.get(phase) ?? "hue0", text: phase })),
    ...agents.slice(0, AGENTS_MAX).map(([name, runs]) =>
      lane(name, runs, ({ status, task }) => ({
        look: status === "failed" ? "failed" : "agent",
        text: task ?? "",
      })),
    ),
    lane("Gaps", audit.gaps, ({ gap_id, resolved_at }) => ({
      look: resolved_at === null ? "gap unresolved" : "gap",
      text: gap_id,
    })),
    checksLane(report),
    changesLane(report),
    troubleLane(report),
  ];
  return {
    lanes: lanes.filter(({ bars, marks }) => bars.length + marks.length > 0),
    left_out: Math.max(0, agents.length - AGENTS_MAX),
  };
}

/** One lane an issue, with its orchestrations; the issues where something happened last come first. */
export function issueLanes({ audit }: AuditReport): Lanes {
  const runs = [...Map.groupBy(audit.runs, ({ stream }) => stream)];
  runs.sort(([, a], [, b]) => (newest(a) < newest(b) ? 1 : -1));
  const lanes = runs.slice(0, ISSUES_MAX).map(([stream, own]) => ({
    ...lane(stream, own, ({ status, summary }) => ({
      look: status === "failed" ? "failed" : status === "complete" ? "agent" : "run",
      text: summary ?? "",
    })),
    marks: own
      .filter(({ status }) => status === "failed")
      .map(({ ended_at, reason }): Mark => ({
        at_ms: Date.parse(ended_at),
        look: "bad",
        title: `${clock(ended_at)} failed${reason === null ? "" : `: ${reason}`}`,
      })),
  }));
  return { lanes, left_out: Math.max(0, runs.length - ISSUES_MAX) };
}

type Look<T> = (row: T) => { readonly look: string; readonly text: string };

function lane<T extends LastingRow>(name: string, rows: readonly T[], lookOf: Look<T>): Lane {
  const shown = rows.filter(({ started_at }) => started_at !== null);
  const free: number[] = [];
  const bars = shown.slice(0, BARS_MAX).map((row): Bar => {
    const { started_at, ended_at, status, active_seconds } = row;
    const [from_ms, to_ms] = [Date.parse(started_at ?? ended_at), Date.parse(ended_at)];
    const place = rowFor(free, from_ms);
    free[place] = Math.max(free[place] ?? 0, to_ms);
    const { look, text } = lookOf(row);
    const open = status === "open" || status === "truncated" || status === "abandoned";
    const title = `${name}${text === "" || text === name ? "" : `: ${text}`} · ${clock(started_at ?? "")} to ${clock(ended_at)} · ${words(active_seconds)} at work · ${status}`;
    return { from_ms, to_ms, row: place, look, text, title, open };
  });
  const cut = shown.length > BARS_MAX ? `, the first ${BARS_MAX} drawn` : "";
  return { name, says: counted(shown.length, "bar") + cut, bars, marks: [] };
}

/** The first row in which nothing lies there; with all of them full, the one that is free soonest. */
function rowFor(free: readonly number[], from_ms: number): number {
  const row = free.findIndex((until) => until <= from_ms);
  if (row !== -1) return row;
  return free.length < ROWS_MAX ? free.length : free.indexOf(Math.min(...free));
}

function checksLane({ audit: { checks } }: AuditReport): Lane {
  const marks = checks
    .filter(({ tone }) => tone === "failure" || tone === "success")
    .map(({ ended_at, tone, outcome }): Mark => ({
      at_ms: Date.parse(ended_at),
      look: tone === "failure" ? "bad" : "good",
      title: `${clock(ended_at)} ${outcome}`,
    }));
  const bad = marks.filter(({ look }) => look === "bad").length;
  return { name: "Tests, checks", says: `${marks.length - bad} good, ${bad} not`, bars: [], marks };
}

function changesLane({ audit: { commits, pull_requests } }: AuditReport): Lane {
  const ofCommits = commits.map(({ at, sha, message }): Mark => ({
    at_ms: Date.parse(at),
    look: "commit",
    title: `${clock(at)} commit ${sha.slice(0, 10)}: ${message}`,
  }));
  const ofPulls = pull_requests.flatMap(({ number, created_at, ended_at, status }): Mark[] => [
    ...(created_at === null
      ? []
      : [
          {
            at_ms: Date.parse(created_at),
            look: "pull",
            title: `${clock(created_at)} #${number} opened`,
          } as const,
        ]),
    ...(ended_at === null
      ? []
      : [
          {
            at_ms: Date.parse(ended_at),
            look: "pull",
            title: `${clock(ended_at)} #${number} ${status}`,
          } as const,
        ]),
  ]);
  const says = `${counted(commits.length, "commit")}, ${counted(pull_requests.length, "pull request")}`;
  return { name: "Changes", says, bars: [], marks: [...ofCommits, ...ofPulls] };
}

function troubleLane({ audit: { trouble } }: AuditReport): Lane {
  const marks = trouble.map(({ at, text }): Mark => ({
    at_ms: Date.parse(at),
    look: "bad",
    title: `${clock(at)} ${text}`,
  }));
  return { name: "Failures", says: counted(marks.length, "failure"), bars: [], marks };
}

function newest(of: readonly LastingRow[]): string {
  return of.reduce((last, { ended_at }) => (ended_at > last ? ended_at : last), "");
}
