import type { Call } from "../command.ts";
import { findIssue } from "../find-issue.ts";
import { checkKnown, momentOf, timeInWords } from "../issue-moment.ts";
import { issueStatus } from "../issue-status.ts";
import { TimeStyle } from "../local-time.ts";
import { plainState, stateCard, stateHead } from "../state-view.ts";
import { pointOf } from "../../store/moment.ts";
import { fixed } from "../../store/past.ts";

/** `eso state <issue>`: how the work stands, or stood at a moment. */
export async function state({ given, context, out, err, signal }: Call): Promise<void> {
  const issueKey = given.required("issue");
  const at = given.text("at");
  checkKnown(given, [at]);
  const store = await context.reading();
  const { head_sequence } = await findIssue(store, issueKey);
  const moment = at === undefined ? undefined : await momentOf(at, { given, store, issueKey });
  const point = await fixed(store, issueKey, pointOf(moment));
  const found = await store.history.stateAt(issueKey, point, { signal });
  if (given.flag("json")) {
    await out.json({ schema: "eso.state/1", issue_key: issueKey, moment: point, state: found });
  } else if (out.terminal) {
    const times = new TimeStyle(given.flag("utc"));
    const { summary: title } = await issueStatus(store, issueKey);
    const words = at === undefined ? "now" : timeInWords(point, times);
    const view = { issueKey, title, state: found, moment: words, head_sequence };
    await out.lines(stateHead(view, times, out));
    await out.line();
    await out.lines(stateCard(view, times, out));
  } else await out.lines(plainState(found));
  if (point.kind !== "sequence" || point.sequence <= head_sequence) return;
  await out.flush();
  await err.line(`note: ${issueKey} has ${head_sequence} events; shown is the state behind the last one.`);
}
