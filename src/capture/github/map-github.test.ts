import { describe, expect, it } from "vitest";

import { around, github, octokitExamples } from "../webhook/payloads.fixture.ts";
import { mapGithub } from "./map-github.ts";
import { githubEventOf } from "./github-event.ts";

const map = (payload: unknown, event?: string, rules = {}) =>
  mapGithub(payload, event, around("github", rules));
const only = (payload: unknown, event?: string, rules = {}) => {
  const { events, unmapped } = map(payload, event, rules);
  expect(events, unmapped ?? "").toHaveLength(1);
  return events[0]!;
};

const keyOfAttempt = (attempt: number) =>
  only(github.workflowRun("completed", "success", { run_attempt: attempt }), "workflow_run").input
    .idempotency_key;
const actorOf = (user: object, rules = {}) =>
  only(github.opened({ user }), "pull_request", rules).input.actor;

const runTypes = (payload: unknown) =>
  map(payload, "workflow_run").events.map(({ input }) => input.event_type);

describe("pull requests", () => {
  it("are created, merged and closed", () => {
    expect(only(github.opened(), "pull_request").input).toEqual({
      event_type: "PRCreated",
      timestamp: "2026-11-24T09:00:00.000Z",
      issue_key: "PROJ-12",
      actor: { type: "user", id: "ada" },
      metadata: {
        pr_number: 7,
        repo: "acme/shop",
        pr_url: "https://github.com/acme/shop/pull/7",
        pr_title: "PROJ-12: log in by link",
        pr_description: "A link instead of a password.",
        base_branch: "main",
        head_branch: "feature/PROJ-12-login",
        commits_count: 1,
        files_changed: 2,
        reviewers: ["grace"],
        labels: ["feature"],
        draft: false,
        auto_merge_enabled: false,
        ci_status: "pending",
        created_at: "2026-11-24T09:00:00.000Z",
      },
      git_sha: github.SHA,
      branch: "feature/PROJ-12-login",
      idempotency_key: "pr:acme/shop:7:created",
      source: { provider: "github", delivery_id: "d-1", url: "https://github.com/acme/shop/pull/7" },
    });
    expect(only(github.merged(), "pull_request").input).toMatchObject({
      event_type: "PRMerged",
      timestamp: "2026-11-24T11:30:00.000Z",
      actor: { id: "grace" },
      git_sha: github.MERGE_SHA,
      idempotency_key: "pr:acme/shop:7:merged",
      metadata: {
        merged_by: "grace",
        merged_commit_sha: github.MERGE_SHA,
        time_to_merge_hours: 2.5,
        comments_count: 3,
      },
    });
    const closed = only(github.closed(), "pull_request").input;
    expect(closed).toMatchObject({
      event_type: "PRClosed",
      idempotency_key: "pr:acme/shop:7:closed:2026-11-24T11:45:00.000Z",
      metadata: { closed_by: "grace" },
    });
    expect(closed.metadata).not.toHaveProperty("merged_commit_sha");
  });

  it("take the issue from branch, then title, and never from a description", () => {
    const head = { ref: "patch-1", sha: github.SHA };
    const issueOf = (more: object) => only(github.opened({ head, ...more })).input.issue_key;
    expect(issueOf({ title: "OPS-3: x" })).toBe("OPS-3");
    expect(issueOf({ title: "x", body: "see OPS-3" })).toBeUndefined();
    expect(issueOf({ title: "Use SHA-256" })).toBeUndefined();
    expect(only(github.opened({ title: "OPS-3: x" })).input).toMatchObject({
      issue_key: "PROJ-12",
      metadata: { related_issue_keys: ["OPS-3"] },
    });
  });
});

describe("pushes", () => {
  it("give a commit each, but for those that were pushed elsewhere before", () => {
    const other = "b".repeat(40);
    const { events } = map(
      github.push([github.commit(), github.commit({ id: other, distinct: false })]),
      "push",
    );
    expect(events.map(({ input }) => input)).toMatchObject([
      {
        event_type: "CommitCreated",
        timestamp: "2026-11-24T08:30:00.000Z",
        issue_key: "PROJ-12",
        branch: "feature/PROJ-12-login",
        git_sha: github.SHA,
        idempotency_key: `commit:${github.SHA}`,
        metadata: {
          commit_sha: github.SHA,
          commit_message: "PROJ-12: log in by link",
          repo: "acme/shop",
          files_changed: 2,
          changed_files: ["src/app.ts", "src/login.ts"],
          smart_commit: false,
        },
      },
    ]);
  });

  it("keep what is no commit, beside what is", () => {
    const { events, unmapped } = map(github.push([github.commit(), { id: "short" }]), "push");
    expect(events).toHaveLength(1);
    expect(unmapped).toContain("1 of its commits");
  });

  it("tell agents and smart commits as git does", () => {
    const message = "PROJ-12 #time 2h #transition Done\n\nCo-authored-by: Claude <noreply@anthropic.com>";
    expect(only(github.push([github.commit({ message })]), "push").input.metadata).toMatchObject({
      smart_commit: true,
      jira_transition: "Done",
      agent_author: "Claude",
    });
  });
});

