import {
  type HandOffFigures,
  type PhaseFigures,
  type PhaseMetrics,
  phaseMetrics,
} from "../../projection/metrics/phase-metrics.ts";
import type { Call } from "../command.ts";
import type { Output } from "../output.ts";
import {
  amount,
  bar,
  countCell,
  durationText,
  type FittedColumn,
  measured,
  pairingNotes,
  printFigures,
  rateText,
  spentSeconds,
} from "../stats-view.ts";
import type { Cell } from "../table.ts";
import { joined } from "../text.ts";

const PHASES: readonly FittedColumn[] = [
  { title: "PHASE" },
  { title: "VISITS", right: true },
  { title: "AGAIN", right: true, rank: 3 },
  { title: "DONE", right: true, rank: 7 },
  { title: "FAILED", right: true, rank: 1 },
  { title: "OPEN", right: true, rank: 1 },
  { title: "CUT", right: true, rank: 4 },
  { title: "MEDIAN", right: true },
  { title: "LONGEST", right: true, rank: 5 },
  { title: "TIME", right: true },
  { title: "PAUSED", right: true, rank: 6 },
  { title: "SHARE", right: true, rank: 2 },
  { title: "", rank: 8 },
];

const HAND_OFFS: readonly FittedColumn[] = [
  { title: "HAND-OFF" },
  { title: "TIMES", right: true },
  { title: "MEDIAN", right: true },
  { title: "LONGEST", right: true },
  { title: "WAITED", right: true },
  { title: "" },
];
/** Hand-offs shown on a terminal. */
const HAND_OFFS_MAX = 12;

/** `eso stats phases`: how long phases took, and the waits between them. */
export async function statsPhases(call: Call): Promise<void> {
  const { given, out, err } = call;
  const metrics = chosen(await measured(call, phaseMetrics), given.list("phase"));
  if (given.flag("json")) return out.json({ schema: "eso.stats-phases/1", ...metrics });
  if (!out.terminal) return out.lines(metrics.phases.map((one) => joined(["phase", ...plain(one)], "\t")));
  await printPhases(out, metrics.phases);
  await printHandOffs(out, metrics.hand_offs);
  await printRuns(out, metrics);
  await out.flush();
  for (const note of pairingNotes(metrics.phases, "visits")) await err.line(note);
}

function chosen(metrics: PhaseMetrics, names: readonly string[]): PhaseMetrics {
  if (names.length === 0) return metrics;
  return {
    ...metrics,
    phases: metrics.phases.filter(({ phase }) => names.includes(phase)),
    hand_offs: metrics.hand_offs.filter(({ from, to }) => names.includes(from) || names.includes(to)),
  };
}

async function printPhases(out: Output, phases: readonly PhaseFigures[]): Promise<void> {
  if (phases.length === 0) return;
  const longest = Math.max(...phases.map(({ active }) => spentSeconds(active)));
  const rows = phases.map((one): readonly Cell[] => {
    const spent = spentSeconds(one.active);
    const paused = spentSeconds(one.wall) - spent;
    return [
      { text: one.phase, style: "phase" },
      one.visits,
      countCell(one.revisits, "warning"),
      countCell(one.completed),
      countCell(one.failed, "failure"),
      countCell(one.open, "start"),
      countCell(one.abandoned + one.truncated, "warning"),
      durationText(one.active.median_seconds),
      durationText(one.active.longest_seconds),
      durationText(spent),
      paused === 0 ? "" : durationText(paused),
      one.share === null ? "" : `${Math.round(one.share * 100)} %`,
      { text: bar(spent, longest), style: "phase" },
    ];
  });
  await printFigures(out, PHASES, rows);
}

async function printHandOffs(out: Output, handOffs: readonly HandOffFigures[]): Promise<void> {
  const waits = handOffs.filter(({ total_seconds }) => total_seconds > 0).slice(0, HAND_OFFS_MAX);
  if (waits.length === 0) return;
  const longest = Math.max(...waits.map(({ total_seconds }) => total_seconds));
  await out.line();
  const rows = waits.map((one): readonly Cell[] => [
    `${one.from} → ${one.to}`,
    one.count,
    durationText(one.median_seconds),
    durationText(one.longest_seconds),
    durationText(one.total_seconds),
    { text: bar(one.total_seconds, longest), style: "quiet" },
  ]);
  await printFigures(out, HAND_OFFS, rows);
}

async function printRuns(out: Output, { runs, waiting }: PhaseMetrics): Promise<void> {
  if (runs.started === 0) return;
  const facts = [
    amount(runs.started, "run"),
    ...(runs.success.n === 0 ? [] : [`${rateText(runs.success)} completed`]),
    ...(runs.open === 0 ? [] : [`${runs.open} open`]),
    ...(waiting === 0 ? [] : [`${waiting} between phases`]),
    ...(runs.active.finished === 0
      ? []
      : [`median ${durationText(runs.active.median_seconds)} active of those that ended`]),
  ];
  await out.lines(["", out.paint("quiet", facts.join(" · "))]);
}

function plain({
  phase,
  visits,
  revisits,
  completed,
  failed,
  open,
  abandoned,
  truncated,
  active,
  wall,
}: PhaseFigures) {
  const counts = [visits, revisits, completed, failed, open, abandoned + truncated];
  const seconds = [active.median_seconds ?? "", spentSeconds(active), spentSeconds(wall)];
  return [phase, ...counts, ...seconds];
}
