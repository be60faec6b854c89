import type { EventInput } from "../../event/envelope.ts";
import { whatIf, type WhatIf } from "../../store/what-if.ts";
import { changesByEvent, isTelling, plainChange } from "../change-view.ts";
import type { Call } from "../command.ts";
import { findEvent } from "../find-event.ts";
import { findIssue } from "../find-issue.ts";
import { checkKnown, momentOf, pointInWords } from "../issue-moment.ts";
import { TimeStyle } from "../local-time.ts";
import type { Output } from "../output.ts";
import { titleOf } from "../read-input.ts";
import { safe, type Text } from "../text.ts";
import { UsageError } from "../usage-error.ts";
import { inputsIn } from "../whatif-input.ts";

/** `eso whatif <issue>`: the state as it would be without some events, or with others. */
export async function whatif({ given, context, out, err, signal }: Call): Promise<void> {
  const issueKey = given.required("issue");
  const [words, file] = [given.list("without"), given.text("with")];
  if (words.length === 0 && file === undefined) {
    throw new UsageError("what shall be different?", "Give --without EVENT, --with FILE, or both.");
  }
  const store = await context.reading();
  await findIssue(store, issueKey);
  const without: string[] = [];
  for (const word of words) without.push((await findEvent(store, word, issueKey)).event_id);
  const added: readonly EventInput[] = file === undefined ? [] : await inputsIn(file, context.cwd);
  const at = given.text("at");
  checkKnown(given, [at]);
  const moment = at === undefined ? undefined : await momentOf(at, { given, store, issueKey });
  const found = await whatIf(store, issueKey, { without, with: added, moment, signal });
  if (given.flag("json")) await out.json({ schema: "eso.whatif/1", ...found });
  else if (out.terminal) {
    const times = new TimeStyle(given.flag("utc"));
    await out.lines(head(found, { left: without.length, added: added.length }, { times, out }));
    await out.lines(changesByEvent(found.changes, { times, out, lost: "Without it:" }));
  } else await out.lines(found.changes.map(plainChange));
  await out.flush();
  if (added.length === 0 && file !== undefined) await err.line(`note: ${titleOf(file)} holds no events`);
  if (found.ignored.length === 0) return;
  await err.line(`note: not among the events of ${issueKey} then: ${found.ignored.join(", ")}`);
}

function head(
  { issue_key, moment, changes }: WhatIf,
  { left, added }: { readonly left: number; readonly added: number },
  { times, out }: { readonly times: TimeStyle; readonly out: Output },
): readonly Text[] {
  const parts = [
    ...(left === 0 ? [] : [`without ${left} ${left === 1 ? "event" : "events"}`]),
    ...(added === 0 ? [] : [`with ${added} more`]),
  ];
  const telling = changes.filter(isTelling).length;
  const outcome =
    telling === 0
      ? "nothing would be different"
      : `${telling} ${telling === 1 ? "thing" : "things"} would be different`;
  return [
    safe`${out.paint("heading", issue_key)}  ${parts.join(", ")}: ${outcome}`,
    out.paint("quiet", `at ${pointInWords(moment, times)}; nothing was written`),
  ];
}
