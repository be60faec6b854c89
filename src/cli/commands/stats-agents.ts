import {
  type AgentFigures,
  type AgentMetrics,
  agentMetrics,
} from "../../projection/metrics/agent-metrics.ts";
import type { Call } from "../command.ts";
import {
  amount,
  bar,
  countCell,
  durationText,
  type FittedColumn,
  measured,
  pairingNotes,
  printFigures,
  rateCell,
  scoreText,
  shortNumber,
  spentSeconds,
} from "../stats-view.ts";
import type { Cell } from "../table.ts";
import type { Output } from "../output.ts";
import { joined } from "../text.ts";

const FIGURES: readonly FittedColumn[] = [
  { title: "RUNS", right: true },
  { title: "DONE", right: true, rank: 9 },
  { title: "FAILED", right: true, rank: 1 },
  { title: "OPEN", right: true, rank: 1 },
  { title: "CUT", right: true, rank: 8 },
  { title: "BLOCKED", right: true, rank: 6 },
  { title: "SUCCESS" },
  { title: "MEDIAN", right: true, rank: 2 },
  { title: "AVERAGE", right: true, rank: 7 },
  { title: "TIME", right: true, rank: 2 },
  { title: "", rank: 10 },
  { title: "SCORE", right: true, rank: 5 },
  { title: "OUTPUTS", right: true, rank: 11 },
  { title: "TESTS", right: true, rank: 6 },
  { title: "TOKENS", right: true, rank: 4 },
  { title: "COST", right: true, rank: 3 },
];

/** `eso stats agents`: how agents did. */
export async function statsAgents(call: Call): Promise<void> {
  const { given, out, err } = call;
  const names = given.list("agent");
  const metrics = chosen(await measured(call, agentMetrics), names);
  if (given.flag("json")) return out.json({ schema: "eso.stats-agents/1", ...metrics });
  const rows = given.flag("models") ? modelRows(metrics, names) : agentRows(metrics);
  if (!out.terminal) return out.lines(rows.map(([name, row]) => joined([name, ...plain(row)], "\t")));
  const title = given.flag("models") ? "MODEL" : "AGENT";
  // The total is of all agents: beside some of them it would mislead.
  await print(out, { title, rows }, names.length === 0 ? metrics : undefined);
  await out.flush();
  if (names.length === 0) await err.lines(notes(metrics));
}

type Row = readonly [name: string, figures: Figures];

function agentRows({ agents }: AgentMetrics): readonly Row[] {
  return agents.map((row) => [row.agent_name, row]);
}

/** By model; of chosen agents, each one's own. */
function modelRows({ agents, models }: AgentMetrics, names: readonly string[]): readonly Row[] {
  if (names.length === 0) return models.map((row) => [row.model, row]);
  return agents.flatMap(({ agent_name, models: own }) =>
    own.map((row): Row => [`${agent_name} ${row.model}`, row]),
  );
}

function notes({ total }: AgentMetrics): readonly string[] {
  const { open, truncated, abandoned, active } = total;
  const cut = truncated + abandoned;
  return [
    ...(open === 0
      ? []
      : [
          `${amount(open, "run")} still open, ${durationText(active.open_seconds)} so far: ` +
            "median and average are of those that ended.",
        ]),
    ...(cut === 0
      ? []
      : [`${amount(cut, "run")} cut short: the orchestration ended first, or the same began again.`]),
    ...pairingNotes([total], "runs"),
  ];
}

function plain(row: Figures): readonly (string | number)[] {
  const { active, success, score, tests_written, tests_passed, cost_usd } = row;
  const counts = [
    row.spawned,
    row.completed,
    row.failed,
    row.open,
    row.truncated + row.abandoned,
    row.blocked ?? 0,
  ];
  const seconds = [active.median_seconds ?? "", active.average_seconds ?? "", spentSeconds(active)];
  const rest = [success.rate ?? "", score?.mean ?? "", row.outputs, tests_written, tests_passed];
  return [...counts, ...seconds, ...rest, tokensOf(row.tokens), cost_usd ?? ""];
}

/** What is asked for, of those agents alone. */
function chosen(metrics: AgentMetrics, names: readonly string[]): AgentMetrics {
  if (names.length === 0) return metrics;
  return { ...metrics, agents: metrics.agents.filter(({ agent_name }) => names.includes(agent_name)) };
}

type Figures = AgentFigures & { readonly blocked?: number };

async function print(
  out: Output,
  { title, rows }: { readonly title: string; readonly rows: readonly Row[] },
  metrics: AgentMetrics | undefined,
): Promise<void> {
  if (rows.length === 0) return;
  const longest = Math.max(...rows.map(([, { active }]) => spentSeconds(active)));
  const cells = rows.map(([name, row]): readonly Cell[] => [
    { text: name, style: "heading" },
    ...figureCells(row, longest),
  ]);
  if (metrics !== undefined && rows.length > 1) {
    cells.push([{ text: "all", style: "quiet" }, ...figureCells(metrics.total, 0)]);
  }
  await printFigures(out, [{ title }, ...FIGURES], cells);
}

function figureCells(row: Figures, longest: number): readonly Cell[] {
  const { active, success, score, tests_written, tests_passed, cost_usd } = row;
  const spent = spentSeconds(active);
  return [
    row.spawned,
    countCell(row.completed),
    countCell(row.failed, "failure"),
    countCell(row.open, "start"),
    countCell(row.truncated + row.abandoned, "warning"),
    countCell(row.blocked ?? 0, "warning"),
    rateCell(success),
    durationText(active.median_seconds),
    durationText(active.average_seconds),
    durationText(spent),
    { text: bar(spent, longest), style: "key" },
    scoreText(score),
    countCell(row.outputs),
    tests_written + tests_passed === 0 ? "" : `${tests_written} written, ${tests_passed} passed`,
    tokensText(row.tokens),
    cost_usd === null ? "" : `$${cost_usd.toFixed(2)}`,
  ];
}

/** The total as it was reported, else the sum of all kinds. */
function tokensOf(tokens: Readonly<Record<string, number>>): number {
  const kinds = Object.entries(tokens);
  const said = kinds.find(([kind]) => kind === "total" || kind === "total_tokens")?.[1];
  return said ?? kinds.reduce((all, [, one]) => all + one, 0);
}

function tokensText(tokens: Readonly<Record<string, number>>): string {
  const sum = tokensOf(tokens);
  if (sum >= 1e6) return `${shortNumber(sum / 1e6)}M`;
  if (sum >= 1e4) return `${shortNumber(sum / 1e3)}k`;
  return sum === 0 ? "" : shortNumber(sum);
}
