import type { StoredEvent } from "../event/envelope.ts";
import { summarise } from "../projection/event-summary.ts";
import type { ComparedRun, RunComparison } from "../store/compare-runs.ts";
import type { Style } from "./colour.ts";
import { TONE_STYLES } from "./event-row.ts";
import type { TimeStyle } from "./local-time.ts";
import type { Output } from "./output.ts";
import { durationText, shortNumber, spentSeconds } from "./stats-view.ts";
import { columnsOf, cut, escaped, joined, padded, safe, type SafeText, type Text } from "./text.ts";

/** A line of the comparison; `change` where both have a number and it differs. */
export interface Row {
  readonly name: string;
  readonly a: string;
  readonly b: string;
  readonly change?: { readonly text: string; readonly better: boolean | undefined };
  readonly style?: Style;
}

/** What more of a figure means. */
type Wanted = "less" | "more" | "neither";

interface Figure {
  readonly name: string;
  readonly of: (run: ComparedRun) => number;
  readonly wanted?: Wanted;
  readonly text?: (value: number) => string;
}

const FIGURES: readonly Figure[] = [
  { name: "active time", of: activeSeconds, wanted: "less", text: timeText },
  { name: "paused", of: pausedSeconds, wanted: "less", text: timeText },
  { name: "events", of: ({ events }) => events },
  { name: "agent runs", of: ({ agents }) => agents.total.spawned },
  { name: "agents failed", of: ({ agents }) => agents.total.failed, wanted: "less" },
  { name: "commits", of: typed("CommitCreated") },
  { name: "pull requests", of: typed("PRCreated") },
  { name: "test runs", of: ({ quality }) => sum(quality.suites, ({ runs }) => runs) },
  { name: "red tests", of: ({ quality }) => sum(quality.suites, redRuns), wanted: "less" },
  { name: "errors", of: ({ errors }) => errors.total, wanted: "less" },
  { name: "gaps found", of: ({ quality }) => quality.gaps.identified },
  { name: "back to TEST", of: ({ quality }) => quality.rework.loops, wanted: "less" },
  {
    name: "cost",
    of: ({ agents }) => agents.total.cost_usd ?? 0,
    wanted: "less",
    text: (usd) => `$${usd.toFixed(2)}`,
  },
];

function timeText(seconds: number): string {
  return seconds === 0 ? "–" : durationText(seconds);
}

function redRuns({ not_passed, failed }: { readonly not_passed: number; readonly failed: number }): number {
  return not_passed + failed;
}

function typed(type: string): (run: ComparedRun) => number {
  return ({ event_types }) => event_types[type] ?? 0;
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((all, value) => all + of(value), 0);
}

function activeSeconds({ phases }: ComparedRun): number {
  return spentSeconds(phases.runs.active);
}

function pausedSeconds(run: ComparedRun): number {
  return Math.round((spentSeconds(run.phases.runs.wall) - activeSeconds(run)) * 1000) / 1000;
}

/** What there is to say about two runs: figures that one of them has, then phases. */
export function comparisonRows({ a, b, phases }: RunComparison): readonly Row[] {
  return [
    { name: "status", a: statusOf(a), b: statusOf(b) },
    ...FIGURES.filter(({ of }) => of(a) !== 0 || of(b) !== 0).map((figure) => figureRow(figure, a, b)),
    ...phases.map((phase): Row => {
      const { a_active_seconds: one, b_active_seconds: other } = phase;
      const change =
        one === null || other === null ? {} : changeOf(one, other, { wanted: "less", text: durationText });
      const cells = { a: visitText(one, phase.a_visits), b: visitText(other, phase.b_visits) };
      return { name: phase.phase, ...cells, ...change, style: "phase" };
    }),
  ];
}

function statusOf({ status }: ComparedRun): string {
  return status.replace("_", " ");
}

function figureRow(
  { name, of, wanted = "neither", text = shortNumber }: Figure,
  a: ComparedRun,
  b: ComparedRun,
): Row {
  const [one, other] = [of(a), of(b)];
  return { name, a: text(one), b: text(other), ...changeOf(one, other, { wanted, text }) };
}

function visitText(seconds: number | null, visits: number): string {
  if (seconds === null) return "–";
  return durationText(seconds) + (visits > 1 ? ` in ${visits} visits` : "");
}

function changeOf(
  a: number,
  b: number,
  { wanted, text }: { readonly wanted: Wanted; readonly text: (value: number) => string },
): Pick<Row, "change"> {
  if (a === b) return {};
  const better = wanted === "neither" ? undefined : b > a === (wanted === "more");
  return { change: { text: (b > a ? "+" : "−") + text(Math.abs(b - a)), better } };
}

function nameOf({ issue_key, number }: ComparedRun): string {
  return `${issue_key}#${number}`;
}

/** How a comparison is to be shown. */
export interface Look {
  readonly out: Output;
  readonly times: TimeStyle;
}

