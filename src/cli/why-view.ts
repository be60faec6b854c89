import type { EventRef } from "../projection/diff/event-ref.ts";
import { summarise } from "../projection/event-summary.ts";
import type { Cause, Effect, Link } from "../store/causes.ts";
import type { EventAmendment, Explanation } from "../store/explain.ts";
import { changeLine, isTelling } from "./change-view.ts";
import { streamOf, TONE_STYLES } from "./event-row.ts";
import { inWords } from "./item-words.ts";
import type { TimeStyle } from "./local-time.ts";
import type { Output } from "./output.ts";
import { columnsOf, cut, escaped, safe, type SafeText, type Text } from "./text.ts";

const WIDE_COLUMNS = 110;

interface Look {
  readonly out: Output;
  readonly times: TimeStyle;
  /** The stream of the event that is explained; events of others are shown with theirs. */
  readonly stream: string;
}

/** Why an event happened and what came of it, for people. */
export function* whyLines(why: Explanation, times: TimeStyle, out: Output): Generator<Text, void, undefined> {
  const { event, at_the_time: then, changes, state_before, amendments } = why;
  const look: Look = { out, times, stream: streamOf(event) };
  yield* heading(why, look);
  yield "";
  yield* tree(why, look);
  yield "";
  const agents = then.active_agents.map(({ agent_name }) => agent_name).join(", ");
  const blocked = then.blocked_agents.map(({ agent_name }) => agent_name).join(", ");
  const parts = [
    inWords(state_before.status),
    then.current_phase ?? "no phase",
    `at work: ${agents === "" ? "nobody" : agents}`,
    ...(blocked === "" ? [] : [`blocked: ${blocked}`]),
  ];
  yield* labelled("Just before", parts.join(" · "), out);
  const telling = changes.filter(isTelling);
  yield telling.length === 0
    ? out.paint("quiet", "Changed nothing in the state")
    : out.paint("quiet", "Changed");
  for (const change of telling) yield changeLine(change, out, 2);
  for (const amendment of amendments) yield* labelled("Later", amendmentInWords(amendment), out);
}

function* heading({ event }: Explanation, { out, times }: Look): Generator<Text> {
  const { actor, phase, git_sha, event_id } = event;
  const { text, tone } = summarise(event);
  const ms = Date.parse(event.timestamp);
  const place = out.paint("heading", `${streamOf(event)} #${event.event_sequence}`);
  yield safe`${place}  ${event.event_type} ${out.paint("quiet", `· ${times.day(ms)} ${times.clock(ms)} ${times.zone(ms)}`)}`;
  const words = cut(escaped(text), out.columns);
  const style = TONE_STYLES[tone];
  yield style === undefined ? safe`${words}` : out.paint(style, words);
  const facts = [
    `by ${actor.type} ${actor.id}${actor.model === undefined ? "" : ` (${actor.model})`}`,
    ...(phase === undefined ? [] : [`phase ${phase}`]),
    ...(git_sha === undefined ? [] : [`commit ${git_sha.slice(0, 8)}`]),
    event_id,
  ];
  yield out.paint("quiet", cut(escaped(facts.join(" · ")), out.columns));
}

/** From the first cause down to the event, and on to what came of it. */
function* tree(why: Explanation, look: Look): Generator<Text> {
  const { out } = look;
  const { event, summary, causes, effects, more_effects } = why;
  let depth = 0;
  let link = "";
  for (const cause of causes.toReversed()) {
    const used = depth * 2 + columnsOf(link) + 2;
    yield branch({ before: indent(depth), text: causeInWords(cause, look, used), link }, out);
    link = linkWords(cause, look);
    depth++;
  }
  const own = safe`${out.paint("heading", `#${event.event_sequence} ${cut(escaped(summary), Math.max(20, out.columns - depth * 2 - columnsOf(link) - 8))}`)}`;
  yield branch({ before: indent(depth), text: own, link }, out);
  const left = "  ".repeat(depth);
  yield* effectLines(effects, { left, more: more_effects }, look);
}

function indent(depth: number): string {
  return depth === 0 ? "" : `${"  ".repeat(depth - 1)}└ `;
}

/** Said of a link that no event names; how it was found, where there is room. */
function linkWords({ link, says }: Link, { out }: Look): string {
  if (link === "given") return "";
  return out.columns < WIDE_COLUMNS || says === undefined ? "(inferred)" : `(inferred: ${says})`;
}

function branch(
  { before, text, link }: { readonly before: string; readonly text: SafeText; readonly link: string },
  out: Output,
): SafeText {
  const mark = link === "" ? "" : out.paint("quiet", `  ${link}`);
  return safe`${out.paint("quiet", before)}${text}${mark}`;
}

function causeInWords({ event, event_id, end }: Cause, look: Look, used: number): SafeText {
  const { out } = look;
  if (event === undefined) return out.paint("warning", `${event_id} is not in the store`);
  if (end === "cycle") return out.paint("warning", `${placeOf(event, look)} again: the causes go round`);
  const more = end === "more" ? out.paint("quiet", " and so on") : "";
  return safe`${eventInWords(event, look, used)}${more}`;
}

function* effectLines(
  effects: readonly Effect[],
  { left, more }: { readonly left: string; readonly more: number },
  look: Look,
): Generator<Text> {
  const { out } = look;
  for (const [at, effect] of effects.entries()) {
    const last = at === effects.length - 1 && more === 0;
    const link = linkWords(effect, look);
    const text = eventInWords(effect.event, look, left.length + 2 + (link === "" ? 0 : columnsOf(link) + 2));
    yield branch({ before: `${left}${last ? "└ " : "├ "}`, text, link }, out);
    yield* effectLines(
      effect.effects,
      { left: `${left}${last ? "  " : "│ "}`, more: effect.more ?? 0 },
      look,
    );
  }
  if (more > 0) yield out.paint("quiet", `${left}└ and ${more} more`);
}

function eventInWords(event: EventRef, look: Look, used: number): SafeText {
  const { out, times } = look;
  const place = placeOf(event, look);
  const time = times.clock(Date.parse(event.timestamp));
  const by = `  ${escaped(event.actor.id)} ${time}`;
  const room = out.columns - used - columnsOf(place) - 1 - columnsOf(by);
  const words = cut(escaped(event.summary), Math.max(16, room));
  return safe`${out.paint("heading", place)} ${words}${out.paint("quiet", by)}`;
}

function placeOf({ event_sequence, issue_key = "global" }: EventRef, { stream }: Look): string {
  return `${issue_key === stream ? "" : `${escaped(issue_key)} `}#${event_sequence}`;
}

function* labelled(label: string, words: string, out: Output): Generator<Text> {
  const room = Math.max(20, out.columns - label.length - 2);
  yield safe`${out.paint("quiet", `${label}  `)}${cut(escaped(words), room)}`;
}

function amendmentInWords({ kind, by, why, adds }: EventAmendment): string {
  if (kind === "voided") return `voided by #${by.event_sequence}${why === undefined ? "" : `: ${why}`}`;
  return `seen again in #${by.event_sequence}, which adds ${Object.keys(adds ?? {}).join(", ")}`;
}
