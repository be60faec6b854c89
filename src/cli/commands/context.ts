import { briefText } from "../../projection/summary/brief-text.ts";
import { contextOf } from "../../store/context.ts";
import type { Call } from "../command.ts";
import { findIssue } from "../find-issue.ts";
import { escaped, joined } from "../text.ts";

/** `eso context <issue>`: what somebody who takes over an issue needs to know, in under a kilobyte. */
export async function context({ given, context: where, out, signal }: Call): Promise<void> {
  const issueKey = given.required("issue");
  const store = await where.reading();
  await findIssue(store, issueKey);
  const brief = await contextOf(store, issueKey, { signal });
  // Escaped before it is cut, so that the text is as short as it was promised.
  const text = briefText(brief, { shown: escaped });
  if (given.flag("json")) return out.json({ schema: "eso.context/1", ...brief, text });
  await out.line(joined(text.trimEnd().split("\n"), "\n"));
}
