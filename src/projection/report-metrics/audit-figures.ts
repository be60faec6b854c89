import type { StoredEvent } from "../../event/envelope.ts";
import { countsOf } from "../metrics/figures.ts";
import { constructIntervals, type Interval } from "../metrics/intervals.ts";
import { type Rate, rateOf } from "../metrics/rate.ts";
import type { Projection } from "../projection.ts";
import { addToAudit, type AuditFold, auditFold, type DayCounts } from "./audit-fold.ts";
import type {
  AgentRunRow,
  CheckRow,
  CommitRow,
  DocumentRow,
  GapRow,
  PullRequestRow,
  RunRow,
  TroubleRow,
  VisitRow,
  VoidedRow,
} from "./audit-rows.ts";
import { type EndFigures, endsOf } from "./competing-ends.ts";
import { agentRunRows, checkRows, gapRows, runRows, visitRows } from "./lasting-rows.ts";
import { pullRows } from "./pull-rows.ts";
import { activeSurvival, type SurvivalFigures } from "./survival-figures.ts";
import { type UtilisationFigures, utilisationOf } from "./utilisation.ts";

/** Figures of one name: a phase or an agent. */
export interface NamedSurvival {
  readonly name: string;
  readonly active: SurvivalFigures;
}

/** Everything that an audit report tells of events, beside the events and the figures of `eso stats`. */
export interface AuditFigures {
  readonly events: number;
  readonly first_timestamp: string | null;
  /** The moment until which everything that is open is counted. */
  readonly last_timestamp: string | null;
  readonly streams: readonly string[];
  readonly runs: readonly RunRow[];
  readonly run_success: Rate;
  readonly run_active: SurvivalFigures;
  readonly visits: readonly VisitRow[];
  readonly phases: readonly NamedSurvival[];
  readonly agent_runs: readonly AgentRunRow[];
  readonly agents: readonly NamedSurvival[];
  readonly utilisation: readonly UtilisationFigures[];
  readonly checks: readonly CheckRow[];
  readonly gaps: readonly GapRow[];
  readonly gap_ends: EndFigures;
  readonly pull_requests: readonly PullRequestRow[];
  readonly pull_request_ends: EndFigures;
  readonly commits: readonly CommitRow[];
  readonly documents: readonly DocumentRow[];
  readonly trouble: readonly TroubleRow[];
  readonly voided: readonly VoidedRow[];
  readonly worklog_seconds: number;
  readonly worklog_entries: number;
  readonly worklog_by_author: Readonly<Record<string, number>>;
  readonly transitions: number;
  readonly comments: number;
  readonly types: Readonly<Record<string, number>>;
  readonly actors: Readonly<Record<string, number>>;
  /** UTC days on which something happened. */
  readonly days: readonly (Readonly<DayCounts> & { readonly day: string })[];
}

/**
 * What an audit report tells of events.
 *
 * @example
 * ```ts
 * const { gaps, gap_ends } = await store.project(auditFigures, { issueKey: "PROJ-123" });
 * console.log(gaps.filter(({ end }) => end === null).length, "open", gap_ends.within.map(({ shares }) => shares));
 * ```
 */
export const auditFigures: Projection<AuditFold, AuditFigures> = {
  name: "audit-figures",
  version: 1,
  initial: auditFold,
  apply: (fold: AuditFold, event: StoredEvent) => addToAudit(fold, event),
  result: resultOf,
};

function resultOf(fold: AuditFold): AuditFigures {
  const intervals = [...constructIntervals(fold.log)];
  const ofKind = (kind: Interval["kind"]): readonly Interval[] =>
    intervals.filter((one) => one.kind === kind);
  const runs = runRows(fold, intervals);
  const completed = runs.filter(({ status }) => status === "complete").length;
  const failed = runs.filter(({ status }) => status === "failed").length;
  const gaps = gapRows(fold, ofKind("gap"));
  const pulls = pullRows(fold, runs);
  return {
    ...countsIn(fold),
    runs,
    run_success: rateOf(completed, completed + failed),
    run_active: activeSurvival(ofKind("run")),
    visits: visitRows(fold, ofKind("phase")),
    phases: byName(ofKind("phase")),
    agent_runs: agentRunRows(fold, ofKind("agent")),
    agents: byName(ofKind("agent")),
    utilisation: utilisationOf(fold, ofKind("agent")),
    checks: checkRows(fold, intervals),
    gaps,
    gap_ends: endsOf(gaps.flatMap(gapSpell)),
    pull_requests: pulls,
    pull_request_ends: endsOf(pulls.flatMap((one) => pullSpell(one, fold.log.last_ms))),
    commits: fold.commits.toSorted(inTime),
    documents: fold.documents.toSorted(inTime),
    trouble: fold.trouble.toSorted(inTime),
    voided: fold.voided,
  };
}

function countsIn(fold: AuditFold) {
  const { events, first_timestamp, last_timestamp, worklog_entries, transitions, comments } = fold;
  return {
    events,
    first_timestamp,
    last_timestamp,
    streams: [...fold.streams].sort(),
    worklog_seconds: [...fold.worklog.values()].reduce((sum, one) => sum + one, 0),
    worklog_entries,
    worklog_by_author: countsOf(fold.worklog),
    transitions,
    comments,
    types: countsOf(fold.types),
    actors: countsOf(fold.actors),
    days: [...fold.days]
      .map(([day, counts]) => ({ day, ...counts }))
      .sort((a, b) => (a.day < b.day ? -1 : 1)),
  };
}

function byName(intervals: readonly Interval[]): NamedSurvival[] {
  const groups = Map.groupBy(intervals, ({ name }) => name);
  return [...groups]
    .map(([name, own]) => ({ name, active: activeSurvival(own) }))
    .sort((a, b) => b.active.n - a.active.n || (a.name < b.name ? -1 : 1));
}

function gapSpell({ started_at, end, escalated_at, resolved_at, ended_at }: GapRow) {
  if (started_at === null) return [];
  const until = end === "escalated" ? escalated_at : end === "resolved" ? resolved_at : ended_at;
  return [{ duration: Math.max(0, Date.parse(until ?? ended_at) - Date.parse(started_at)), cause: end }];
}

function pullSpell({ created_at, ended_at, status }: PullRequestRow, last_ms: number) {
  if (created_at === null) return [];
  const until = ended_at === null ? last_ms : Date.parse(ended_at);
  const cause = status === "open" ? null : status;
  return [{ duration: Math.max(0, until - Date.parse(created_at)), cause }];
}

function inTime(
  a: { readonly at: string; readonly sequence: number },
  b: { readonly at: string; readonly sequence: number },
): number {
  return a.at < b.at ? -1 : a.at > b.at ? 1 : a.sequence - b.sequence;
}
