import type { BlamedChange } from "../projection/diff/blame.ts";
import type { EventRef } from "../projection/diff/event-ref.ts";
import type { StateChange } from "../projection/diff/state-change.ts";
import type { ItemOf, ListKey, OrchestrationState } from "../projection/state/orchestration-state.ts";
import type { Style } from "./colour.ts";
import { itemInWords, labelOf, valueInWords } from "./item-words.ts";
import type { TimeStyle } from "./local-time.ts";
import type { Output } from "./output.ts";
import { columnsOf, cut, escaped, joined, padded, safe, type SafeText, type Text } from "./text.ts";

/** What nearly every event changes, and what everybody sees from the event itself: left out for people. */
const IMPLIED = new Set<keyof OrchestrationState>([
  "exists",
  "events",
  "last_sequence",
  "last_timestamp",
  "session_id",
  "correlation_id",
  "started_at",
  "completed_at",
]);
const LABEL_COLUMNS = 14;

const SIGNS = { added: "+", removed: "-", set: "~", changed: "~", moved: "~" } as const;
const SIGN_STYLES: Readonly<Record<string, Style>> = { "+": "success", "-": "failure", "~": "warning" };

/** Whether people want to see a change. */
export function isTelling({ key }: StateChange): boolean {
  return !IMPLIED.has(key);
}

/** A change in words, without its sign: what it is about, and what it says. */
export function changeInWords(change: StateChange): readonly [label: string, text: string] {
  const label = labelOf(change.key);
  if (change.kind === "set") {
    const [before, after] = [change.before, change.after].map((value) => valueInWords(change.key, value));
    return [label, `${before} → ${after}`];
  }
  const words = (item: ItemOf<ListKey>): string => itemInWords(change.key, item as never);
  if (change.kind === "added") return [label, words(change.after)];
  if (change.kind === "removed") return [label, words(change.before)];
  const [before, after] = [words(change.before), words(change.after)];
  if (before !== after) return [label, `${before} → ${after}`];
  return [label, `${after} (${change.kind === "moved" ? "listed later" : "in detail"})`];
}

/** One change on a line of the terminal. */
export function changeLine(change: StateChange, out: Output, indent: number): SafeText {
  const [label, text] = changeInWords(change);
  const sign = SIGNS[change.kind];
  const room = Math.max(20, out.columns - indent - LABEL_COLUMNS - 4);
  const line = safe`${sign} ${padded(label, LABEL_COLUMNS)}  ${cut(escaped(text), room)}`;
  return safe`${" ".repeat(indent)}${out.paint(SIGN_STYLES[sign]!, line)}`;
}

/** Where changes are shown. */
export interface ChangesLook {
  readonly times: TimeStyle;
  readonly out: Output;
  /** Said of an event that only the state before knows. */
  readonly lost: string;
}

/** Changes under the events that made them, in the order in which these were recorded. */
export function* changesByEvent(
  changes: readonly BlamedChange[],
  { times, out, lost }: ChangesLook,
): Generator<Text, void, undefined> {
  const telling = changes.filter(isTelling);
  const groups = Map.groupBy(telling, ({ event, direction }) => `${event.event_id} ${direction}`);
  const inOrder = [...groups.values()].sort(([a], [b]) => a!.event.event_sequence - b!.event.event_sequence);
  for (const group of inOrder) {
    const [first] = group;
    yield "";
    yield eventHeading(first!, times, out);
    yield* reasons(group, out, lost);
    for (const change of group) yield changeLine(change, out, 2);
  }
}

function eventHeading({ event, commit }: BlamedChange, times: TimeStyle, out: Output): SafeText {
  const ms = Date.parse(event.timestamp);
  const start = safe`${out.paint("heading", `#${event.event_sequence}`)} ${out.paint("quiet", times.dateAndClock(ms))}  `;
  const by = `  ${escaped(event.actor.id)}${commit === undefined ? "" : ` ${commit.slice(0, 8)}`}`;
  const used = `#${event.event_sequence} ${times.dateAndClock(ms)}  `.length;
  const room = Math.max(20, out.columns - used - columnsOf(by));
  const words = cut(escaped(`${event.event_type}: ${event.summary}`), room);
  return safe`${start}${words}${out.paint("quiet", by)}`;
}

/** What is special about an event, when anything is. */
function* reasons(group: readonly BlamedChange[], out: Output, lost: string): Generator<Text> {
  const [first] = group;
  if (first?.direction === "lost") yield out.paint("quiet", `  ${lost}`);
  if (first?.direction !== "shared") return;
  const others = new Set(group.map(({ because }) => because).filter((event) => event !== undefined));
  const named = [...new Set([...others].map(placeOf))].join(", ");
  yield out.paint("quiet", `  Counts in both states, with another outcome because of ${named}:`);
}

function placeOf({ event_sequence }: EventRef): string {
  return `#${event_sequence}`;
}

/** One change a row for other programs: sign, path, words, sequence, type, actor, commit, event id. */
export function plainChange(change: BlamedChange): SafeText {
  const { event, commit = "", direction } = change;
  const cells = [SIGNS[change.kind], change.path, changeInWords(change)[1]];
  const { event_sequence, event_type, actor, event_id } = event;
  return joined([...cells, direction, event_sequence, event_type, actor.id, commit, event_id], "\t");
}
