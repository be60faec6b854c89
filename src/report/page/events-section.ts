import type { Tone } from "../../projection/event-summary.ts";
import type { ReportEvent } from "../audit-report.ts";
import type { Standing } from "../verdict.ts";
import { clock } from "../words.ts";
import { type Child, el, toHtml } from "./element.ts";
import { chip } from "./parts.ts";

/** Events that can be read on the page without scripts; all of them are in its data. */
export const STATIC_EVENTS_MAX = 300;
/** Longer texts are cut in the list; the inspector shows the event in whole. */
const TEXT_MAX = 160;

const STANDING: Readonly<Record<Tone, Standing>> = {
  start: "neutral",
  success: "good",
  failure: "bad",
  warning: "attention",
  neutral: "neutral",
};

/** One event as a row of the list. */
export function eventRow({ event, text, tone, late }: ReportEvent): string {
  const { event_sequence, issue_key = "global", timestamp, event_type, phase = "", actor } = event;
  const cut = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX).toWellFormed()}…` : text;
  const cells: readonly Child[] = [
    `${issue_key} #${event_sequence}`,
    [clock(timestamp), late ? " (late)" : ""],
    event_type,
    phase,
    actor.id,
    tone === "neutral" || tone === "start" ? cut : chip(STANDING[tone], cut),
  ];
  return `${toHtml(
    el(
      "tr",
      {},
      cells.map((cell) => el("td", {}, cell)),
    ),
  )}\n`;
}

/** The heading of the list. */
export const EVENT_COLUMNS: readonly string[] = ["Event", "When (UTC)", "Type", "Phase", "Who", "What"];
