import { durationInWords } from "../projection/duration.ts";
import type { ItemOf, ListKey, OrchestrationState } from "../projection/state/orchestration-state.ts";
import type { Style } from "./colour.ts";
import { inWords, itemInWords } from "./item-words.ts";
import type { TimeStyle } from "./local-time.ts";
import type { Output } from "./output.ts";
import { columnsOf, cut, escaped, joined, padded, safe, type SafeText, type Text } from "./text.ts";

const LABEL_COLUMNS = 11;
/** Lines of one section; the card is to fit on a screen. */
const LINES_MAX = 4;

/** What a card shows. */
export interface StateView {
  readonly issueKey: string;
  readonly title: string | undefined;
  readonly state: OrchestrationState;
  /** The moment in words, unless it is that of an event. */
  readonly moment: string | undefined;
  /** Events that the issue has by now. */
  readonly head_sequence: number;
}

const STATUS_STYLES: Readonly<Record<OrchestrationState["status"], Style>> = {
  not_started: "quiet",
  in_progress: "start",
  paused: "warning",
  completed: "success",
  failed: "failure",
};

/** The lines above a card: the issue, how it stands, and when. */
export function stateHead(
  { issueKey, title = "", state, moment, head_sequence }: StateView,
  times: TimeStyle,
  out: Output,
): readonly Text[] {
  const room = Math.max(0, out.columns - columnsOf(issueKey) - 2);
  const facts = moment === undefined ? [] : [moment];
  if (state.exists) facts.push(`after event ${state.last_sequence} of ${head_sequence}`);
  if (state.last_timestamp !== null && moment === undefined) {
    const ms = Date.parse(state.last_timestamp);
    facts.push(`${times.day(ms)} ${times.clock(ms)} ${times.zone(ms)}`);
  }
  const status = state.exists ? inWords(state.status) : "nothing had happened";
  return [
    safe`${out.paint("heading", issueKey)}  ${cut(escaped(title), room)}`,
    safe`${out.paint(STATUS_STYLES[state.status], status)} ${out.paint("quiet", `· ${facts.join(" · ")}`)}`,
  ];
}

/** A state on one screen; what there is nothing of is left out. */
export function stateCard(view: StateView, times: TimeStyle, out: Output): readonly Text[] {
  const card = new Card(view.state, times, out);
  return [
    ...card.section("Phases", card.phases()),
    ...card.section("At work", [
      ...card.items("active_agents", "start", "▸"),
      ...card.items("blocked_agents", "warning", "!"),
    ]),
    ...card.section("Failed", card.items("failed_agents", "failure", "✗")),
    ...card.section(
      "Finished",
      card.names("completed_agents", ({ agent_name }) => agent_name),
    ),
    ...card.section("Tests", card.runs("tests")),
    ...card.section("Checks", card.runs("quality_checks")),
    ...card.section("Gaps", [
      ...card.items("identified_gaps", "warning", "!"),
      ...card.names("resolved_gaps", ({ gap_id }) => gap_id, " closed"),
    ]),
    ...card.section("Errors", card.items("errors", "failure", "✗")),
    ...card.section("Commits", card.items("commits")),
    ...card.section("Requests", card.items("prs")),
    ...card.section("To do", card.items("pending_tasks", undefined, "□")),
    ...card.section("Spent", card.spent()),
    ...card.section("Earlier", card.earlier()),
  ];
}

class Card {
  readonly #state: OrchestrationState;
  readonly #times: TimeStyle;
  readonly #out: Output;

  constructor(state: OrchestrationState, times: TimeStyle, out: Output) {
    this.#state = state;
    this.#times = times;
    this.#out = out;
  }

