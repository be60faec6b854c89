import type { EndFigures } from "../../projection/report-metrics/competing-ends.ts";
import type { AuditReport, Story } from "../audit-report.ts";
import { counted, grouped, percent, rateWords, words } from "../words.ts";
import { type Child, el } from "./element.ts";
import { chip, facts, link, note, place, section, table, time } from "./parts.ts";

/** With fewer than this, shares tell nothing. */
const SHARES_MIN = 10;
const SHA_SHOWN = 10;

/** What went wrong, and why. */
export function troubleSection(report: AuditReport): Child {
  const { errors, audit, stories, stories_left_out } = report;
  if (audit.trouble.length === 0)
    return section("trouble", "What went wrong", note("Nothing that is on record."));
  const { recoveries } = errors;
  return section(
    "trouble",
    "What went wrong",
    note(
      "Each box is a failure that led to no further one, with the events that led to it, the nearest first.",
    ),
    el("div", { class: "stories" }, stories.map(story)),
    stories_left_out === 0
      ? null
      : note(
          `The ${stories.length} gravest are shown, of equals the newest; ${grouped(stories_left_out)} more are in the event list.`,
        ),
    table(
      "Kinds of errors, the most frequent first",
      [
        { title: "Times", right: true, cell: ({ count }) => count },
        {
          title: "Error",
          wide: true,
          cell: ({ error_type, message }) => [el("strong", {}, error_type), " ", message],
        },
        { title: "First (UTC)", cell: ({ first_seen }) => time(first_seen) },
        { title: "Last (UTC)", cell: ({ last_seen }) => time(last_seen) },
        { title: "Issues", right: true, cell: ({ issues }) => issues },
        { title: "Recovered", right: true, cell: ({ recoveries: { success } }) => rateWords(success) },
      ],
      errors.errors,
    ),
    recoveries.attempted === 0
      ? null
      : facts([
          ["Recoveries tried", grouped(recoveries.attempted)],
          ["Succeeded", rateWords(recoveries.success)],
          ["Not ended", grouped(recoveries.open)],
        ]),
  );
}

const ENDS = {
  missing: "its cause is not in this store",
  cycle: "the causes go round in a circle",
  more: "there are more causes before it",
} as const;

function story({ trouble, causes }: Story): Child {
  return el(
    "article",
    { class: "story" },
    el("p", { class: "what" }, chip("bad", trouble.text)),
    el("p", { class: "quiet" }, time(trouble.at), " · ", place(trouble), " · ", trouble.event_type),
    causes.length === 0
      ? el("p", { class: "quiet" }, "No cause is on record.")
      : el(
          "ol",
          {},
          causes.map(({ event, link: how, says, end }) =>
            el(
              "li",
              {},
              event === undefined ? "an event" : event.summary,
              el(
                "span",
                { class: "quiet" },
                event === undefined ? "" : [" · ", time(event.timestamp), ` · #${event.event_sequence}`],
                how === "given" ? "" : ` · inferred: ${says ?? ""}`,
                end === undefined ? "" : ` · ${ENDS[end]}`,
              ),
            ),
          ),
        ),
  );
}

/** What was found missing, and what became of it. */
export function gapsSection({ audit: { gaps, gap_ends } }: AuditReport): Child {
  if (gaps.length === 0) return null;
  const open = gaps.filter(({ resolved_at, status }) => resolved_at === null && status !== "abandoned");
  const closed = gaps.filter((one) => !open.includes(one));
  return section(
    "gaps",
    "Gaps",
    endWords(gap_ends, "found"),
    gapTable("Not resolved", open),
    gapTable("Resolved, or found again", closed),
  );
}

function gapTable(caption: string, rows: AuditReport["audit"]["gaps"]): Child {
  return table(
    caption,
    [
      { title: "Gap", cell: ({ gap_id }) => el("strong", {}, gap_id) },
      { title: "Issue", cell: ({ stream }) => stream },
      { title: "Severity", cell: ({ severity }) => severity ?? "–" },
      { title: "What", wide: true, cell: ({ description, gap_type }) => description ?? gap_type ?? "–" },
      { title: "Blocking", cell: ({ blocking }) => (blocking === null ? "–" : blocking ? "yes" : "no") },
      { title: "Found (UTC)", cell: ({ started_at }) => time(started_at) },
      { title: "Escalated (UTC)", cell: ({ escalated_at }) => time(escalated_at) },
      { title: "Resolved (UTC)", cell: ({ resolved_at }) => time(resolved_at) },
      {
        title: "Age",
        right: true,
        cell: ({ wall_seconds, started_at }) => (started_at === null ? "–" : words(wall_seconds)),
      },
    ],
    rows,
  );
}

