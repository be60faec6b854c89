import { setHold } from "../../store/archive/hold.ts";
import { onArchive } from "../archive-parts.ts";
import type { Call } from "../command.ts";
import { findIssue } from "../find-issue.ts";
import { safe } from "../text.ts";
import { UsageError } from "../usage-error.ts";

/** `eso archive hold <issue>`: keeps an issue from being pruned, or no longer. */
export async function archiveHold(call: Call): Promise<void> {
  const { given, out } = call;
  const issue = given.required("issue");
  const why = given.text("why");
  if (why === undefined) throw new UsageError("--why is missing", "Name the case: --why 'claim 2026-114'.");
  const hold = await onArchive(call, async (parts, store) => {
    await findIssue(store, issue);
    return setHold(parts, { issue, why, release: given.flag("release") });
  });
  if (given.flag("json")) return out.json({ schema: "eso.archive-hold/1", ...hold });
  const what = hold.held
    ? hold.already
      ? "is held already"
      : "is held: nothing of it is pruned"
    : "is no longer held";
  await out.line(safe`${out.paint("key", issue)} ${what}  ${out.paint("quiet", hold.why)}`);
}