describe("checks", () => {
  it("are paired by id and end well or badly", () => {
    const failed = only(github.checkRun(), "check_run");
    expect(failed.input).toMatchObject({
      event_type: "QualityCheckFailed",
      actor: { type: "system", id: "ci[bot]" },
      idempotency_key: "check:6:completed:failure",
      metadata: {
        check_type: "lint",
        check_id: "check-6",
        duration_seconds: 20,
        failure_reason: "ended with failure",
      },
    });
    // The payload names no branch: the commit is the only trace of the issue.
    expect(failed.input.issue_key).toBeUndefined();
    expect(failed.sameIssueAs).toEqual([`commit:${github.SHA}`]);
    const begun = { status: "queued", conclusion: null, completed_at: null };
    expect(only({ ...github.checkRun(begun), action: "created" }, "check_run").input).toMatchObject({
      event_type: "QualityCheckStarted",
      idempotency_key: "check:6:queued:",
    });
  });

  it("are test runs when the workflow's name says so", () => {
    expect(runTypes(github.workflowRun("requested", null))).toEqual(["TestRunStarted"]);
    expect(runTypes(github.workflowRun("completed", "success"))).toEqual(["TestRunCompleted"]);
    expect(runTypes(github.workflowRun("completed", "timed_out"))).toEqual(["TestRunFailed"]);
    const deploy = { name: "Deploy latest", path: "deploy.yml" };
    expect(runTypes({ ...github.workflowRun("completed", "success"), workflow: deploy })).toEqual([
      "QualityCheckCompleted",
    ]);
    // Ended, but nobody says how: GitHub has sent this.
    expect(runTypes(github.workflowRun("completed", null))).toEqual([]);
  });

  it("know each attempt apart", () => {
    expect([keyOfAttempt(1), keyOfAttempt(2)]).toEqual(["run:5:1:success", "run:5:2:success"]);
  });
});

describe("reviews and comments", () => {
  it("are verdicts or remarks", () => {
    expect(only(github.review("approved")).input).toMatchObject({
      event_type: "QualityCheckCompleted",
      issue_key: "PROJ-12",
      idempotency_key: "review:99",
      metadata: { check_type: "pr_review", checker_agent: "grace", passed_quality_gate: true },
    });
    expect(only(github.review("changes_requested")).input).toMatchObject({
      event_type: "QualityCheckFailed",
      metadata: { blocking: true },
    });
    expect(only(github.review("commented", { body: "Why?" })).input.event_type).toBe("CommentPosted");
    expect(map(github.review("commented")).events).toEqual([]);
  });

  it("belong to the issue of their pull request", () => {
    const { input, sameIssueAs } = only(github.comment());
    expect(input).toMatchObject({
      event_type: "CommentPosted",
      idempotency_key: "comment:github:11",
      metadata: { comment_id: "11", comment_body: "Looks good.", comment_type: "pull_request", pr_number: 7 },
    });
    expect(sameIssueAs).toEqual(["pr:acme/shop:7:created"]);
  });
});

it("cuts long texts, and says so", () => {
  const body = "\u0001".repeat(60_000);
  const { metadata } = only(github.opened({ body })).input;
  expect(metadata).toMatchObject({ truncated: true });
  expect(Buffer.byteLength(JSON.stringify(metadata))).toBeLessThan(60_000);
});

it("takes no address that is not of the web", () => {
  const { input } = only(github.opened({ html_url: "javascript:alert(1)" }));
  expect(input.metadata).not.toHaveProperty("pr_url");
  expect(input.source).not.toHaveProperty("url");
});

it("tells machines by what they are and by what the configuration says", () => {
  expect(actorOf({ login: "renovate", type: "Bot" })).toEqual({ type: "system", id: "renovate" });
  expect(actorOf({ login: "claude[bot]", type: "Bot" }).type).toBe("agent");
  expect(actorOf({ login: "acme-ci" }, { bots: ["acme-ci"] }).type).toBe("system");
});

describe("every example of octokit", () => {
  const examples = octokitExamples();
  const mappedKinds = new Set(
    "push pull_request pull_request_review pull_request_review_comment issue_comment check_run check_suite status workflow_run workflow_job".split(
      " ",
    ),
  );

  it("is an event or says why not", () => {
    expect(examples.length).toBeGreaterThan(300);
    for (const { name, event, payload } of examples) {
      const { events, unmapped, waitsFor } = map(payload, event);
      expect(events.length > 0 || unmapped !== undefined, name).toBe(true);
      expect(waitsFor, name).toBeUndefined();
      if (!mappedKinds.has(event ?? "")) expect(events, name).toEqual([]);
    }
    const kinds = new Set(
      examples
        .filter(({ payload, event }) => map(payload, event).events.length > 0)
        .map(({ event }) => event),
    );
    // Its reviews give no verdict and say nothing.
    expect([...mappedKinds].filter((kind) => !kinds.has(kind))).toEqual(["pull_request_review"]);
  });

  it("is recognised without its name, as far as it would be mapped", () => {
    for (const { name, event, payload } of examples) {
      if (mappedKinds.has(event ?? "")) expect(githubEventOf(payload), name).toBe(event);
    }
  });
});
