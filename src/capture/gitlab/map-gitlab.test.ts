import { expect, it } from "vitest";

import { around, github, mergeRequest } from "../webhook/payloads.fixture.ts";
import { mapGitlab } from "./map-gitlab.ts";

const map = (payload: unknown) => mapGitlab(payload, around("gitlab"));

it("maps merge requests to the events of pull requests", () => {
  const inputs = ["open", "merge", "close"].map((action) => map(mergeRequest(action)).events[0]?.input);
  expect(inputs).toMatchObject([
    {
      event_type: "PRCreated",
      timestamp: "2026-11-24T09:00:00.000Z",
      issue_key: "PROJ-12",
      idempotency_key: "pr:acme/tools/shop:4:created",
      metadata: {
        pr_number: 4,
        repo: "acme/tools/shop",
        head_branch: "feature/PROJ-12-login",
        base_branch: "main",
        labels: ["feature"],
        reviewers: ["ada"],
      },
    },
    {
      event_type: "PRMerged",
      timestamp: "2026-11-24T11:00:00.000Z",
      git_sha: github.MERGE_SHA,
      idempotency_key: "pr:acme/tools/shop:4:merged",
      metadata: { merged_by: "grace", merged_commit_sha: github.MERGE_SHA, time_to_merge_hours: 2 },
    },
    { event_type: "PRClosed", idempotency_key: "pr:acme/tools/shop:4:closed:2026-11-24T11:00:00.000Z" },
  ]);
});

it("maps pushes, and says when commits are missing", () => {
  const push = {
    object_kind: "push",
    ref: "refs/heads/PROJ-12",
    project: { path_with_namespace: "acme/tools/shop" },
    commits: [github.commit({ distinct: undefined })],
    total_commits_count: 25,
  };
  const { events, unmapped } = map(push);
  expect(events[0]?.input).toMatchObject({
    event_type: "CommitCreated",
    issue_key: "PROJ-12",
    idempotency_key: `commit:${github.SHA}`,
    metadata: { repo: "acme/tools/shop" },
  });
  expect(unmapped).toContain("24 of its commits are not in it");
});

it("says why nothing is made of the rest", () => {
  expect(map(mergeRequest("approved")).unmapped).toBe("no event is made of merge_request.approved");
  expect(map({ object_kind: "pipeline" }).unmapped).toBe("no event is made of pipeline");
  expect(map([]).unmapped).toBe("not a JSON object");
});