/** How things ended, where ends compete. */
function endWords({ n, open, ends, within }: EndFigures, verb: string): Child {
  const counts = [
    ...Object.entries(ends).map(([end, count]) => `${count} ${end} first`),
    `${open} neither yet`,
  ];
  const said = el("p", {}, `${grouped(n)} ${verb}: ${counts.join(", ")}.`);
  if (n < SHARES_MIN || Object.keys(ends).length === 0) return said;
  return [
    said,
    table(
      "Share that had ended so within a time (Aalen–Johansen; those still open count)",
      [
        { title: "Within", cell: ({ horizon }) => horizon },
        ...Object.keys(ends).map((end) => ({
          title: end,
          right: true,
          cell: ({ shares, beyond }: (typeof within)[number]) =>
            `${percent(shares[end] ?? 0)}${beyond ? " so far" : ""}`,
        })),
      ],
      within,
    ),
  ];
}

/** Commits, pull requests and documents. */
export function changesSection({ audit }: AuditReport): Child {
  const { commits, pull_requests, pull_request_ends, documents } = audit;
  if (commits.length + pull_requests.length + documents.length === 0) return null;
  return section(
    "changes",
    "Commits, pull requests, documents",
    pull_requests.length === 0
      ? null
      : endWords(pull_request_ends, pull_requests.length === 1 ? "pull request" : "pull requests"),
    table(
      "Pull requests",
      [
        { title: "Number", cell: ({ repo, number, url }) => link(url, `${repo ?? ""}#${number}`) },
        { title: "Issue", cell: ({ stream }) => stream },
        { title: "Title", wide: true, cell: ({ title }) => title ?? "–" },
        { title: "Opened (UTC)", cell: ({ created_at }) => time(created_at) },
        {
          title: "Outcome",
          cell: ({ status }) =>
            chip(status === "merged" ? "good" : status === "open" ? "neutral" : "attention", status),
        },
        { title: "Open for", right: true, cell: ({ open_seconds }) => words(open_seconds) },
        {
          title: "Lead time to merge",
          right: true,
          cell: ({ lead_seconds, lead_from }) =>
            lead_from === "run"
              ? [words(lead_seconds), el("span", { class: "quiet" }, " from the start of work")]
              : words(lead_seconds),
        },
      ],
      pull_requests,
    ),
    table(
      "Commits",
      [
        { title: "Commit", cell: ({ sha, url }) => link(url, sha.slice(0, SHA_SHOWN)) },
        { title: "Event", cell: place },
        { title: "Message", wide: true, cell: ({ message }) => message.split("\n", 1)[0] ?? "" },
        { title: "Author", cell: ({ author }) => author },
        { title: "When (UTC)", cell: ({ at }) => time(at) },
        {
          title: "Lines",
          right: true,
          cell: ({ insertions, deletions }) =>
            insertions === null && deletions === null ? "–" : `+${insertions ?? 0} −${deletions ?? 0}`,
        },
      ],
      commits,
    ),
    documentsTable(documents),
  );
}

