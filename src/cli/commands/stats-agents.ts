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
  const metrics = chosen(await measured(call, agentMetrics), given.list("agent"));
  if (given.flag("json")) return out.json({ schema: "eso.stats-agents/1", ...metrics });
  const rows = given.flag("models")
    ? metrics.models.map((row) => [row.model, row] as const)
    : metrics.agents.map((row) => [row.agent_name, row] as const);
  if (!out.terminal) return out.lines(rows.map(([name, row]) => joined([name, ...plain(row)], "\t")));
  await print(out, { title: given.flag("models") ? "MODEL" : "AGENT", rows }, metrics);
  await out.flush();
  await err.lines(notes(metrics));
}

function notes({ total }: AgentMetrics): readonly string[] {
  const { open, truncated, abandoned, duration } = total;
  const cut = truncated + abandoned;
  return [
    ...(open === 0
      ? []
      : [
          `${amount(open, "run")} still open, ${durationText(duration.open_seconds)} so far: ` +
            "median and average are of those that ended.",
        ]),
    ...(cut === 0
      ? []
      : [`${amount(cut, "run")} cut short: the orchestration ended first, or the same began again.`]),
    ...pairingNotes([total], "runs"),
  ];
}

function plain(row: Figures): readonly (string | number)[] {
  const { duration, success, score, tests_written, tests_passed, cost_usd } = row;
  const counts = [
    row.spawned,
    row.completed,
    row.failed,
    row.open,
    row.truncated + row.abandoned,
    row.blocked ?? 0,
  ];
  const seconds = [duration.median_seconds ?? "", duration.average_seconds ?? "", spentSeconds(duration)];
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
  { title, rows }: { readonly title: string; readonly rows: readonly (readonly [string, Figures])[] },
  { total }: AgentMetrics,
): Promise<void> {
  if (rows.length === 0) return;
  const longest = Math.max(...rows.map(([, { duration }]) => spentSeconds(duration)));
  const cells = rows.map(([name, row]): readonly Cell[] => [
    { text: name, style: "heading" },
    ...figureCells(row, longest),
  ]);
  const last: readonly Cell[] = [{ text: "all", style: "quiet" }, ...figureCells(total, 0)];
  await printFigures(out, [{ title }, ...FIGURES], rows.length > 1 ? [...cells, last] : cells);
}

function figureCells(row: Figures, longest: number): readonly Cell[] {
  const { duration, success, score, tests_written, tests_passed, cost_usd } = row;
  const spent = spentSeconds(duration);
  return [
    row.spawned,
    countCell(row.completed),
    countCell(row.failed, "failure"),
    countCell(row.open, "start"),
    countCell(row.truncated + row.abandoned, "warning"),
    countCell(row.blocked ?? 0, "warning"),
    rateCell(success),
    durationText(duration.median_seconds),
    durationText(duration.average_seconds),
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
