import { defineEventType } from "../definition.ts";

const IssueTransitioned = defineEventType({
  type: "IssueTransitioned",
  version: "1.0.0",
  description: "The issue changed its status in the tracker.",
  required: (f) => ({
    from_status: f.name("The status before."),
    to_status: f.name("The status after."),
  }),
  optional: (f) => ({
    transition_trigger: f.text("What caused it."),
    transition_id: f.name("The tracker's id of the transition."),
    automated: f.yesNo("Whether no person was involved."),
    validation_passed: f.yesNo("Whether the tracker's conditions were met."),
  }),
});

const CommentPosted = defineEventType({
  type: "CommentPosted",
  version: "1.0.0",
  description: "Somebody commented on the issue.",
  required: (f) => ({ comment_id: f.name("The tracker's id of the comment.") }),
  optional: (f) => ({
    comment_type: f.name("The kind of comment."),
    posted_by: f.name("Who wrote it."),
    comment_body: f.longText("What it says."),
    visibility: f.name("Who may read it."),
    attachments: f.objects("What is attached to it."),
  }),
});

const WorklogAdded = defineEventType({
  type: "WorklogAdded",
  version: "1.0.0",
  description: "Time was booked on the issue.",
  required: (f) => ({ time_spent_seconds: f.number("The time booked.") }),
  optional: (f) => ({
    time_spent_human: f.text("The time as people write it, such as 1h 30m."),
    worklog_description: f.text("What was done."),
    started: f.time("When the work began."),
    author: f.name("Who did the work."),
  }),
});

export const jiraTypes = { IssueTransitioned, CommentPosted, WorklogAdded } as const;
