import type { AuditReport } from "../audit-report.ts";
import { clock } from "../words.ts";
import { type Child, el } from "./element.ts";
import { section } from "./parts.ts";

/** How the figures are made, for whoever checks them. */
export function methodSection({ audit }: AuditReport): Child {
  const until =
    audit.last_timestamp === null ? "the last event" : `the last event, ${clock(audit.last_timestamp)} UTC`;
  const terms: readonly (readonly [string, string])[] = [
    ["Open", `Begun, and no end is on record. Whatever is open is counted until ${until}.`],
    [
      "Cut off, begun again",
      "No end is on record, but its orchestration ended, or the same began again; it is counted until then, as something whose end was not seen.",
    ],
    ["End only", "An end whose start is not on record: counted as an end, without a duration."],
    [
      "At work",
      "The time from start to end without the pauses of the orchestration. On the clock: with them.",
    ],
    [
      "Median",
      "The time by which half have ended, by Kaplan and Meier, with a 95 % interval (log–log). Those that have not ended count with the time they have taken so far: a median of what has ended alone would say “fast” whenever the slow ones are still open. Not reached: fewer than half have ended.",
    ],
    [
      "Mean",
      "The restricted mean: the area under the Kaplan–Meier curve up to the longest time seen, with the number it is of and how many of them have not ended.",
    ],
    [
      "Completed, passed, recovered",
      "Successes of those that ended. From ten ends on with a rate and Wilson’s 95 % interval; with fewer, the counts alone.",
    ],
    [
      "Lead time to merge",
      "From the first commit on the branch of a pull request to its merging; where no commit is on record, from the start of the orchestration. It does not reach to a deployment.",
    ],
    [
      "Passed at once",
      "Orchestrations that ended and came to TEST, whose first visit there was completed without a failed test run, and that never came to FIX.",
    ],
    [
      "Busy, blocked",
      "Between the first and the last event. A block lasts to the next event of the agent in its issue.",
    ],
    [
      "Kinds of errors",
      "Errors are the same when their fingerprint is; without one, when type and message are, numbers, paths, ids and times apart.",
    ],
    ["Late", "Recorded after something that happened later."],
    ["Inferred", "The event names no cause; the link follows from what both are about."],
  ];
  return section(
    "method",
    "How it is counted",
    el(
      "dl",
      { class: "terms" },
      terms.map(([term, says]) => el("div", {}, el("dt", {}, term), el("dd", {}, says))),
    ),
  );
}
