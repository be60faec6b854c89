import { defineEventType } from "../definition.ts";

const CheckpointCreated = defineEventType({
  type: "CheckpointCreated",
  version: "1.0.0",
  description: "A point to which the work can be taken back.",
  required: (f) => ({ checkpoint_id: f.name("Names the checkpoint in later events.") }),
  optional: (f) => ({
    checkpoint_phase: f.phase("The phase in which it was made."),
    checkpoint_reason: f.text("Why it was made."),
    state_snapshot: f.longText("The snapshot that belongs to it."),
    git_sha: f.sha("The commit that belongs to it."),
    can_rollback: f.yesNo("Whether going back to it is safe."),
    files_changed_since_last: f.count("Files touched since the last checkpoint."),
    commits_since_last: f.count("Commits since the last checkpoint."),
  }),
});

const CheckpointRestored = defineEventType({
  type: "CheckpointRestored",
  version: "1.0.0",
  description: "The work was taken back to a checkpoint.",
  required: (f) => ({ checkpoint_id: f.name("The checkpoint.") }),
  optional: (f) => ({
    restore_reason: f.text("Why the work was taken back."),
    restored_by: f.name("Who did it."),
    files_restored: f.count("Files changed back."),
    git_reset_to: f.name("What the branch was set to."),
    state_validated: f.yesNo("Whether the state was checked afterwards."),
  }),
});

export const checkpointTypes = { CheckpointCreated, CheckpointRestored } as const;
