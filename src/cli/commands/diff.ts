import { diffStates, type StateDiff } from "../../store/diff-states.ts";
import { changesByEvent, isTelling, plainChange } from "../change-view.ts";
import type { Call } from "../command.ts";
import { findIssue } from "../find-issue.ts";
import { checkKnown, momentOf, pointInWords } from "../issue-moment.ts";
import { TimeStyle } from "../local-time.ts";
import type { Output } from "../output.ts";
import { safe, type Text } from "../text.ts";

const LOST = "Counts at the first moment only; without it:";

/** `eso diff <issue> <from> <to>`: what changed between two moments, and which events did it. */
export async function diff({ given, context, out, signal }: Call): Promise<void> {
  const issueKey = given.required("issue");
  const [first, second = "now"] = [given.required("from"), given.argument("to")];
  checkKnown(given, [first, second]);
  const store = await context.reading();
  await findIssue(store, issueKey);
  const from = await momentOf(first, { given, store, issueKey });
  const to = second === "now" ? undefined : await momentOf(second, { given, store, issueKey });
  const found = await diffStates(store, issueKey, { from, to, signal });
  if (given.flag("json")) {
    const { issue_key, from: start, to: end, changes } = found;
    return out.json({ schema: "eso.diff/1", issue_key, from: start, to: end, changes });
  }
  if (!out.terminal) return out.lines(found.changes.map(plainChange));
  const times = new TimeStyle(given.flag("utc"));
  await out.lines(diffHead(found, times, out));
  await out.lines(changesByEvent(found.changes, { times, out, lost: LOST }));
}

function diffHead(
  { issue_key, from, to, changes }: StateDiff,
  times: TimeStyle,
  out: Output,
): readonly Text[] {
  const telling = changes.filter(isTelling);
  const events = new Set(telling.map(({ event }) => event.event_id)).size;
  const words = `${telling.length} ${telling.length === 1 ? "change" : "changes"} by ${events} ${events === 1 ? "event" : "events"}`;
  return [
    safe`${out.paint("heading", issue_key)}  ${telling.length === 0 ? "nothing changed" : words}`,
    out.paint("quiet", `from ${pointInWords(from, times)} to ${pointInWords(to, times)}`),
  ];
}
