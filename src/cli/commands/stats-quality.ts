import {
  type CheckFigures,
  type QualityMetrics,
  qualityMetrics,
  type SuiteFigures,
} from "../../projection/metrics/quality-metrics.ts";
import type { Call } from "../command.ts";
import type { Style } from "../colour.ts";
import type { Output } from "../output.ts";
import {
  amount,
  countCell,
  durationText,
  type FittedColumn,
  measured,
  pairingNotes,
  printFigures,
  rateCell,
  rateOfText,
  scoreText,
  shortNumber,
} from "../stats-view.ts";
import type { Cell } from "../table.ts";
import { joined, type Text } from "../text.ts";

const CHECKS: readonly FittedColumn[] = [
  { title: "CHECK" },
  { title: "PASSED", right: true },
  { title: "NOT PASSED", right: true },
  { title: "NO VERDICT", right: true, rank: 4 },
  { title: "FAILED", right: true },
  { title: "OPEN", right: true, rank: 2 },
  { title: "SUCCESS" },
  { title: "SCORE", right: true, rank: 1 },
  { title: "MEDIAN", right: true, rank: 3 },
  { title: "ISSUES", right: true, rank: 2 },
];

const SUITES: readonly FittedColumn[] = [
  { title: "TESTS" },
  { title: "RUNS", right: true },
  { title: "PASSED", right: true },
  { title: "RED", right: true },
  { title: "BROKE OFF", right: true },
  { title: "OPEN", right: true, rank: 4 },
  { title: "SUCCESS" },
  { title: "FLAKY", right: true, rank: 3 },
  { title: "MEDIAN", right: true, rank: 2 },
  { title: "COVERAGE", rank: 1 },
];

/** `eso stats quality`: checks, tests, coverage, and what had to be done again. */
export async function statsQuality(call: Call): Promise<void> {
  const { given, out, err } = call;
  const metrics = await measured(call, qualityMetrics);
  if (given.flag("json")) return out.json({ schema: "eso.stats-quality/1", ...metrics });
  if (!out.terminal) return out.lines(plain(metrics));
  const { checks, suites } = metrics;
  if (checks.length > 0) await printFigures(out, CHECKS, checks.map(checkCells));
  if (checks.length > 0 && suites.length > 0) await out.line();
  if (suites.length > 0) await printFigures(out, SUITES, suites.map(suiteCells));
  if (checks.length + suites.length > 0) await out.line();
  await out.lines(remarks(metrics, out));
  await out.flush();
  for (const note of pairingNotes(checks, "checks")) await err.line(note);
  for (const note of pairingNotes(suites, "test runs")) await err.line(note);
}

function checkCells(one: CheckFigures): readonly Cell[] {
  return [
    { text: one.check_type, style: "heading" },
    countCell(one.passed),
    countCell(one.not_passed, "failure"),
    countCell(one.no_verdict),
    countCell(one.failed, "failure"),
    countCell(one.open, "start"),
    rateCell(one.success),
    scoreText(one.score),
    durationText(one.duration.median_seconds),
    countCell(one.issues_found, "warning"),
  ];
}

function suiteCells(one: SuiteFigures): readonly Cell[] {
  return [
    { text: one.test_suite, style: "heading" },
    one.runs,
    countCell(one.passed),
    countCell(one.not_passed, "failure"),
    countCell(one.failed, "failure"),
    countCell(one.open, "start"),
    rateCell(one.success),
    one.flips === 0 ? "" : { text: amount(one.flips, "flip"), style: "warning" },
    durationText(one.duration.median_seconds),
    coverageText(one.coverage),
  ];
}

function coverageText(coverage: SuiteFigures["coverage"]): string {
  return Object.entries(coverage)
    .map(([measure, { latest, change }]) => `${measure} ${shortNumber(latest)}${changeText(change)}`)
    .join(", ");
}

function changeText(change: number): string {
  if (change === 0) return "";
  return ` (${change > 0 ? "+" : "−"}${shortNumber(Math.abs(change))})`;
}

const SEVERITY_STYLES: ReadonlyMap<string, Style> = new Map([
  ["critical", "failure"],
  ["high", "failure"],
  ["medium", "warning"],
]);

function remarks({ issues_by_severity, gaps, rework }: QualityMetrics, out: Output): readonly Text[] {
  const found = Object.entries(issues_by_severity).map(([severity, count]) => {
    const text = `${count} ${severity}`;
    const style = SEVERITY_STYLES.get(severity);
    return style === undefined ? text : out.paint(style, text);
  });
  const row = (name: string, text: Text): Text => joined([out.paint("quiet", name.padEnd(12)), text], "");
  const { first_pass, loops, most_loops, runs_with_loops, runs, share } = rework;
  return [
    ...(found.length === 0 ? [] : [row("issues", joined(found, ", "))]),
    ...(gaps.identified + gaps.resolved === 0
      ? []
      : [row("gaps", `${gaps.identified} found, ${gaps.resolved} closed, ${gaps.open} open`)]),
    ...(first_pass.n === 0
      ? []
      : [
          row(
            "first pass",
            `${rateOfText(first_pass, "ended runs")} came through TEST without FIX or a red test`,
          ),
        ]),
    ...(runs === 0
      ? []
      : [
          row(
            "rework",
            loops === 0
              ? `no way back from FIX to TEST in ${amount(runs, "run")}`
              : `${amount(loops, "loop")} from FIX to TEST in ${runs_with_loops} of ${amount(runs, "run")}, at most ${most_loops} in one`,
          ),
        ]),
    ...(share === null || share === 0
      ? []
      : [
          row(
            "",
            `${Math.round(share * 100)} % of the active time went into FIX and into phases entered again`,
          ),
        ]),
  ];
}

function plain({ checks, suites, rework }: QualityMetrics): readonly Text[] {
  const { first_pass, loops, runs, share } = rework;
  return [
    ...checks.map((one) => {
      const counts = [one.started, one.passed, one.not_passed, one.no_verdict, one.failed, one.open];
      return joined(["check", one.check_type, ...counts, one.score?.mean ?? "", one.issues_found], "\t");
    }),
    ...suites.map((one) => {
      const counts = [one.runs, one.passed, one.not_passed, one.failed, one.open, one.flips];
      return joined(["tests", one.test_suite, ...counts, coverageText(one.coverage)], "\t");
    }),
    joined(["rework", runs, first_pass.successes, first_pass.n, loops, share ?? ""], "\t"),
  ];
}
