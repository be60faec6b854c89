import {
  type ErrorFigures,
  type ErrorMetrics,
  errorMetrics,
} from "../../projection/metrics/error-metrics.ts";
import type { Call } from "../command.ts";
import { TimeStyle } from "../local-time.ts";
import {
  amount,
  bar,
  durationText,
  type FittedColumn,
  measured,
  printFigures,
  rateCell,
  rateText,
} from "../stats-view.ts";
import type { Cell } from "../table.ts";
import { joined } from "../text.ts";

const LIMIT_DEFAULT = 20;

const COLUMNS: readonly FittedColumn[] = [
  { title: "COUNT", right: true },
  { title: "", rank: 6 },
  { title: "FIRST", rank: 5 },
  { title: "LAST", rank: 1 },
  { title: "ISSUES", right: true, rank: 4 },
  { title: "PHASES", rank: 3 },
  { title: "RECOVERED", rank: 2 },
  { title: "ERROR" },
];

/** `eso stats errors`: what went wrong most, and whether the work recovered. */
export async function statsErrors(call: Call): Promise<void> {
  const { given, out, err } = call;
  const limit = given.flag("all") ? Number.POSITIVE_INFINITY : (given.count("limit") ?? LIMIT_DEFAULT);
  const metrics = await measured(call, errorMetrics);
  const errors = metrics.errors.slice(0, limit);
  const complete = errors.length === metrics.errors.length;
  if (given.flag("json")) return out.json({ schema: "eso.stats-errors/1", complete, ...metrics, errors });
  if (!out.terminal) return out.lines(errors.map((error) => joined(plain(error), "\t")));
  const times = new TimeStyle(given.flag("utc"));
  const most = Math.max(0, ...errors.map(({ count }) => count));
  if (errors.length > 0)
    await printFigures(
      out,
      COLUMNS,
      errors.map((error) => cells(error, times, most)),
    );
  if (metrics.total === 0) return out.line("no errors");
  await out.lines(["", out.paint("quiet", facts(metrics))]);
  await out.flush();
  if (!complete)
    await err.line(
      `${errors.length} shown, of ${metrics.errors.length}. eso stats errors --all shows every one.`,
    );
}

function cells(error: ErrorFigures, times: TimeStyle, most: number): readonly Cell[] {
  const time = (iso: string): Cell => ({
    text: times.dateAndClock(Date.parse(iso)).slice(0, -3),
    style: "quiet",
  });
  return [
    error.count,
    { text: bar(error.count, most), style: "failure" },
    time(error.first_seen),
    time(error.last_seen),
    error.issues,
    Object.keys(error.phases).join(", "),
    rateCell(error.recoveries.success),
    `${error.error_type}: ${error.message}`,
  ];
}

function facts({ total, errors, recoveries, unlinked_recoveries }: ErrorMetrics): string {
  const { attempted, success, duration, open } = recoveries;
  return [
    `${amount(total, "error")} of ${amount(errors.length, "kind")}`,
    ...(attempted === 0 ? [] : [amount(attempted, "attempt") + " to recover"]),
    ...(success.n === 0 ? [] : [`${rateText(success)} worked`]),
    ...(open === 0 ? [] : [`${open} without an end`]),
    ...(duration.median_seconds === null ? [] : [`median ${durationText(duration.median_seconds)}`]),
    ...(unlinked_recoveries === 0 ? [] : [`${unlinked_recoveries} from something that no error names`]),
  ].join(" · ");
}

function plain(error: ErrorFigures): readonly (string | number)[] {
  const { recoveries, phases, agents } = error;
  const recovered = [recoveries.attempted, recoveries.succeeded, recoveries.failed];
  const where = [Object.keys(phases).join(","), Object.keys(agents).join(",")];
  const seen = [error.first_seen, error.last_seen, error.issues, error.runs];
  return [error.count, ...seen, ...where, ...recovered, error.error_type, error.message];
}
