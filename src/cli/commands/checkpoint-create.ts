import { workingCopy } from "../../capture/working-copy.ts";
import type { Actor } from "../../event/envelope.ts";
import type { Call } from "../command.ts";
import { findIssue } from "../find-issue.ts";
import { onStream } from "../on-stream.ts";
import { safe } from "../text.ts";
import { actorOf } from "./event-options.ts";

/** `eso checkpoint create <issue>`: records where the work stands. */
export async function checkpointCreate({ given, context, out, err }: Call): Promise<void> {
  const issue = given.required("issue");
  const { git_sha: gitSha, codebase_state } = workingCopy(context.cwd);
  const checkpoint = await onStream(context, issue, async (store) => {
    await findIssue(store, issue);
    return store.createCheckpoint(issue, {
      actor: actorOf(given) as Actor,
      checkpointId: given.text("id"),
      reason: given.text("reason"),
      gitSha,
      ...(gitSha === undefined || codebase_state === undefined ? {} : { canRollback: !codebase_state.dirty }),
    });
  });
  if (given.flag("json")) await out.json({ schema: "eso.checkpoint/1", issue_key: issue, ...checkpoint });
  else {
    const place = out.paint("key", `${issue} #${checkpoint.event_sequence}`);
    const commit = gitSha === undefined ? "no commit" : `commit ${gitSha.slice(0, 8)}`;
    const about = out.paint("quiet", `(state behind #${checkpoint.state?.sequence ?? 0}, ${commit})`);
    await out.line(safe`${place}  checkpoint ${out.paint("heading", checkpoint.checkpoint_id)}  ${about}`);
  }
  if (codebase_state?.dirty === true)
    await err.line("The working copy has changes that are in no commit; going back to this one loses them.");
}
