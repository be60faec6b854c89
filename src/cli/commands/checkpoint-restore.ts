import type { Actor } from "../../event/envelope.ts";
import type { Call } from "../command.ts";
import { findIssue } from "../find-issue.ts";
import { onStream } from "../on-stream.ts";
import { safe } from "../text.ts";
import { actorOf } from "./event-options.ts";

/** `eso checkpoint restore <issue> <checkpoint>`: checks the state and records that the work was taken back. */
export async function checkpointRestore({ given, context, out, err }: Call): Promise<void> {
  const issue = given.required("issue");
  const { checkpoint, ack } = await onStream(context, issue, async (store) => {
    await findIssue(store, issue);
    return store.restoreCheckpoint(issue, given.required("checkpoint"), {
      actor: actorOf(given) as Actor,
      reason: given.text("reason"),
    });
  });
  const { checkpoint_id, git_sha, state, can_rollback } = checkpoint;
  const git_command = git_sha === null ? null : `git switch --detach ${git_sha}`;
  if (given.flag("json")) {
    const facts = { issue_key: issue, checkpoint_id, git_sha, git_command, state, state_validated: true };
    await out.json({ schema: "eso.checkpoint-restore/1", ...facts, ...ack });
    return;
  }
  const place = out.paint("key", `${issue} #${ack.event_sequence}`);
  const same = out.paint("quiet", `(the state behind #${state?.sequence ?? 0} is the recorded one)`);
  await out.line(safe`${place}  back to checkpoint ${out.paint("heading", checkpoint_id)}  ${same}`);
  await out.flush();
  if (git_command === null) {
    await err.line("The checkpoint names no commit, and no file was changed.");
    return;
  }
  await err.line(safe`No file was changed. To have the code of then: ${err.paint("heading", git_command)}`);
  if (can_rollback === false)
    await err.line("The working copy of then had changes that are in no commit; these do not come back.");
}
