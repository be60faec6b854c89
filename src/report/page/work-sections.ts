import type { AgentFigures } from "../../projection/metrics/agent-metrics.ts";
import type { DurationFigures } from "../../projection/metrics/durations.ts";
import type { SurvivalFigures } from "../../projection/report-metrics/survival-figures.ts";
import type { AuditReport } from "../audit-report.ts";
import { counted, grouped, percent, rateWords, words } from "../words.ts";
import { type Child, el } from "./element.ts";
import { share } from "./overview.ts";
import {
  chip,
  lastingColumns,
  median,
  note,
  restrictedMean,
  section,
  statusChip,
  table,
  time,
} from "./parts.ts";

/** Every orchestration; left out where there is only one and the verdict says it all. */
export function runsSection({ audit: { runs } }: AuditReport): Child {
  if (runs.length < 2) return null;
  const good = runs.filter(({ status }) => status === "complete");
  const others = runs.filter(({ status }) => status !== "complete");
  return section(
    "runs",
    "Orchestrations",
    runTable(`Failed or not ended (${grouped(others.length)})`, others),
    el("details", {}, el("summary", {}, `Completed (${grouped(good.length)})`), runTable("Completed", good)),
  );
}

function runTable(caption: string, runs: AuditReport["audit"]["runs"]): Child {
  return table(
    caption,
    [
      {
        title: "Issue",
        cell: ({ stream, number }) => el("span", { class: "nowrap" }, `${stream} · ${number}`),
      },
      { title: "What", wide: true, cell: ({ summary }) => summary ?? "–" },
      ...lastingColumns<(typeof runs)[number]>(),
      { title: "On the clock", right: true, cell: ({ wall_seconds }) => words(wall_seconds) },
      { title: "Why it failed", wide: true, cell: ({ reason }) => reason ?? "" },
    ],
    runs,
  );
}

const NONE: SurvivalFigures = {
  n: 0,
  ended: 0,
  censored: 0,
  median_seconds: { value: null, low: null, high: null },
  p90_seconds: null,
  restricted_mean: null,
};

function survivalByName(all: readonly { readonly name: string; readonly active: SurvivalFigures }[]) {
  const byName = new Map(all.map(({ name, active }) => [name, active]));
  return (name: string): SurvivalFigures => byName.get(name) ?? NONE;
}

/** All time, whatever became of it. */
function spent({ total_seconds, open_seconds, cut_short_seconds }: DurationFigures): number {
  return total_seconds + open_seconds + cut_short_seconds;
}

/** Where the time went. */
export function phasesSection({ phases, audit }: AuditReport): Child {
  if (phases.phases.length === 0) return null;
  const survival = survivalByName(audit.phases);
  const { hand_offs, waiting } = phases;
  return section(
    "phases",
    "Phases",
    band(phases.phases.map(({ phase, share: of }) => [phase, of ?? 0])),
    table(
      "Time at work by phase, pauses left out; every visit counts by itself",
      [
        { title: "Phase", cell: ({ phase }) => el("strong", {}, phase) },
        { title: "Visits", right: true, cell: ({ visits }) => visits },
        { title: "Completed", right: true, cell: ({ completed }) => completed },
        {
          title: "Failed",
          right: true,
          cell: ({ failed }) => (failed === 0 ? "0" : chip("bad", String(failed))),
        },
        { title: "Open", right: true, cell: ({ open }) => open },
        { title: "Cut short", right: true, cell: (one) => one.abandoned + one.truncated },
        { title: "Median (95 %)", right: true, cell: ({ phase }) => median(survival(phase)) },
        { title: "Mean", right: true, cell: ({ phase }) => restrictedMean(survival(phase)) },
        { title: "In all", right: true, cell: ({ active }) => words(spent(active)) },
        { title: "Share", cell: ({ share: of }) => share(of) },
      ],
      phases.phases,
    ),
    table(
      "Waits between phases",
      [
        { title: "From", cell: ({ from }) => from },
        { title: "To", cell: ({ to }) => to },
        { title: "Times", right: true, cell: ({ count }) => count },
        { title: "Longest", right: true, cell: ({ longest_seconds }) => words(longest_seconds) },
        { title: "In all", right: true, cell: ({ total_seconds }) => words(total_seconds) },
      ],
      hand_offs.filter(({ total_seconds }) => total_seconds > 0),
    ),
    waiting === 0 ? null : note(`${counted(waiting, "orchestration")} wait for their next phase.`),
    audit.visits.length > phases.phases.length ? visits(audit.visits) : null,
  );
}

function visits(rows: AuditReport["audit"]["visits"]): Child {
  return el(
    "details",
    {},
    el("summary", {}, `Every visit (${grouped(rows.length)})`),
    table(
      "Every visit to a phase",
      [
        { title: "Issue", cell: ({ stream }) => stream },
        { title: "Phase", cell: ({ phase, visit }) => (visit === 1 ? phase : `${phase}, visit ${visit}`) },
        ...lastingColumns<(typeof rows)[number]>(),
        { title: "Why it failed", wide: true, cell: ({ reason }) => reason ?? "" },
      ],
      rows,
    ),
  );
}

