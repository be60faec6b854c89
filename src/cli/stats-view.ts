import { durationInWords } from "../projection/duration.ts";
import type { DurationFigures } from "../projection/metrics/durations.ts";
import type { PairingFigures, ScoreFigures } from "../projection/metrics/figures.ts";
import type { Rate } from "../projection/metrics/rate.ts";
import type { Projection } from "../projection/projection.ts";
import type { QueryFilter } from "../query/filter.ts";
import type { Arguments } from "./arguments.ts";
import type { Call } from "./command.ts";
import type { Style } from "./colour.ts";
import { parseTime } from "./moment.ts";
import type { Output } from "./output.ts";
import { grouped } from "./progress.ts";
import { type Cell, type Column, printTable } from "./table.ts";
import { columnsOf, escaped } from "./text.ts";

/** The filter behind the options of the stats commands. */
export function statsFilter(given: Arguments, now: number): QueryFilter {
  const options = { now, utc: given.flag("utc") };
  const time = (name: string): string | undefined => {
    const text = given.text(name);
    return text === undefined ? undefined : parseTime(text, options);
  };
  const list = (name: string): readonly string[] | undefined => {
    const values = given.list(name);
    return values.length === 0 ? undefined : values;
  };
  return {
    issueKey: list("issue"),
    sessionId: list("session"),
    correlationId: list("correlation"),
    fromTimestamp: time("from"),
    toTimestamp: time("to"),
    toRecorded: time("recorded-to"),
  };
}

/** Folds what the options ask for, with progress. */
export async function measured<S, R>(
  { given, context, err, signal }: Call,
  projection: Projection<S, R>,
): Promise<R> {
  const filter = statsFilter(given, Date.now());
  const store = await context.reading();
  using progress = err.progress({ label: "reading", unit: "events" });
  let events = 0;
  const counted: Projection<S, R> = {
    ...projection,
    initial: () => projection.initial(),
    apply(state, event) {
      events++;
      progress.add(1);
      return projection.apply(state, event);
    },
    result: (state) => projection.result(state),
  };
  const result = await store.project(counted, filter, { signal });
  if (events === 0) await err.line("No events match. eso ls lists the issues in the store.");
  return result;
}

/** Below this many a rate says less than its counts. */
const RATE_COUNT_MIN = 10;

/** `6 of 7`, or from ten on `86 % (78–91)` with the interval in which the true rate lies. */
export function rateText({ successes, n, rate, low, high }: Rate): string {
  if (rate === null || low === null || high === null) return "";
  if (n < RATE_COUNT_MIN) return `${successes} of ${n}`;
  return `${percent(rate)} % (${percent(low)}–${percent(high)})`;
}

/** `6 of 7 runs`, or `86 % (78–91) of 112 runs`. */
export function rateOfText(rate: Rate, what: string): string {
  return rate.n < RATE_COUNT_MIN
    ? `${rateText(rate)} ${what}`
    : `${rateText(rate)} of ${grouped(rate.n)} ${what}`;
}

function percent(part: number): string {
  return String(Math.round(part * 100));
}

/** Red where most failed, yellow where some did. */
export function rateCell(rate: Rate): Cell {
  const text = rateText(rate);
  if (rate.rate === null || rate.rate === 1) return text;
  return { text, style: rate.rate < 0.5 ? "failure" : "warning" };
}

export function durationText(seconds: number | null): string {
  return seconds === null ? "" : durationInWords(seconds * 1000);
}

/** All the time that went into something, finished or not. */
export function spentSeconds({ total_seconds, open_seconds, cut_short_seconds }: DurationFigures): number {
  return total_seconds + open_seconds + cut_short_seconds;
}

/** A count; nothing for none, so that the eye finds those that matter. */
export function countCell(count: number, style?: Style): Cell {
  if (count === 0) return "";
  const text = grouped(count);
  return style === undefined ? text : { text, style };
}

