import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import type { Provider } from "./delivery.ts";
import type { MappingRules, Surroundings } from "./mapping.ts";

/** A payload that was really sent. */
export interface Example {
  readonly name: string;
  readonly provider: Provider;
  readonly event: string | undefined;
  readonly payload: unknown;
}

interface OctokitExamples {
  readonly name: string;
  readonly examples: readonly unknown[];
}

/** Every example of GitHub's webhooks that `@octokit/webhooks-examples` has. */
export function octokitExamples(): Example[] {
  const all = createRequire(import.meta.url)("@octokit/webhooks-examples") as readonly OctokitExamples[];
  return all.flatMap(({ name, examples }) =>
    examples.map((payload, at) => ({ name: `${name}[${at}]`, provider: "github", event: name, payload })),
  );
}

const SAMPLES = new URL("../../../../shared/samples/", import.meta.url).pathname;

/** Whether the collection of third parties' payloads is there; it is no part of the repository. */
export const hasSamples = existsSync(SAMPLES);

/** The payloads in it. */
export function sampleExamples(): Example[] {
  return (["github", "jira", "confluence"] as const).flatMap((provider) =>
    readdirSync(join(SAMPLES, provider)).map((name) => ({
      name,
      provider,
      event: provider === "github" ? /-([a-z_]+)\./.exec(name)?.[1] : undefined,
      payload: JSON.parse(readFileSync(join(SAMPLES, provider, name), "utf8")) as unknown,
    })),
  );
}

export const NOW = "2026-11-24T12:00:00.000Z";

/** What surrounds a payload in tests. */
export function around(provider: Provider, rules: MappingRules = {}): Surroundings {
  return { provider, delivery_id: "d-1", received_at: NOW, rules };
}

const person = (login: string, type = "User") => ({ login, id: 1, type });
const repository = {
  id: 42,
  full_name: "acme/shop",
  private: true,
  html_url: "https://github.com/acme/shop",
};

const SHA = "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad6";
const MERGE_SHA = "dbc1b4c900ffe48d575b5da5c638040125f65db0";

/** GitHub's payloads about one pull request, from its opening to its merge. */
export const github = {
  SHA,
  MERGE_SHA,
  repository,

  pullRequest: (more: object = {}) => ({
    number: 7,
    title: "PROJ-12: log in by link",
    body: "A link instead of a password.",
    html_url: "https://github.com/acme/shop/pull/7",
    state: "open",
    user: person("ada"),
    head: { ref: "feature/PROJ-12-login", sha: SHA },
    base: { ref: "main", repo: repository },
    created_at: "2026-11-24T09:00:00Z",
    updated_at: "2026-11-24T09:00:00Z",
    closed_at: null,
    merged_at: null,
    merged: false,
    merge_commit_sha: "0000000000000000000000000000000000000001",
    merged_by: null,
    auto_merge: null,
    draft: false,
    commits: 1,
    changed_files: 2,
    comments: 1,
    review_comments: 2,
    requested_reviewers: [person("grace")],
    labels: [{ name: "feature" }],
    ...more,
  }),

  opened: (more: object = {}) => ({
    action: "opened",
    number: 7,
    pull_request: github.pullRequest(more),
    repository,
    sender: person("ada"),
  }),

  merged: (more: object = {}) => ({
    action: "closed",
    number: 7,
    pull_request: github.pullRequest({
      state: "closed",
      merged: true,
      merged_at: "2026-11-24T11:30:00Z",
      closed_at: "2026-11-24T11:30:00Z",
      merged_by: person("grace"),
      merge_commit_sha: MERGE_SHA,
      ...more,
    }),
    repository,
    sender: person("grace"),
  }),

  closed: (more: object = {}) => ({
    action: "closed",
    number: 7,
    pull_request: github.pullRequest({ state: "closed", closed_at: "2026-11-24T11:45:00Z", ...more }),
    repository,
    sender: person("grace"),
  }),

  push: (commits: readonly object[], more: object = {}) => ({
    ref: "refs/heads/feature/PROJ-12-login",
    deleted: false,
    repository,
    sender: person("ada"),
    commits,
    ...more,
  }),

  commit: (more: object = {}) => ({
    id: SHA,
    message: "PROJ-12: log in by link",
    timestamp: "2026-11-24T09:30:00+01:00",
    url: `https://github.com/acme/shop/commit/${SHA}`,
    distinct: true,
    author: { name: "Ada Lovelace", email: "ada@example.org", username: "ada" },
    added: ["src/login.ts"],
    modified: ["src/app.ts"],
    removed: [],
    ...more,
  }),

  review: (state: string, more: object = {}) => ({
    action: "submitted",
    review: {
      id: 99,
      state,
      user: person("grace"),
      body: null,
      commit_id: SHA,
      submitted_at: "2026-11-24T10:00:00Z",
      html_url: "https://github.com/acme/shop/pull/7#pullrequestreview-99",
      ...more,
    },
    pull_request: github.pullRequest(),
    repository,
    sender: person("grace"),
  }),

  workflowRun: (action: string, conclusion: string | null, more: object = {}) => ({
    action,
    workflow: { name: "Unit tests", path: ".github/workflows/test.yml" },
    workflow_run: {
      id: 5,
      name: "Unit tests",
      head_branch: "feature/PROJ-12-login",
      head_sha: SHA,
      status: conclusion === null ? "queued" : "completed",
      conclusion,
      run_attempt: 1,
      event: "push",
      run_started_at: "2026-11-24T09:40:00Z",
      created_at: "2026-11-24T09:40:00Z",
      updated_at: conclusion === null ? "2026-11-24T09:40:00Z" : "2026-11-24T09:41:30Z",
      html_url: "https://github.com/acme/shop/actions/runs/5",
      pull_requests: [],
      ...more,
    },
    repository,
    sender: person("ada"),
  }),

  checkRun: (more: object = {}) => ({
    action: "completed",
    check_run: {
      id: 6,
      name: "lint",
      status: "completed",
      conclusion: "failure",
      head_sha: SHA,
      started_at: "2026-11-24T09:40:00Z",
      completed_at: "2026-11-24T09:40:20Z",
      html_url: "https://github.com/acme/shop/runs/6",
      app: { slug: "ci" },
      check_suite: { head_branch: null },
      pull_requests: [],
      ...more,
    },
    repository,
    sender: person("ci[bot]", "Bot"),
  }),

  comment: (more: object = {}) => ({
    action: "created",
    issue: { number: 7, title: "log in by link", pull_request: { url: "https://api.github.com/x" } },
    comment: {
      id: 11,
      body: "Looks good.",
      user: person("grace"),
      created_at: "2026-11-24T10:30:00Z",
      html_url: "https://github.com/acme/shop/pull/7#issuecomment-11",
      ...more,
    },
    repository,
    sender: person("grace"),
  }),
};