  /** A label beside lines, the newest of which are shown. */
  section(label: string, lines: readonly SafeText[]): readonly Text[] {
    const left = lines.length - LINES_MAX;
    const shown = left > 0 ? lines.slice(-LINES_MAX) : lines;
    const all = left > 0 ? [...shown, this.#out.paint("quiet", `and ${left} earlier`)] : shown;
    return all.map((line, at) => {
      const title = padded(at === 0 ? label : "", LABEL_COLUMNS);
      return safe`${this.#out.paint("quiet", title)}${line}`;
    });
  }

  phases(): readonly SafeText[] {
    const { phases, current_phase } = this.#state;
    const marks = { open: "▸", completed: "✓", failed: "✗" } as const;
    const styles = { open: "start", completed: "success", failed: "failure" } as const;
    const visits = phases.map(({ phase, visit, status }) => {
      const words = `${marks[status]} ${phase}${visit === 1 ? "" : ` (${visit})`}`;
      return [columnsOf(escaped(words)) + 3, this.#out.paint(styles[status], words)] as const;
    });
    if (visits.length === 0)
      return current_phase === null ? [] : [this.#out.paint("start", `▸ ${current_phase}`)];
    let room = this.#out.columns - LABEL_COLUMNS - 2;
    const first = visits.findLastIndex(([columns]) => (room -= columns) < 0) + 1;
    const shown = visits.slice(first).map(([, text]) => text);
    return [safe`${first === 0 ? "" : "… "}${joined(shown, " → ")}`];
  }

  /** A line for each item, with what it is and since when. */
  items(key: ListKey, style?: Style, mark = "·"): readonly SafeText[] {
    return this.#state[key].map((item) => {
      const when = this.#when(item);
      const room = this.#out.columns - LABEL_COLUMNS - 2 - columnsOf(when) - 2;
      const words = cut(escaped(itemInWords(key, item as never)), Math.max(20, room));
      const start = style === undefined ? safe`${mark}` : this.#out.paint(style, mark);
      return safe`${start} ${words}${when === "" ? "" : this.#out.paint("quiet", `  ${when}`)}`;
    });
  }

  /** Runs of tests or checks, each marked by how it went. */
  runs(key: "tests" | "quality_checks"): readonly SafeText[] {
    const marks = { running: "▸", passed: "✓", not_passed: "✗", failed: "✗" } as const;
    const styles = { running: "start", passed: "success", not_passed: "failure", failed: "failure" } as const;
    return this.#state[key].flatMap((run) => {
      const words = cut(escaped(itemInWords(key, run as never)), this.#out.columns - LABEL_COLUMNS - 2);
      return [safe`${this.#out.paint(styles[run.status], marks[run.status])} ${words}`];
    });
  }

  /** The names of all items on one line. */
  names<K extends ListKey>(key: K, nameOf: (item: ItemOf<K>) => string, what = ""): readonly SafeText[] {
    const items = this.#state[key] as readonly ItemOf<K>[];
    if (items.length === 0) return [];
    const words = `${items.length}${what} · ${items.map(nameOf).join(", ")}`;
    return [safe`${cut(escaped(words), this.#out.columns - LABEL_COLUMNS)}`];
  }

  spent(): readonly SafeText[] {
    const { duration_seconds, paused_seconds, worklog_seconds, started_at, last_timestamp } = this.#state;
    const open =
      started_at === null || last_timestamp === null ? null : secondsBetween(started_at, last_timestamp);
    const seconds = duration_seconds ?? open;
    const parts = [
      ...(seconds === null ? [] : [`${durationInWords(seconds * 1000)} since the start`]),
      ...(paused_seconds === 0 ? [] : [`paused for ${durationInWords(paused_seconds * 1000)}`]),
      ...(worklog_seconds === 0 ? [] : [`${durationInWords(worklog_seconds * 1000)} booked`]),
    ];
    return parts.length === 0 ? [] : [safe`${parts.join(" · ")}`];
  }

  earlier(): readonly SafeText[] {
    const { runs } = this.#state;
    if (runs.length === 0) return [];
    const counts = Map.groupBy(runs, ({ status }) => inWords(status));
    const words = [...counts].map(([status, ofStatus]) => `${ofStatus.length} ${status}`).join(", ");
    return [safe`${runs.length} ${runs.length === 1 ? "run" : "runs"}: ${words}`];
  }

  #when(item: unknown): string {
    if (typeof item !== "object" || item === null) return "";
    const time = "since" in item ? item.since : "timestamp" in item ? item.timestamp : undefined;
    return typeof time === "string" ? this.#times.clock(Date.parse(time)) : "";
  }
}

function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}

/** A state for other programs: a row for each field, or for each item of a list, with its key first. */
export function* plainState(state: OrchestrationState): Generator<Text, void, undefined> {
  for (const [key, value] of Object.entries(state)) {
    if (Array.isArray(value)) {
      for (const item of value) yield joined([key, itemInWords(key as ListKey, item as never)], "\t");
    } else yield joined([key, String(value ?? "")], "\t");
  }
}