const GAP = "  ";
const STATUS_STYLES: Readonly<Record<ComparedRun["status"], Style>> = {
  not_started: "quiet",
  in_progress: "start",
  paused: "warning",
  completed: "success",
  failed: "failure",
};

/** The comparison on a terminal. */
export function* comparisonLines(
  comparison: RunComparison,
  rows: readonly Row[],
  { out, times }: Look,
): Generator<Text, void, undefined> {
  const { a, b } = comparison;
  const started = (run: ComparedRun): string => times.dateAndClock(Date.parse(run.started_at)).slice(0, -3);
  const widths = [
    widest([...rows.map(({ name }) => name), "started"]),
    widest([...rows.map((row) => row.a), nameOf(a), started(a)]),
    widest([...rows.map((row) => row.b), nameOf(b), started(b)]),
  ];
  const line = (
    cells: readonly string[],
    styles: readonly (Style | undefined)[],
    more?: SafeText,
  ): SafeText => {
    const shown = more === undefined ? cells.length - 1 : cells.length;
    const styled = cells.map((cell, at) =>
      painted(out, styles[at], at < shown ? padded(escaped(cell), widths[at]!) : escaped(cell)),
    );
    return joined(more === undefined ? styled : [...styled, more], GAP);
  };
  yield line(["", nameOf(a), nameOf(b)], [undefined, "heading", "heading"]);
  yield line(["started", started(a), started(b)], ["quiet", "quiet", "quiet"]);
  for (const { name, a: one, b: other, change, style = "quiet" } of rows) {
    const statuses = name === "status" ? [STATUS_STYLES[a.status], STATUS_STYLES[b.status]] : [];
    const judged = change?.better === undefined ? "quiet" : change.better ? "success" : "warning";
    yield line([name, one, other], [style, ...statuses], change && painted(out, judged, change.text));
  }
  yield* typeLines(comparison, out);
  yield* divergenceLines(comparison, { out, times });
}

function widest(values: readonly string[]): number {
  return Math.max(...values.map((value) => columnsOf(escaped(value))));
}

/** Escaped text, styled. */
function painted({ paint }: Output, style: Style | undefined, text: string): SafeText {
  return style === undefined || text === "" ? safe`${text}` : paint(style, text);
}

function* typeLines({ a, b, only_in_a, only_in_b }: RunComparison, { paint }: Output): Generator<Text> {
  if (only_in_a.length + only_in_b.length > 0) yield "";
  if (only_in_a.length > 0) yield safe`${paint("quiet", `only in ${nameOf(a)}`)}  ${only_in_a.join(", ")}`;
  if (only_in_b.length > 0) yield safe`${paint("quiet", `only in ${nameOf(b)}`)}  ${only_in_b.join(", ")}`;
}

function* divergenceLines({ a, b, divergence }: RunComparison, { out, times }: Look): Generator<Text> {
  yield "";
  if (divergence === null) {
    yield "Both did the same, step by step.";
    return;
  }
  const { common } = divergence;
  const after =
    common === 0 ? "from the first step on" : `after ${common} equal step${common === 1 ? "" : "s"}`;
  yield out.paint("heading", `They go apart ${after}:`);
  const names = Math.max(nameOf(a).length, nameOf(b).length);
  yield stepLine(padded(nameOf(a), names), divergence.a, { out, times });
  yield stepLine(padded(nameOf(b), names), divergence.b, { out, times });
}

function stepLine(name: string, event: StoredEvent | null, { out, times }: Look): Text {
  if (event === null) return safe`  ${name}  ${out.paint("quiet", "is at its end")}`;
  const place = `${times.clock(Date.parse(event.timestamp))}  ${event.event_sequence}`;
  const { text, tone } = summarise(event);
  const said = `${event.phase === undefined ? "" : `${event.phase}  `}${text}`;
  const shown = cut(escaped(said), Math.max(20, out.columns - columnsOf(name) - place.length - 6));
  return safe`  ${name}  ${out.paint("quiet", place)}  ${painted(out, TONE_STYLES[tone], shown)}`;
}

/** The comparison for other programs. */
export function plainComparison(
  { a, b, only_in_a, only_in_b, divergence }: RunComparison,
  rows: readonly Row[],
): readonly Text[] {
  const { common = "" } = divergence ?? {};
  return [
    ["run", nameOf(a), nameOf(b)],
    ["correlation_id", a.correlation_id ?? "", b.correlation_id ?? ""],
    ["started", a.started_at, b.started_at],
    ...rows.map(({ name, a: one, b: other, change }) => [name, one, other, change?.text ?? ""]),
    ["only in", only_in_a.join(","), only_in_b.join(",")],
    ["first difference", divergence?.a?.event_id ?? "", divergence?.b?.event_id ?? "", common],
  ].map((cells) => joined(cells, "\t"));
}
