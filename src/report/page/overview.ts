import type { Rate } from "../../projection/metrics/rate.ts";
import type { AuditReport } from "../audit-report.ts";
import { clock, counted, grouped, percent, RATE_MIN, words } from "../words.ts";
import { type Child, el } from "./element.ts";
import { chip, facts, note, section } from "./parts.ts";

/** What the report is about, and what it comes to. */
export function overview(report: AuditReport): Child {
  const { title, verdict, audit } = report;
  return [
    el(
      "header",
      {},
      el("p", { class: "kind" }, "Event record"),
      el("h1", {}, title),
      el("p", { class: "about" }, aboutOf(report)),
    ),
    el(
      "section",
      { id: "verdict", class: `verdict ${verdict.standing}`, "aria-labelledby": "verdict-title" },
      el("h2", { id: "verdict-title" }, chip(verdict.standing, verdict.headline)),
      el(
        "ul",
        {},
        verdict.points.map(({ standing, text }) => el("li", {}, chip(standing, text))),
      ),
    ),
    audit.events === 0
      ? note("No event matched what was asked for.")
      : el("div", { class: "tiles" }, tiles(report)),
  ];
}

function aboutOf({ audit, generated_at, generator, store }: AuditReport): string {
  const { events, streams, first_timestamp: first, last_timestamp: last } = audit;
  const range = first === null || last === null ? "" : `, ${clock(first)} to ${clock(last)}`;
  const of = streams.length === 1 ? "" : ` of ${counted(streams.length, "issue")}`;
  return `${counted(events, "event")}${of}${range}. Made ${clock(generated_at)} by eso ${generator.version} from store ${store.store_id}. All times are UTC.`;
}

function tiles(report: AuditReport): Child[] {
  const { audit, agents, quality, errors } = report;
  const open = audit.gaps.filter(({ resolved_at, status }) => resolved_at === null && status !== "abandoned");
  const merged = audit.pull_requests.filter(({ status }) => status === "merged").length;
  const { total } = agents;
  return [
    ...runTiles(report),
    tile("Gaps not resolved", String(open.length), `of ${grouped(audit.gaps.length)} found`),
    tile("Failures on record", grouped(audit.trouble.length), `${counted(errors.total, "error")} among them`),
    rateTile("Recoveries that succeeded", errors.recoveries.success),
    tile("Test runs", grouped(quality.suites.reduce((sum, { runs }) => sum + runs, 0)), reworkHint(report)),
    tile("Commits", grouped(audit.commits.length), linesHint(report)),
    audit.pull_requests.length === 0
      ? null
      : tile("Pull requests merged", grouped(merged), `of ${grouped(audit.pull_requests.length)} opened`),
    tile(
      "Agent runs",
      grouped(total.spawned),
      `${grouped(total.completed)} completed, ${grouped(total.failed)} failed`,
    ),
    ...costTiles(report),
  ];
}

function runTiles({ audit }: AuditReport): Child[] {
  const { runs, run_success, run_active } = audit;
  if (runs.length === 0) return [];
  const [only, other] = runs;
  if (only !== undefined && other === undefined)
    return [
      tile(
        "Time at work",
        words(only.active_seconds),
        `${words(only.wall_seconds)} on the clock, pauses included`,
      ),
    ];
  const { median_seconds: median, censored } = run_active;
  const range =
    median.value === null || median.low === null
      ? "half have not ended yet"
      : `95 %: ${words(median.low)} to ${median.high === null ? "?" : words(median.high)}`;
  return [
    tile(
      "Orchestrations",
      grouped(runs.length),
      `${censored === 0 ? "all" : grouped(run_active.ended)} ended`,
    ),
    rateTile("Completed, of those that ended", run_success),
    tile("Median time at work", words(median.value), range),
  ];
}

function reworkHint({ quality }: AuditReport): string {
  const { loops, first_pass } = quality.rework;
  if (first_pass.n === 0)
    return loops === 0
      ? "no return to tests after a fix"
      : counted(loops, "loop back to tests", "loops back to tests");
  return `${first_pass.successes} of ${first_pass.n} passed at once`;
}

function linesHint({ audit: { commits } }: AuditReport): string {
  const added = commits.reduce((sum, { insertions }) => sum + (insertions ?? 0), 0);
  const removed = commits.reduce((sum, { deletions }) => sum + (deletions ?? 0), 0);
  return added + removed === 0 ? "on record" : `+${grouped(added)} −${grouped(removed)} lines`;
}