const JIRA = "https://acme.atlassian.net";
const jiraPerson = (id: string, accountType = "atlassian") => ({
  accountId: id,
  displayName: "Someone",
  accountType,
});

/** Jira's payloads about one issue. */
export const jira = {
  host: "acme.atlassian.net",

  issue: (more: object = {}) => ({
    id: "10012",
    key: "PROJ-12",
    self: `${JIRA}/rest/api/2/issue/10012`,
    fields: {
      summary: "Log in by link",
      issuetype: { name: "Story" },
      priority: { name: "High" },
      status: { name: "To Do" },
      labels: ["auth"],
      components: [{ name: "login" }],
    },
    ...more,
  }),

  created: () => ({ timestamp: 1_795_510_000_000, webhookEvent: "jira:issue_created", issue: jira.issue() }),

  updated: (items: readonly object[], more: object = {}) => ({
    timestamp: 1_795_511_400_000,
    webhookEvent: "jira:issue_updated",
    user: jiraPerson("acc-1"),
    issue: jira.issue(),
    changelog: { id: "20001", items },
    ...more,
  }),

  comment: (more: object = {}) => ({
    id: "300",
    self: `${JIRA}/rest/api/2/issue/10012/comment/300`,
    author: jiraPerson("acc-1"),
    body: "Done on staging.",
    created: "2026-11-24T14:00:00.000+0530",
    jsdPublic: true,
    ...more,
  }),

  commented: (more: object = {}) => ({
    timestamp: 1_795_511_500_000,
    webhookEvent: "comment_created",
    comment: jira.comment(more),
    issue: { id: "10012", key: "PROJ-12", self: `${JIRA}/rest/api/2/issue/10012` },
  }),

  worklog: (more: object = {}) => ({
    id: "400",
    self: `${JIRA}/rest/api/2/issue/10012/worklog/400`,
    issueId: "10012",
    author: jiraPerson("acc-1"),
    comment: "",
    timeSpent: "1h 30m",
    timeSpentSeconds: 5_400,
    created: "2026-11-24T15:00:00.000+0530",
    started: "2026-11-24T13:00:00.000+0530",
    ...more,
  }),

  worklogged: (more: object = {}) => ({
    timestamp: 1_795_511_600_000,
    webhookEvent: "worklog_created",
    worklog: jira.worklog(more),
  }),
};

/** GitLab's payload about a merge request. */
export function mergeRequest(action: string, more: object = {}) {
  return {
    object_kind: "merge_request",
    user: { username: "grace", name: "Grace" },
    project: { id: 3, path_with_namespace: "acme/tools/shop", web_url: "https://gitlab.com/acme/tools/shop" },
    labels: [{ title: "feature" }],
    reviewers: [{ username: "ada" }],
    object_attributes: {
      iid: 4,
      title: "PROJ-12: log in by link",
      description: "A link.",
      source_branch: "feature/PROJ-12-login",
      target_branch: "main",
      action,
      url: "https://gitlab.com/acme/tools/shop/-/merge_requests/4",
      created_at: "2026-11-24 09:00:00 UTC",
      updated_at: "2026-11-24 11:00:00 UTC",
      merge_commit_sha: action === "merge" ? MERGE_SHA : null,
      last_commit: { id: SHA },
      draft: false,
      ...more,
    },
  };
}
