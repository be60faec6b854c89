import { restoreArchive } from "../../store/archive/restore-archive.ts";
import { onArchive } from "../archive-parts.ts";
import { byteSize } from "../byte-size.ts";
import type { Call } from "../command.ts";
import { findIssue } from "../find-issue.ts";
import { safe } from "../text.ts";

/** `eso archive restore <issue>`: brings archived files back to their places. */
export async function archiveRestore(call: Call): Promise<void> {
  const { given, out } = call;
  const issue = given.required("issue");
  const files = await onArchive(call, async (parts, store) => {
    await findIssue(store, issue);
    return restoreArchive(parts, { issue, day: given.text("day") });
  });
  if (given.flag("json")) return out.json({ schema: "eso.archive-restore/1", issue_key: issue, files });
  for (const { file, bytes } of files)
    await out.line(safe`${out.paint("key", file)}  ${out.paint("quiet", byteSize(bytes))}`);
}