const BAND_WIDTH = 1000;
/** Narrower parts have no room for their name. */
const NAMED_FROM = 0.08;

/** Shares of a whole as one bar. */
function band(shares: readonly (readonly [name: string, share: number])[]): Child {
  let x = 0;
  const parts = shares.flatMap(([name, of], at): Child[] => {
    const width = of * BAND_WIDTH;
    if (width <= 0) return [];
    const from = x;
    x += width;
    return [
      el(
        "rect",
        { x: round(from), y: 0, width: round(width), height: 34, class: `hue${at % 6}` },
        el("title", {}, `${name}: ${percent(of)}`),
      ),
      of < NAMED_FROM ? null : el("text", { x: round(from + 8), y: 22, class: "in" }, name),
    ];
  });
  if (parts.length === 0) return null;
  const label = `Shares of the time at work: ${shares.map(([name, of]) => `${name} ${percent(of)}`).join(", ")}`;
  return el(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Shares of the time at work" },
    el("svg", { class: "band", viewBox: `0 0 ${BAND_WIDTH} 34`, role: "img", "aria-label": label }, parts),
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Who worked, and how it went. */
export function agentsSection(report: AuditReport): Child {
  const { agents, audit } = report;
  if (agents.agents.length === 0) return null;
  const survival = survivalByName(audit.agents);
  const busy = new Map(audit.utilisation.map((one) => [one.agent_name, one]));
  return section(
    "agents",
    "Agents",
    table(
      "Agents, those with most runs first",
      [
        { title: "Agent", cell: ({ agent_name }) => el("strong", {}, agent_name) },
        ...ends<(typeof agents.agents)[number]>(),
        { title: "Median (95 %)", right: true, cell: ({ agent_name }) => median(survival(agent_name)) },
        { title: "Mean", right: true, cell: ({ agent_name }) => restrictedMean(survival(agent_name)) },
        { title: "Busy", cell: ({ agent_name }) => share(busy.get(agent_name)?.occupancy ?? null) },
        {
          title: "At once",
          right: true,
          cell: ({ agent_name }) => busy.get(agent_name)?.concurrency?.toFixed(2) ?? "–",
        },
        {
          title: "Blocked",
          right: true,
          cell: ({ agent_name, blocked }) =>
            blockedWords(blocked, busy.get(agent_name)?.blocked_share ?? null),
        },
        ...costs<(typeof agents.agents)[number]>(),
      ],
      agents.agents,
    ),
    agents.models.length < 2
      ? null
      : table(
          "Models",
          [
            { title: "Model", cell: ({ model }) => el("strong", {}, model) },
            ...ends<(typeof agents.models)[number]>(),
            ...costs<(typeof agents.models)[number]>(),
          ],
          agents.models,
        ),
    failedRuns(audit.agent_runs),
    note(
      "Busy: share of the time from the first to the last event in which at least one run was under way. At once: runs under way on average over that time.",
    ),
  );
}

function blockedWords(times: number, of: number | null): string {
  if (times === 0) return "–";
  return `${times} ×${of === null ? "" : `, ${percent(of)}`}`;
}

interface NamedColumn<T> {
  readonly title: string;
  readonly right?: boolean;
  readonly cell: (row: T) => Child;
}

function ends<T extends AgentFigures>(): readonly NamedColumn<T>[] {
  return [
    { title: "Runs", right: true, cell: ({ spawned }) => spawned },
    { title: "Completed", right: true, cell: ({ success }) => rateWords(success) },
    { title: "Open", right: true, cell: ({ open, truncated, abandoned }) => open + truncated + abandoned },
  ];
}

function costs<T extends AgentFigures>(): readonly NamedColumn<T>[] {
  return [
    { title: "Tokens", right: true, cell: ({ tokens }) => tokenWords(Object.values(tokens)) },
    {
      title: "Cost",
      right: true,
      cell: ({ cost_usd }) => (cost_usd === null ? "–" : `$${cost_usd.toFixed(2)}`),
    },
  ];
}

function tokenWords(tokens: readonly number[]): string {
  return tokens.length === 0 ? "–" : grouped(tokens.reduce((sum, one) => sum + one, 0));
}

function failedRuns(rows: AuditReport["audit"]["agent_runs"]): Child {
  const failed = rows.filter(({ status }) => status === "failed");
  return table(
    "Agent runs that failed",
    [
      { title: "Agent", cell: ({ agent_name }) => agent_name },
      { title: "Issue", cell: ({ stream }) => stream },
      { title: "Task", wide: true, cell: ({ task }) => task ?? "–" },
      { title: "Failed (UTC)", cell: ({ ended_at }) => time(ended_at) },
      { title: "Why", wide: true, cell: ({ reason }) => reason ?? "–" },
      { title: "Outcome", cell: ({ status }) => statusChip(status) },
    ],
    failed,
  );
}