/** Tests, checks, and what had to be done again. */
export function qualitySection({ quality, audit }: AuditReport): Child {
  const { suites, checks, rework } = quality;
  if (suites.length + checks.length === 0) return null;
  const red = audit.checks.filter(({ tone }) => tone === "failure");
  return section(
    "quality",
    "Tests and checks",
    table(
      "Test suites",
      [
        { title: "Suite", cell: ({ test_suite }) => el("strong", {}, test_suite) },
        { title: "Runs", right: true, cell: ({ runs }) => runs },
        { title: "Passed", right: true, cell: ({ success }) => rateWords(success) },
        { title: "With failures", right: true, cell: ({ not_passed }) => not_passed },
        { title: "Broke off", right: true, cell: ({ failed }) => failed },
        {
          title: "Flaky",
          cell: ({ flips }) => (flips === 0 ? "no" : chip("attention", `${flips} × at one commit`)),
        },
        { title: "Coverage", cell: ({ coverage }) => coverageWords(coverage) },
      ],
      suites,
    ),
    table(
      "Quality checks",
      [
        { title: "Check", cell: ({ check_type }) => el("strong", {}, check_type) },
        { title: "Begun", right: true, cell: ({ started }) => started },
        { title: "Passed", right: true, cell: ({ success }) => rateWords(success) },
        { title: "No verdict", right: true, cell: ({ no_verdict }) => no_verdict },
        { title: "Issues found", right: true, cell: ({ issues_found }) => issues_found },
        {
          title: "Mean score",
          right: true,
          cell: ({ score }) => (score === null ? "–" : `${score.mean} (n ${score.n})`),
        },
      ],
      checks,
    ),
    failuresTable(red),
    facts([
      [
        "Passed at once",
        rework.first_pass.n === 0
          ? "no orchestration that came to TEST has ended"
          : `${rateWords(rework.first_pass)} orchestrations`,
      ],
      [
        "Tests again after a fix",
        rework.loops === 0
          ? "never"
          : `${counted(rework.loops, "time")}, at most ${rework.most_loops} in one orchestration`,
      ],
      ["Time spent again", rework.share === null ? "–" : `${percent(rework.share)} of the time at work`],
    ]),
  );
}

function coverageWords(coverage: AuditReport["quality"]["suites"][number]["coverage"]): string {
  const measures = Object.entries(coverage).slice(0, 3);
  if (measures.length === 0) return "–";
  return measures
    .map(
      ([measure, { latest, change }]) =>
        `${measure} ${latest}${change === 0 ? "" : ` (${change > 0 ? "+" : "−"}${Math.abs(change)})`}`,
    )
    .join(", ");
}

/** Booked time and the rest. */
export function restSection({ audit, agents }: AuditReport): Child {
  const { worklog_by_author, worklog_entries, transitions, comments, voided, types } = audit;
  const tokens = Object.entries(agents.total.tokens);
  return section(
    "rest",
    "Booked time, tokens, and the rest",
    facts([
      ["Status changes", grouped(transitions)],
      ["Comments", grouped(comments)],
      [
        "Time booked",
        worklog_entries === 0
          ? "none"
          : Object.entries(worklog_by_author)
              .map(([author, booked]) => `${author} ${words(booked)}`)
              .join(", "),
      ],
      [
        "Tokens",
        tokens.length === 0 ? "none reported" : tokens.map(([kind, n]) => `${kind} ${grouped(n)}`).join(", "),
      ],
      [
        "Cost",
        agents.total.cost_usd === null
          ? "none reported"
          : `$${agents.total.cost_usd.toFixed(2)}, reported by ${agents.total.cost_reported} of ${counted(agents.total.spawned, "agent run")}`,
      ],
    ]),
    table(
      "Events that were declared void: their lines stay in the record, no figure counts them",
      [
        { title: "Event", cell: ({ voided_event_id }) => el("code", {}, voided_event_id) },
        { title: "Why", wide: true, cell: ({ why }) => why ?? "–" },
        { title: "By", cell: ({ by }) => by },
        { title: "When (UTC)", cell: ({ at }) => time(at) },
      ],
      voided,
    ),
    el(
      "details",
      {},
      el("summary", {}, `Events by type (${Object.keys(types).length} types)`),
      table(
        "Events by type",
        [
          { title: "Type", cell: ([type]: readonly [string, number]) => type },
          { title: "Events", right: true, cell: ([, n]: readonly [string, number]) => grouped(n) },
        ],
        Object.entries(types),
      ),
    ),
  );
}

function documentsTable(documents: AuditReport["audit"]["documents"]): Child {
  return table(
    "Documents",
    [
      { title: "Document", wide: true, cell: ({ title, url }) => link(url, title) },
      { title: "Event", cell: place },
      { title: "Where", cell: ({ path }) => path },
      { title: "When (UTC)", cell: ({ at }) => time(at) },
    ],
    documents,
  );
}

/** Runs and checks that ended badly. */
function failuresTable(red: AuditReport["audit"]["checks"]): Child {
  return table(
    "Runs and checks that were not good",
    [
      { title: "Name", cell: ({ name }) => name },
      { title: "Issue", cell: ({ stream }) => stream },
      { title: "When (UTC)", cell: ({ ended_at }) => time(ended_at) },
      { title: "What", wide: true, cell: ({ outcome }) => chip("bad", outcome) },
    ],
    red,
  );
}
