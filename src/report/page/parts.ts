import type { IntervalStatus } from "../../projection/metrics/intervals.ts";
import type { EventPlace, LastingRow } from "../../projection/report-metrics/audit-rows.ts";
import type { SurvivalFigures } from "../../projection/report-metrics/survival-figures.ts";
import type { Standing } from "../verdict.ts";
import { clock, counted, grouped, linkable, words } from "../words.ts";
import { type Child, el } from "./element.ts";

/** Rows of a table on the page; more are counted, and are in the tables of `eso audit -f csv --tables`. */
export const ROWS_MAX = 100;

const SIGNS: Readonly<Record<Standing, string>> = { good: "✓", bad: "✗", attention: "!", neutral: "•" };

/** A word with its sign: what it means shows in shape, not in colour alone. */
export function chip(standing: Standing, text: string): Child {
  return el(
    "span",
    { class: `chip ${standing}` },
    el("span", { "aria-hidden": "true" }, `${SIGNS[standing]} `),
    text,
  );
}

const STATUS: Readonly<Record<IntervalStatus, readonly [Standing, string]>> = {
  complete: ["good", "completed"],
  failed: ["bad", "failed"],
  abandoned: ["attention", "begun again"],
  truncated: ["attention", "cut off"],
  open: ["neutral", "open"],
  orphan_end: ["neutral", "end only"],
};

export function statusChip(status: IntervalStatus): Child {
  return chip(...STATUS[status]);
}

/** A moment in UTC. */
export function time(iso: string | null): Child {
  return iso === null ? "–" : el("time", { datetime: iso }, clock(iso));
}

/** A link where the address is one that a report may link to, with its host shown; else the text alone. */
export function link(url: string | null, text: string): Child {
  const target = linkable(url);
  if (target === undefined) return text;
  const shown = el("a", { href: target.href, rel: "noopener noreferrer nofollow" }, text);
  return [shown, " ", el("span", { class: "host" }, target.host)];
}

/** Where an event stands. */
export function place({ stream, sequence }: Pick<EventPlace, "stream" | "sequence">): Child {
  return el("span", { class: "nowrap" }, `${stream} #${sequence}`);
}

export interface Column<T> {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly right?: boolean;
  /** Long text may take the room that is left. */
  readonly wide?: boolean;
  readonly cell: (row: T) => Child;
}

/** A table with its caption; too many rows are cut, and the cut is said. */
export function table<T>(caption: string, columns: readonly Column<T>[], rows: readonly T[]): Child {
  if (rows.length === 0) return null;
  const left = rows.length - ROWS_MAX;
  const head = columns.map(({ title, right, wide }) =>
    el("th", { scope: "col", class: classOf(right, wide) }, title),
  );
  const body = rows.slice(0, ROWS_MAX).map((row) =>
    el(
      "tr",
      {},
      columns.map(({ cell, right, wide }) => el("td", { class: classOf(right, wide) }, cell(row))),
    ),
  );
  return [
    el(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
      el("table", {}, el("caption", {}, caption), el("thead", {}, el("tr", {}, head)), el("tbody", {}, body)),
    ),
    left <= 0
      ? null
      : el(
          "p",
          { class: "cut" },
          `The first ${grouped(ROWS_MAX)} of ${grouped(rows.length)} are shown; all are in the tables of `,
          el("code", {}, "eso audit -f csv --tables"),
          " and in ",
          el("code", {}, "-f json"),
          ".",
        ),
  ];
}

function classOf(right: boolean | undefined, wide: boolean | undefined): string | undefined {
  return right === true ? "right" : wide === true ? "wide" : undefined;
}

/** Columns of all that lasts. */
export function lastingColumns<T extends LastingRow>(): readonly Column<T>[] {
  return [
    { title: "Began (UTC)", cell: ({ started_at }) => time(started_at) },
    {
      title: "At work",
      right: true,
      cell: (row) => (row.started_at === null ? "–" : words(row.active_seconds)),
    },
    { title: "Outcome", cell: ({ status }) => statusChip(status) },
  ];
}

/** A median with its interval: `4 min (2 min to 9 min)`. */
export function median({ n, median_seconds: { value, low, high } }: SurvivalFigures): Child {
  if (n === 0) return "–";
  if (value === null) return el("span", { class: "quiet" }, "not reached");
  const range = n < 3 ? null : ` (${words(low)} to ${high === null ? "?" : words(high)})`;
  return [words(value), range === null ? null : el("span", { class: "quiet" }, range)];
}

/** A mean, with what it is a mean of. */
export function restrictedMean({ n, censored, restricted_mean: mean }: SurvivalFigures): Child {
  if (mean === null) return "–";
  const of = censored === 0 ? `n ${n}` : `n ${n}, ${censored} not ended`;
  return [words(mean.mean_seconds), el("span", { class: "quiet" }, ` (${of})`)];
}

/** A section of the report with its place in the table of contents. */
export function section(id: string, title: string, ...children: readonly Child[]): Child {
  return el(
    "section",
    { id, "aria-labelledby": `${id}-title` },
    el("h2", { id: `${id}-title` }, title),
    children,
  );
}

export function note(...children: readonly Child[]): Child {
  return el("p", { class: "note" }, children);
}

/** Terms with what they mean here, or are here. */
export function facts(rows: readonly (readonly [term: string, value: Child])[]): Child {
  return el(
    "dl",
    {},
    rows.map(([term, value]) => el("div", {}, el("dt", {}, term), el("dd", {}, value))),
  );
}

/** `3 errors` or nothing. */
export function some(n: number, one: string, many?: string): string | null {
  return n === 0 ? null : counted(n, one, many);
}