/** `0.92`, or where several differ `0.81, last 0.92`. */
export function scoreText(score: ScoreFigures | null): string {
  if (score === null) return "";
  const mean = shortNumber(score.mean);
  return score.min === score.max ? mean : `${mean}, last ${shortNumber(score.last)}`;
}

/** At most three digits that count. */
export function shortNumber(value: number): string {
  return Math.abs(value) >= 1000 ? grouped(Math.round(value)) : String(Number(value.toPrecision(3)));
}

const BAR_COLUMNS = 12;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;

/** A bar as long as its part of the largest one. */
export function bar(value: number, largest: number): string {
  if (largest <= 0 || value <= 0) return "";
  const eighths = Math.max(1, Math.round((value / largest) * BAR_COLUMNS * 8));
  return "█".repeat(eighths >> 3) + EIGHTHS[eighths & 7]!;
}

/** A column that gives way: those with a greater `rank` first, where the terminal is too narrow for all. */
export interface FittedColumn extends Column {
  readonly rank?: number;
}

const GAP_COLUMNS = 2;
/** The last column is cut to what is left of the line, so it takes part with no more than this. */
const LAST_COLUMNS = 40;

/**
 * Prints a table of figures. On a terminal, columns without any content are left out, and those that matter least
 * when there is no room; elsewhere every row has every column.
 */
export async function printFigures(
  out: Output,
  columns: readonly FittedColumn[],
  rows: readonly (readonly Cell[])[],
): Promise<void> {
  if (!out.terminal) return printTable(out, columns, rows);
  const widths = columns.map(({ title }, at) =>
    Math.max(columnsOf(title), ...rows.map((row) => columnsOf(escaped(textOf(row[at] ?? ""))))),
  );
  let shown = columns.map((_, at) => at).filter((at) => rows.some((row) => textOf(row[at] ?? "") !== ""));
  const width = (): number =>
    shown.reduce((sum, at, place) => {
      const columns = place === shown.length - 1 ? Math.min(LAST_COLUMNS, widths[at]!) : widths[at]!;
      return sum + columns + (place === 0 ? 0 : GAP_COLUMNS);
    }, 0);
  while (width() > out.columns) {
    const least = shown.reduce(
      (worst, at) => (rankOf(columns[at]) >= rankOf(columns[worst]) ? at : worst),
      shown[0]!,
    );
    if (rankOf(columns[least]) === 0) break;
    shown = shown.filter((at) => at !== least);
  }
  await printTable(
    out,
    shown.map((at) => columns[at]!),
    rows.map((row) => shown.map((at) => row[at] ?? "")),
  );
}

function rankOf(column: FittedColumn | undefined): number {
  return column?.rank ?? 0;
}

function textOf(cell: Cell): string {
  return typeof cell === "object" ? cell.text : String(cell);
}

/** What a reader of the figures should know of how they came about. */
export function pairingNotes(figures: Iterable<PairingFigures>, what: string): readonly string[] {
  const sum = { inferred: 0, ambiguous: 0, unmatched_ends: 0, clock_skew: 0 };
  for (const one of figures) for (const key of KEYS) sum[key] += one[key];
  return [
    ...(sum.unmatched_ends === 0
      ? []
      : [`${amount(sum.unmatched_ends, "end")} of ${what} without a start: counted, but not in durations.`]),
    ...(sum.inferred === 0
      ? []
      : [
          `${amount(sum.inferred, "end")} of ${what} matched by order, for want of an id` +
            (sum.ambiguous === 0 ? "." : `; ${sum.ambiguous} of them could belong to another start.`),
        ]),
    ...(sum.clock_skew === 0
      ? []
      : [`${amount(sum.clock_skew, "end")} of ${what} earlier than the start: the duration counts as 0.`]),
  ];
}

const KEYS = ["inferred", "ambiguous", "unmatched_ends", "clock_skew"] as const;

export function amount(count: number, one: string): string {
  return `${grouped(count)} ${one}${count === 1 ? "" : "s"}`;
}
