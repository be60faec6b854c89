import type { RunRow } from "../projection/report-metrics/audit-rows.ts";
import type { AuditInput } from "./audit-report.ts";
import { counted, words } from "./words.ts";

/** How something stands: well, badly, to be looked at, or just so. */
export type Standing = "good" | "bad" | "attention" | "neutral";

/** The report in a sentence, and what is behind it. */
export interface Verdict {
  readonly standing: Standing;
  readonly headline: string;
  readonly points: readonly { readonly standing: Standing; readonly text: string }[];
}

/** The verdict in plain words: how the work ended first, then whatever needs somebody's attention. */
export function verdictOf(input: AuditInput): Verdict {
  const { integrity, audit } = input;
  const points = [
    ...integrityPoint(input),
    ...gapPoints(input),
    ...errorPoints(input),
    ...testPoints(input),
    ...pullPoints(input),
    ...reworkPoints(input),
  ];
  const { standing, headline } = headlineOf(audit.runs, audit.events, audit.streams);
  const broken = integrity?.verdict === "violated";
  return {
    standing: broken ? "bad" : standing,
    headline: broken ? "The record has been changed: do not rely on this report" : headline,
    points: broken ? [{ standing, text: headline }, ...points] : points,
  };
}

type Point = Verdict["points"][number];

function headlineOf(
  runs: readonly RunRow[],
  events: number,
  streams: readonly string[],
): Pick<Verdict, "standing" | "headline"> {
  const last = runs.at(-1);
  if (last === undefined)
    return { standing: "neutral", headline: `${counted(events, "event")}, no orchestration among them` };
  if (streams.length === 1) return oneIssue(last, runs.length);
  const of = (status: RunRow["status"]): number => runs.filter((run) => run.status === status).length;
  const [completed, failed] = [of("complete"), of("failed")];
  const others = runs.length - completed - failed;
  const rest = [
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(others === 0 ? [] : [`${others} not ended`]),
  ];
  return {
    standing: failed > 0 ? "attention" : others > 0 ? "neutral" : "good",
    headline: `${completed} of ${counted(runs.length, "orchestration")} completed${rest.length === 0 ? "" : `; ${rest.join(", ")}`}`,
  };
}

function oneIssue(
  { stream, status, paused, reason, active_seconds }: RunRow,
  runs: number,
): Pick<Verdict, "standing" | "headline"> {
  const which = runs === 1 ? stream : `${stream}, orchestration ${runs} of ${runs},`;
  const time = `after ${words(active_seconds)} of work`;
  if (status === "failed")
    return { standing: "bad", headline: `${which} failed ${time}${reason === null ? "" : `: ${reason}`}` };
  if (status === "complete") return { standing: "good", headline: `${which} completed ${time}` };
  if (paused) return { standing: "attention", headline: `${which} is paused ${time}` };
  if (status === "open")
    return { standing: "neutral", headline: `${which} is in progress, ${words(active_seconds)} so far` };
  return { standing: "attention", headline: `${which} was not brought to an end` };
}

function integrityPoint({ integrity }: AuditInput): Point[] {
  if (integrity === null) return [{ standing: "attention", text: "The record was not checked" }];
  const { verdict, findings_total, events } = integrity;
  if (verdict === "violated")
    return [{ standing: "bad", text: `The record is not intact: ${counted(findings_total, "finding")}` }];
  if (verdict === "unverifiable")
    return [{ standing: "attention", text: "The record could not be checked as asked" }];
  return [
    {
      standing: "good",
      text: `The record is intact: ${counted(events, "event")} recomputed from their bytes`,
    },
  ];
}

function gapPoints({ audit }: AuditInput): Point[] {
  const { gaps } = audit;
  if (gaps.length === 0) return [];
  const open = gaps.filter(({ resolved_at, status }) => resolved_at === null && status !== "abandoned");
  const escalated = gaps.filter(({ escalated_at }) => escalated_at !== null).length;
  const also = escalated === 0 ? "" : `, ${escalated} escalated`;
  if (open.length === 0) return [{ standing: "good", text: `${allOf(gaps.length, "gap")} resolved${also}` }];
  const blocking = open.filter((gap) => gap.blocking === true).length;
  const grave = open.filter(({ severity }) => severity === "critical" || severity === "high").length;
  const detail = [
    ...(blocking === 0 ? [] : [`${blocking} blocking`]),
    ...(grave === 0 ? [] : [`${grave} high or critical`]),
  ];
  return [
    {
      standing: blocking + grave > 0 ? "bad" : "attention",
      text: `${open.length} of ${counted(gaps.length, "gap")} not resolved${detail.length === 0 ? "" : ` (${detail.join(", ")})`}${also}`,
    },
  ];
}

/** `both gaps`, `all 5 gaps`. */
function allOf(n: number, word: string): string {
  return n === 1 ? `The only ${word} was` : n === 2 ? `Both ${word}s were` : `All ${n} ${word}s were`;
}

function errorPoints({ errors, audit }: AuditInput): Point[] {
  const failed = audit.trouble.length;
  if (failed === 0) return [{ standing: "good", text: "Nothing went wrong that is on record" }];
  const { succeeded, failed: lost } = errors.recoveries;
  const recovered =
    succeeded + lost === 0
      ? ""
      : `; ${counted(succeeded, "recovery", "recoveries")} succeeded, ${lost} failed`;
  const kinds =
    errors.total === 0
      ? ""
      : `, ${counted(errors.total, "error")} of ${counted(errors.errors.length, "kind")} among them`;
  return [{ standing: "attention", text: `${counted(failed, "failure")} on record${kinds}${recovered}` }];
}

function testPoints({ audit }: AuditInput): Point[] {
  const newest = new Map(
    audit.checks
      .filter(({ status }) => status !== "open")
      .map((one) => [`${one.kind} ${one.stream} ${one.name}`, one]),
  );
  if (newest.size === 0) return [];
  const red = [...newest.values()].filter(({ tone }) => tone === "failure");
  if (red.length === 0)
    return [{ standing: "good", text: "The last run of every test suite and check was good" }];
  const [first] = red;
  const named = red.length === 1 && first !== undefined ? `: ${first.outcome}` : "";
  return [
    {
      standing: "bad",
      text: `${red.length} of ${counted(newest.size, "test suite or check", "test suites and checks")} failed in their last run${named}`,
    },
  ];
}

function pullPoints({ audit }: AuditInput): Point[] {
  const pulls = audit.pull_requests;
  if (pulls.length === 0) return [];
  const open = pulls.filter(({ status }) => status === "open").length;
  const merged = pulls.filter(({ status }) => status === "merged").length;
  const closed = pulls.length - open - merged;
  return [
    {
      standing: open > 0 ? "neutral" : "good",
      text: `${counted(pulls.length, "pull request")}: ${merged} merged, ${open} open, ${closed} closed without a merge`,
    },
  ];
}

function reworkPoints({ quality }: AuditInput): Point[] {
  const { loops, first_pass } = quality.rework;
  if (loops === 0) return [];
  return [
    {
      standing: "attention",
      text: `Tests came again after a fix ${loops === 1 ? "once" : `${loops} times`}${first_pass.n < 2 ? "" : `; ${first_pass.successes} of ${first_pass.n} passed at once`}`,
    },
  ];
}
