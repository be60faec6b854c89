import { GLOBAL_STREAM } from "../../event/envelope.ts";
import type { AuditReport } from "../audit-report.ts";
import { clock, grouped } from "../words.ts";
import { activity } from "./activity.ts";
import { type Child, el } from "./element.ts";
import { issueLanes, type Lane, type Mark, workLanes } from "./lanes.ts";
import { note, section } from "./parts.ts";
import { timeScale, type TimeScale } from "./scale.ts";

const WIDTH = 1_160;
const LABELS = 170;
const ROW = 22;
const GAP = 8;
const TOP = 26;
/** A bar is at least so wide, so that it can be seen. */
const BAR_MIN = 3;
/** About the width of a letter, for names that must fit into bars. */
const LETTER = 6.6;

/** What happened when, in lanes: of one issue its work, of several their orchestrations. */
export function timelineSection(report: AuditReport): Child {
  const { audit } = report;
  const { first_timestamp: first, last_timestamp: last, streams } = audit;
  if (first === null || last === null || first === last) return null;
  const issues = streams.filter((stream) => stream !== GLOBAL_STREAM);
  const { lanes, left_out } = issues.length <= 1 ? workLanes(report) : issueLanes(report);
  if (lanes.length === 0) return null;
  const scale = timeScale(Date.parse(first), Date.parse(last), [LABELS, WIDTH - 10]);
  const rows = lanes.map(({ bars }) => Math.max(1, ...bars.map(({ row }) => row + 1)));
  const tops = rows.map((_, at) => TOP + rows.slice(0, at).reduce((sum, n) => sum + n * ROW + GAP, 0));
  const height = (tops.at(-1) ?? TOP) + (rows.at(-1) ?? 1) * ROW + GAP;
  const label = `Timeline from ${clock(first)} to ${clock(last)} UTC: ${lanes.map(({ name, says }) => `${name}: ${says}`).join("; ")}`;
  return section(
    "timeline",
    "Timeline",
    issues.length <= 1 ? null : activity(audit.days),
    issues.length <= 1 ? null : el("h3", {}, "Orchestrations, the issues with the newest first"),
    el(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Timeline" },
      el(
        "svg",
        { class: "timeline", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label },
        axis(scale, height),
        lanes.map((lane, at) => drawn(lane, { scale, top: tops[at] ?? TOP, height: (rows[at] ?? 1) * ROW })),
      ),
    ),
    legend(issues.length <= 1),
    left_out === 0 ? null : note(`${grouped(left_out)} more are left out here; the tables have them.`),
    note(
      "Times are UTC. A bar without an end on record is drawn, with a broken outline, up to where it is known to have lasted. Marks too close to be told apart are drawn as one that says how many they are.",
    ),
  );
}

function axis({ ticks }: TimeScale, height: number): Child[] {
  return ticks.map(({ x, label }) => [
    el("line", { x1: x, x2: x, y1: TOP - 6, y2: height, class: "tick" }),
    el(
      "text",
      {
        x,
        y: 13,
        class: "axis",
        "text-anchor": x > WIDTH - 60 ? "end" : x < LABELS + 30 ? "start" : "middle",
      },
      label,
    ),
  ]);
}

interface Placed {
  readonly scale: TimeScale;
  readonly top: number;
  readonly height: number;
}

function drawn(lane: Lane, { scale, top, height }: Placed): Child {
  const { name, bars, marks } = lane;
  return el(
    "g",
    {},
    el("rect", { x: LABELS, y: top - 3, width: WIDTH - LABELS, height: height + 3, class: "lane" }),
    el("text", { x: 0, y: top + 14, class: "name" }, shortened(name, LABELS - 10), el("title", {}, name)),
    bars.map(({ from_ms, to_ms, row, look, text, title, open }) => {
      const [x, end] = [scale.x(from_ms), scale.x(to_ms)];
      const width = Math.max(BAR_MIN, Math.round((end - x) * 10) / 10);
      const y = top + row * ROW;
      const inside = shortened(text, width - 8);
      return el(
        "g",
        {},
        el(
          "rect",
          { x, y, width, height: ROW - 5, rx: 2, class: open ? `${look} open` : look },
          el("title", {}, title),
        ),
        inside === "" ? null : el("text", { x: x + 4, y: y + 12.5, class: "in" }, inside),
      );
    }),
    thinned(marks, scale).map((mark) => shape(mark, scale.x(mark.at_ms), top + 8.5)),
  );
}

/** Text that fits, or nothing. */
function shortened(text: string, width: number): string {
  const letters = Math.floor(width / LETTER);
  if (text.length <= letters) return text;
  return letters < 4 ? "" : `${text.slice(0, letters - 1)}…`;
}

/** Marks that would lie on one another made one. */
function thinned(marks: readonly Mark[], scale: TimeScale): Mark[] {
  const groups = Map.groupBy(marks, ({ at_ms, look }) => `${Math.round(scale.x(at_ms) / 4)} ${look}`);
  return [...groups.values()].map((group) => {
    const [first, other] = group as [Mark, ...Mark[]];
    if (other === undefined) return first;
    return { ...first, title: `${grouped(group.length)} at about this time, the first: ${first.title}` };
  });
}

/** Every kind of mark has a shape of its own. */
function shape({ look, title }: Mark, x: number, y: number): Child {
  const said = el("title", {}, title);
  if (look === "bad") {
    const d = `M${x - 5} ${y - 5}L${x + 5} ${y + 5}M${x - 5} ${y + 5}L${x + 5} ${y - 5}`;
    return el("path", { d, class: "mark bad" }, said);
  }
  if (look === "good") return el("circle", { cx: x, cy: y, r: 5, class: "mark good" }, said);
  if (look === "pull")
    return el(
      "path",
      { d: `M${x} ${y - 6}L${x + 6} ${y}L${x} ${y + 6}L${x - 6} ${y}Z`, class: "mark pull" },
      said,
    );
  return el("rect", { x: x - 1.5, y: y - 7, width: 3, height: 14, class: "mark commit" }, said);
}

function legend(ofWork: boolean): Child {
  return el(
    "p",
    { class: "legend" },
    ofWork
      ? [sign("commit", "commit"), sign("pull", "pull request"), sign("good", "tests or check passed")]
      : null,
    sign("bad", ofWork ? "failure" : "failed"),
  );
}

function sign(look: Mark["look"], text: string): Child {
  return el(
    "span",
    { class: "key" },
    el(
      "svg",
      { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" },
      shape({ at_ms: 0, look, title: "" }, 8, 8),
    ),
    text,
  );
}
