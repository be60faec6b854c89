import { seconds } from "../metrics/durations.ts";
import type { AuditFold, PullFacts } from "./audit-fold.ts";
import type { CommitRow, PullRequestRow, RunRow } from "./audit-rows.ts";

/** Pull requests by when they were opened, with the time that their changes took to be merged. */
export function pullRows(
  { pulls, commits }: Pick<AuditFold, "pulls" | "commits">,
  runs: readonly RunRow[],
): PullRequestRow[] {
  const byStream = Map.groupBy(commits, ({ stream }) => stream);
  const runsByStream = Map.groupBy(runs, ({ stream }) => stream);
  return [...pulls.values()]
    .map((pull) => {
      const own = byStream.get(pull.stream) ?? [];
      return rowOf(pull, leadOf(pull, own, runsByStream.get(pull.stream) ?? []));
    })
    .sort((a, b) => order(a).localeCompare(order(b), "en") || a.number - b.number);
}

function order({ created_at, ended_at, stream }: PullRequestRow): string {
  return `${created_at ?? ended_at ?? ""} ${stream}`;
}

type Lead = Pick<PullRequestRow, "lead_seconds" | "lead_from">;

function rowOf(pull: PullFacts, lead: Lead): PullRequestRow {
  const { stream, repo, number, title, url, created_at, merged_at, closed_at } = pull;
  // Some hosts also report a merged pull request as closed.
  const status = merged_at !== null ? "merged" : closed_at !== null ? "closed" : "open";
  const ended_at = merged_at ?? closed_at;
  const open_seconds = created_at === null || ended_at === null ? null : between(created_at, ended_at);
  return { stream, repo, number, title, url, status, created_at, ended_at, open_seconds, ...lead };
}

/** From the first commit on its branch; where none is on record, from the start of the newest run before. */
function leadOf(
  { branch, merged_at }: PullFacts,
  commits: readonly CommitRow[],
  runs: readonly RunRow[],
): Lead {
  const none = { lead_seconds: null, lead_from: null };
  if (merged_at === null) return none;
  const before = commits.filter((one) => branch !== null && one.branch === branch && one.at <= merged_at);
  const first = before.map(({ at }) => at).sort()[0];
  if (first !== undefined) return { lead_seconds: between(first, merged_at), lead_from: "commit" };
  const run = runs.map(({ started_at }) => started_at ?? "").filter((at) => at !== "" && at <= merged_at);
  const start = run.sort().at(-1);
  return start === undefined ? none : { lead_seconds: between(start, merged_at), lead_from: "run" };
}

function between(from: string, to: string): number {
  return seconds(Math.max(0, Date.parse(to) - Date.parse(from)));
}
