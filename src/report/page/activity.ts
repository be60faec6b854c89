import type { AuditReport } from "../audit-report.ts";
import { counted, grouped } from "../words.ts";
import { type Child, el } from "./element.ts";

type Day = AuditReport["audit"]["days"][number];
type Counts = Omit<Day, "day">;

interface Bucket extends Counts {
  readonly from: string;
  readonly to: string;
}

const DAY_MS = 86_400_000;
/** Longer times are counted by the week, then by four weeks. */
const COLUMNS_MAX = 62;
const LENGTHS = [1, 7, 28, 91, 364];
const WIDTH = 1_160;
const HEIGHT = 120;
const LEFT = 44;
const BASE = 96;
/** Monday of the week in which 1970 began. */
const MONDAY_MS = -3 * DAY_MS;

/** Orchestrations that ended, by day or longer, as columns; what was begun beside them. */
export function activity(days: readonly Day[]): Child {
  const buckets = bucketsOf(days);
  const [first] = buckets;
  if (first === undefined || buckets.length < 2) return null;
  const highest = Math.max(1, ...buckets.map(({ completed, failed }) => completed + failed));
  const step = (WIDTH - LEFT) / buckets.length;
  const span = spanOf(first);
  const label = `Orchestrations that ended, by ${span}: ${buckets.map(({ from, completed, failed }) => `${from} ${completed} completed, ${failed} failed`).join("; ")}`;
  return [
    el("h3", {}, `Orchestrations that ended, by ${span}`),
    el(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": `Orchestrations that ended, by ${span}` },
      el(
        "svg",
        { class: "timeline", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
        el("text", { x: LEFT - 8, y: 18, class: "axis", "text-anchor": "end" }, highest),
        el("text", { x: LEFT - 8, y: BASE, class: "axis", "text-anchor": "end" }, 0),
        el("line", { x1: LEFT, x2: WIDTH, y1: BASE, y2: BASE, class: "tick" }),
        buckets.map((bucket, at) => column(bucket, { x: LEFT + at * step, width: step, highest })),
        dates(buckets, step),
      ),
    ),
    el("p", { class: "legend" }, key("agent", "completed"), key("failed", "failed")),
  ];
}

function spanOf({ from, to }: Bucket): string {
  const length = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  return length === 1 ? "day" : length === 7 ? "week" : `${grouped(length)} days`;
}

function bucketsOf(days: readonly Day[]): Bucket[] {
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return [];
  const span = (Date.parse(last.day) - Date.parse(first.day)) / DAY_MS + 1;
  const length = LENGTHS.find((one) => span / one <= COLUMNS_MAX) ?? Math.ceil(span / COLUMNS_MAX);
  const of = (day: string): number => Math.floor((Date.parse(day) - MONDAY_MS) / DAY_MS / length);
  const date = (number: number): string => new Date(number * DAY_MS + MONDAY_MS).toISOString().slice(0, 10);
  const byNumber = Map.groupBy(days, ({ day }) => of(day));
  const [from, to] = [of(first.day), of(last.day)];
  return Array.from({ length: to - from + 1 }, (_, at) => {
    const number = from + at;
    const own = byNumber.get(number) ?? [];
    return { ...summed(own), from: date(number * length), to: date((number + 1) * length - 1) };
  });
}

function summed(days: readonly Day[]): Counts {
  const sum = { events: 0, started: 0, completed: 0, failed: 0, commits: 0, merged: 0, errors: 0 };
  for (const day of days) for (const key of Object.keys(sum) as (keyof Counts)[]) sum[key] += day[key];
  return sum;
}

function column(
  { from, to, events, started, completed, failed }: Bucket,
  { x, width, highest }: { readonly x: number; readonly width: number; readonly highest: number },
): Child {
  const unit = (BASE - 12) / highest;
  const [good, bad] = [completed * unit, failed * unit];
  const when = from === to ? from : `${from} to ${to}`;
  const title = `${when}: ${counted(started, "orchestration")} begun, ${grouped(completed)} completed, ${grouped(failed)} failed; ${counted(events, "event")}`;
  const bar = { x: round(x + width * 0.12), width: round(width * 0.76) };
  return el(
    "g",
    {},
    el("title", {}, title),
    el("rect", { x: round(x), y: 8, width: round(width), height: BASE - 8, class: "lane" }),
    completed === 0
      ? null
      : el("rect", { ...bar, y: round(BASE - good), height: round(good), class: "agent" }),
    failed === 0
      ? null
      : el("rect", { ...bar, y: round(BASE - good - bad), height: round(bad), class: "failed" }),
  );
}

const LABEL_WIDTH = 90;

function dates(buckets: readonly Bucket[], step: number): Child[] {
  const every = Math.ceil(LABEL_WIDTH / step);
  return buckets.flatMap(({ from }, at): Child[] =>
    at % every === 0 && LEFT + at * step < WIDTH - LABEL_WIDTH / 2
      ? [el("text", { x: round(LEFT + at * step), y: HEIGHT - 8, class: "axis" }, from)]
      : [],
  );
}

function key(look: string, text: string): Child {
  return el(
    "span",
    { class: "key" },
    el(
      "svg",
      { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" },
      el("rect", { x: 2, y: 2, width: 12, height: 12, class: look }),
    ),
    text,
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