function costTiles({ agents: { total }, audit }: AuditReport): Child[] {
  const tokens = Object.values(total.tokens).reduce((sum, one) => sum + one, 0);
  return [
    ...(total.cost_usd === null
      ? []
      : [
          tile(
            "Cost",
            `$${total.cost_usd.toFixed(2)}`,
            `reported by ${total.cost_reported} of ${counted(total.spawned, "agent run")}`,
          ),
        ]),
    ...(tokens === 0
      ? []
      : [
          tile(
            "Tokens",
            grouped(tokens),
            Object.keys(total.tokens).length === 1 ? "as reported" : "all kinds, as reported",
          ),
        ]),
    ...(audit.worklog_entries === 0
      ? []
      : [
          tile(
            "Time booked",
            words(audit.worklog_seconds),
            counted(audit.worklog_entries, "entry", "entries"),
          ),
        ]),
  ];
}

/** A rate with its counts and interval; with few of them the counts alone. */
function rateTile(label: string, { successes, n, rate, low, high }: Rate): Child {
  if (n === 0 || rate === null || low === null || high === null) return null;
  const counts = `${grouped(successes)} of ${grouped(n)}`;
  if (n < RATE_MIN) return tile(label, counts, "too few for a rate");
  return tile(
    label,
    percent(rate),
    `${counts}; 95 %: ${Math.round(low * 100)} to ${Math.round(high * 100)} %`,
  );
}

function tile(label: string, value: string, hint: string): Child {
  return el(
    "div",
    { class: "tile" },
    el("span", { class: "label" }, label),
    el("strong", {}, value),
    el("span", { class: "quiet" }, hint),
  );
}

/** What checking the bytes proved, and what nobody can know from them. */
export function integritySection({ integrity, store, audit }: AuditReport): Child {
  if (integrity === null)
    return section(
      "integrity",
      "Can this record be trusted?",
      note("The record was not checked when this report was made. Run eso verify on the store."),
    );
  const { verdict, target, events, streams, seals, proven, not_proven, findings, findings_total } = integrity;
  const [standing, said] =
    verdict === "intact"
      ? (["good", "Intact: every byte that was checked is as it was recorded"] as const)
      : verdict === "violated"
        ? (["bad", `Violated: ${counted(findings_total, "finding")}`] as const)
        : (["attention", "What was asked for could not be verified"] as const);
  return section(
    "integrity",
    "Can this record be trusted?",
    el("p", { class: "strong" }, chip(standing, said)),
    el(
      "div",
      { class: "columns" },
      listed("What is proven", "good", proven),
      listed("What is not proven", "attention", not_proven),
    ),
    findings.length === 0
      ? null
      : listed(
          `What was found${findings_total > 20 ? `, the first 20 of ${grouped(findings_total)}` : ""}`,
          "bad",
          findings
            .slice(0, 20)
            .map(
              ({ code, message, file, line }) =>
                `${code}: ${message}${file === undefined ? "" : ` (${file}${line === undefined ? "" : `, line ${line}`})`}`,
            ),
        ),
    facts([
      [
        "Checked",
        `${target === "store" ? "the whole store" : target}, ${counted(events, "event")} in ${counted(streams, "stream")}`,
      ],
      ["Sealed", seals.sealed_to === 0 ? "no event" : `up to position ${grouped(seals.sealed_to)}`],
      [
        "Signed by a given key",
        seals.signed_to === 0 ? "no event" : `up to position ${grouped(seals.signed_to)}`,
      ],
      [
        "Anchored outside",
        seals.anchored_to === 0 ? "no event" : `up to position ${grouped(seals.anchored_to)}`,
      ],
      ["Record read to position", grouped(store.last_position)],
      ["Declared void", counted(audit.voided.length, "event")],
    ]),
    howToCheck(),
  );
}

function listed(title: string, standing: "good" | "attention" | "bad", items: readonly string[]): Child {
  return el(
    "div",
    {},
    el("h3", {}, title),
    items.length === 0
      ? el("p", { class: "quiet" }, "Nothing.")
      : el(
          "ul",
          { class: "plain" },
          items.map((item) => el("li", {}, chip(standing, item))),
        ),
  );
}

/** A share in words with a bar beside it. */
export function share(value: number | null): Child {
  if (value === null) return "–";
  return [
    el("span", {}, percent(value)),
    el("meter", { min: 0, max: 1, value: Math.min(1, value).toFixed(4), "aria-label": percent(value) }),
  ];
}

function howToCheck(): Child {
  return note(
    "To check it yourself: ",
    el("code", {}, "eso verify"),
    " recomputes the record from its bytes, and ",
    el("code", {}, "sha256sum"),
    " of this file must be the one that the store recorded when it was made (",
    el("code", {}, "eso query --type StoreReportGenerated"),
    ").",
  );
}
