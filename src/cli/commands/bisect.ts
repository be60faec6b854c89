import { bisect as search, type Bisection, type Flip } from "../../store/bisect.ts";
import type { EventRef } from "../../projection/diff/event-ref.ts";
import type { Call } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { findIssue } from "../find-issue.ts";
import { momentOf } from "../issue-moment.ts";
import { inWords } from "../item-words.ts";
import { TimeStyle } from "../local-time.ts";
import type { Output } from "../output.ts";
import { shellWord } from "../shell-word.ts";
import { cut, escaped, joined, safe, type SafeText, type Text } from "../text.ts";

/** `eso bisect <issue> <condition>`: the event after which a condition holds. */
export async function bisect({ given, context, out, err, signal }: Call): Promise<ExitCode> {
  const issueKey = given.required("issue");
  const condition = given.required("condition");
  const store = await context.reading();
  await findIssue(store, issueKey);
  const momentIn = (name: string) => {
    const text = given.text(name);
    return text === undefined ? undefined : momentOf(text, { given, store, issueKey });
  };
  const [from, to] = [await momentIn("from"), await momentIn("to")];
  const exhaustive = given.flag("exhaustive");
  const found = await withProgress(err, (onLook) =>
    search(store, issueKey, { condition, from, to, exhaustive, signal, onLook }),
  );
  if (given.flag("json")) await out.json({ schema: "eso.bisect/1", condition, ...found });
  else if (out.terminal)
    await out.lines(lines(found, condition, { out, times: new TimeStyle(given.flag("utc")) }));
  else await out.lines(plainLines(found));
  const { unanswered } = found;
  if (unanswered !== undefined && found.outcome === "never_true") {
    await out.flush();
    await err.line(`note: ${unanswered.states} states could not answer: ${unanswered.reason}`);
  }
  return found.outcome === "never_true" ? 3 : 0;
}

async function withProgress<T>(err: Output, work: (onLook: () => void) => Promise<T>): Promise<T> {
  using progress = err.progress({ label: "looking", unit: "states" });
  return await work(() => progress.add(1));
}

interface Look {
  readonly out: Output;
  readonly times: TimeStyle;
}

function* lines(found: Bisection, condition: string, look: Look): Generator<Text, void, undefined> {
  const { out } = look;
  const { event, sequence, state_before: before, outcome, range, issue_key } = found;
  yield safe`${out.paint("heading", issue_key)}  ${cut(escaped(condition), Math.max(20, out.columns - issue_key.length - 2))}`;
  if (outcome === "never_true") yield safe`never true from event ${range.from} to event ${range.to}`;
  if (outcome === "true_at_start") yield safe`true already at event ${range.from}, where the search began`;
  if (event !== undefined) {
    yield "";
    yield safe`${out.paint("success", "turned true at")} ${eventWords(event, look)}`;
    yield safe`  ${cut(escaped(event.summary), Math.max(20, out.columns - 2))}`;
    if (before !== undefined) {
      const phase = before.current_phase ?? "no phase";
      const agents = before.active_agents.map(({ agent_name }) => agent_name).join(", ");
      const state = `${inWords(before.status)}, ${phase}, at work: ${agents === "" ? "nobody" : agents}`;
      yield safe`  ${out.paint("quiet", "just before: ")}${cut(escaped(state), Math.max(20, out.columns - 15))}`;
    }
  }
  for (const flip of found.flips) yield flipLine(flip, look);
  yield "";
  yield out.paint("quiet", reach(found));
  if (sequence !== undefined && sequence > 0) {
    yield out.paint("quiet", `eso why ${shellWord(`${issue_key}:${sequence}`)} explains it.`);
  }
}

function eventWords(
  { event_sequence, event_type, timestamp, actor }: EventRef,
  { times, out }: Look,
): SafeText {
  const ms = Date.parse(timestamp);
  const when = `${times.day(ms)} ${times.clock(ms)} ${times.zone(ms)}`;
  return safe`${out.paint("heading", `#${event_sequence}`)} ${event_type} by ${actor.id}, ${when}`;
}

function flipLine({ holds, event, sequence, after }: Flip, look: Look): SafeText {
  const words = holds ? "true again at" : "false again at";
  const start = look.out.paint(holds ? "success" : "warning", words);
  if (after === undefined) return safe`${start} ${eventWords(event, look)}`;
  return safe`${start} some event after ${after}, up to ${sequence}`;
}

function reach({ exact, probes, range }: Bisection): string {
  const events = `events ${range.from} to ${range.to}`;
  if (exact) return `All ${probes} states of ${events} were looked at.`;
  return `${probes} states of ${events} were looked at: it may have turned in between; --exhaustive looks at all.`;
}

function plainLines(found: Bisection): readonly Text[] {
  if (found.event === undefined) return [found.outcome];
  return [plainRow(true, found.event), ...found.flips.map(({ holds, event }) => plainRow(holds, event))];
}

function plainRow(holds: boolean, event: EventRef): Text {
  const { event_sequence, timestamp, event_type, actor, event_id, summary } = event;
  return joined([String(holds), event_sequence, timestamp, event_type, actor.id, event_id, summary], "\t");
}
