import { defineEventType } from "../definition.ts";

const CommitCreated = defineEventType({
  type: "CommitCreated",
  version: "1.0.0",
  description: "A commit was made.",
  required: (f) => ({
    commit_sha: f.sha("The commit."),
    commit_message: f.text("Its message."),
  }),
  optional: (f) => ({
    repo: f.name("The repository."),
    files_changed: f.count("Files that it touches."),
    insertions: f.count("Lines added."),
    deletions: f.count("Lines removed."),
    changed_files: f.list("Paths of the files that it touches."),
    smart_commit: f.yesNo("Whether the message holds commands for the tracker."),
    jira_transition: f.name("The transition that the message asks for."),
    agent_author: f.name("The agent that wrote it."),
    validation_passed: f.yesNo("Whether the checks before the commit passed."),
  }),
});

const PRCreated = defineEventType({
  type: "PRCreated",
  version: "1.0.0",
  description: "A pull request was opened.",
  required: (f) => ({ pr_number: f.ordinal("Its number.") }),
  optional: (f) => ({
    repo: f.name("The repository."),
    pr_url: f.name("Its address."),
    pr_title: f.text("Its title."),
    pr_description: f.longText("Its description."),
    base_branch: f.name("The branch that it goes into."),
    head_branch: f.name("The branch that it comes from."),
    commits_count: f.count("Commits in it."),
    files_changed: f.count("Files that it touches."),
    reviewers: f.list("Who is asked to review it."),
    labels: f.list("Its labels."),
    draft: f.yesNo("Whether it is a draft."),
    auto_merge_enabled: f.yesNo("Whether it merges by itself once checks pass."),
    ci_status: f.name("The state of its checks."),
  }),
});

const PRMerged = defineEventType({
  type: "PRMerged",
  version: "1.0.0",
  description: "A pull request was merged.",
  required: (f) => ({ pr_number: f.ordinal("Its number.") }),
  optional: (f) => ({
    repo: f.name("The repository."),
    merged_by: f.name("Who merged it."),
    merge_method: f.name("How: merge, squash or rebase."),
    merged_commit_sha: f.sha("The commit that came out of it."),
    time_to_merge_hours: f.number("From opening to merging."),
    reviews_count: f.count("Reviews given."),
    approvals_count: f.count("Reviews that approved."),
    comments_count: f.count("Comments made."),
    ci_status: f.name("The state of its checks."),
    deployment_triggered: f.yesNo("Whether the merge started a deployment."),
  }),
});

const PRClosed = defineEventType({
  type: "PRClosed",
  version: "1.0.0",
  description: "A pull request was closed without a merge.",
  required: (f) => ({ pr_number: f.ordinal("Its number.") }),
  optional: (f) => ({
    repo: f.name("The repository."),
    close_reason: f.text("Why it was closed."),
    closed_by: f.name("Who closed it."),
    superseded_by_pr: f.ordinal("The pull request that replaces it."),
    comments: f.textOrCount("Closing remarks, or how many comments it had."),
  }),
});

export const sourceControlTypes = { CommitCreated, PRCreated, PRMerged, PRClosed } as const;
