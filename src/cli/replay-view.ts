import type { ReplayPlan, ReplayReason, ReplayStep } from "../store/replay/replay-options.ts";
import type { Paint, Style } from "./colour.ts";
import type { Output } from "./output.ts";
import { type Cell, type Column, printTable } from "./table.ts";
import { columnsOf, cut, escaped, joined, padded, safe, type Text } from "./text.ts";

const COLUMNS: readonly Column[] = [
  { title: "SEQ", right: true },
  { title: "ACTION" },
  { title: "WHY" },
  { title: "TYPE" },
  { title: "WHAT" },
];

const ACTION_STYLES: Readonly<Record<ReplayStep["action"], Style>> = {
  run: "success",
  skip: "quiet",
  refuse: "failure",
};

const REASONS: Readonly<Record<ReplayReason, string>> = {
  not_chosen: "not chosen",
  voided: "void",
  about_the_record: "about the record",
  no_handler: "no handler",
  once: "once",
  forbidden: "forbidden",
  done_before: "done before",
  failed_before: "failed before",
  outcome_unknown: "outcome unknown",
};

const MARKS = { done: "✓", failed: "✗", unknown: "?", not_reached: "·" } as const;
const MARK_STYLES = { done: "success", failed: "failure", unknown: "warning", not_reached: "quiet" } as const;
const TYPE_COLUMNS = 22;
const WARNINGS_SHOWN_MAX = 20;
const ROWS_SHOWN_MAX = 500;

/** The plan: on a terminal without what was not chosen; elsewhere every event of the range. */
export async function printPlan(out: Output, plan: ReplayPlan): Promise<void> {
  if (!out.terminal) {
    await out.lines(plan.steps.map((step) => joined(plainCells(step), "\t")));
    return;
  }
  const { issue_key, from_sequence, to_sequence, counts } = plan;
  const left = plan.steps.filter(({ reason }) => reason === "not_chosen").length;
  const facts = [
    `${counts.run} would run`,
    `${counts.skip - left} skipped`,
    ...(counts.refuse > 0 ? [`${counts.refuse} refused`] : []),
    ...(left > 0 ? [`${left} not chosen`] : []),
  ];
  const range = `events ${from_sequence}–${to_sequence}`;
  await out.line(safe`${out.paint("heading", issue_key)}  replay of ${range}, a dry run`);
  await out.line(out.paint("quiet", facts.join(" · ")));
  await out.line();
  const shown = plan.steps.filter(({ reason }) => reason !== "not_chosen");
  if (shown.length > 0) await printTable(out, COLUMNS, shown.slice(0, ROWS_SHOWN_MAX).map(cellsOf));
  if (shown.length > ROWS_SHOWN_MAX)
    await out.line(
      out.paint("quiet", `… and ${shown.length - ROWS_SHOWN_MAX} more; in a pipe all are listed`),
    );
}

function cellsOf(step: ReplayStep): readonly Cell[] {
  const isQuiet = step.action === "skip";
  return [
    step.event_sequence,
    { text: step.action, style: ACTION_STYLES[step.action] },
    { text: step.reason === undefined ? step.effect : REASONS[step.reason], style: "quiet" },
    isQuiet ? { text: step.event_type, style: "quiet" } : step.event_type,
    isQuiet ? { text: step.text, style: "quiet" } : step.text,
  ];
}

/** Sequence, action, reason, type, effect, id, text. */
function plainCells(step: ReplayStep): readonly Text[] {
  const { event_sequence, action, reason = "", event_type, effect, event_id, text } = step;
  return [event_sequence, action, reason, event_type, effect, event_id, text];
}

/** One event of a real run, when its outcome is known. */
export async function printStep(out: Output, step: ReplayStep): Promise<void> {
  const { event_sequence, event_type, event_id, outcome, reason, error, text } = step;
  if (!out.terminal) {
    const cells = [
      event_sequence,
      outcome ?? `skipped: ${reason ?? ""}`,
      event_type,
      event_id,
      error ?? text,
    ];
    await out.line(joined(cells, "\t"));
    return;
  }
  const why = outcome === undefined ? `skipped: ${reason === undefined ? "" : REASONS[reason]}` : text;
  const lead = `${padded(`#${event_sequence}`, 6)} ${padded(event_type, TYPE_COLUMNS)} `;
  const shown = cut(escaped(error ?? why), Math.max(10, out.columns - columnsOf(lead) - 3));
  const mark = out.paint(
    outcome === undefined ? "quiet" : MARK_STYLES[outcome],
    MARKS[outcome ?? "not_reached"],
  );
  await out.line(safe`${mark} ${lead} ${error === undefined ? shown : out.paint("failure", shown)}`);
}

/** What to know of a plan, some of it at least. */
export function* warningLines(plan: ReplayPlan, paint: Paint): Generator<Text> {
  for (const warning of plan.warnings) yield safe`${paint("warning", "warning")}: ${warning}`;
  const steps = plan.steps.filter(({ warnings, action }) => warnings.length > 0 && action !== "skip");
  for (const { event_sequence, event_type, warnings } of steps.slice(0, WARNINGS_SHOWN_MAX))
    yield safe`${paint("warning", "warning")}: #${event_sequence} ${event_type}: ${warnings.join("; ")}`;
  if (steps.length > WARNINGS_SHOWN_MAX)
    yield `and ${steps.length - WARNINGS_SHOWN_MAX} more events with warnings; --json has them all`;
}

/** Why a real run would not begin, and what to do about it. */
export function* refusalLines({ steps, refusals }: ReplayPlan, paint: Paint): Generator<Text> {
  yield safe`${paint("failure", "A real run would be refused")}: ${refusals.join("; ")}`;
  const refused = steps.filter(({ action }) => action === "refuse");
  const once = [...new Set(refused.filter((step) => step.reason === "once").map((step) => step.event_type))];
  if (once.length > 0) yield `  --allow-once ${once.join(",")}  to have these effects once more`;
  if (refused.length > 0) yield "  --skip-non-idempotent  to go without them";
}

/** What a real run came to. */
export function* summaryOf(plan: ReplayPlan, paint: Paint): Generator<Text> {
  const { issue_key, replay_id = "", status, counts, marker_sequence, steps } = plan;
  const facts = [
    `${counts.done} done`,
    ...(counts.failed > 0 ? [`${counts.failed} failed`] : []),
    ...(counts.unknown > 0 ? [`${counts.unknown} unknown`] : []),
    ...(counts.not_reached > 0 ? [`${counts.not_reached} not reached`] : []),
  ].join(", ");
  if (status === "interrupted") {
    yield safe`${paint("warning", "Interrupted")}: ${facts}. Go on with: eso replay ${issue_key} --resume ${replay_id} --run and the same --exec or --handler`;
    return;
  }
  yield safe`Replayed: ${facts}. Recorded as ${paint("key", `${issue_key} #${marker_sequence ?? 0}`)} EventsReplayed.`;
  const unknown = steps.filter(({ outcome }) => outcome === "unknown");
  if (unknown.length > 0)
    yield safe`${paint("warning", "Look after these yourself")}: whether they happened is not known: ${unknown.map(({ event_sequence }) => `#${event_sequence}`).join(", ")}`;
  const failed = steps.findLast(({ outcome }) => outcome === "failed");
  if (counts.not_reached > 0 && failed !== undefined)
    yield `Stopped by the failure. To try again from there: eso replay ${issue_key} --from ${failed.event_sequence}`;
}
