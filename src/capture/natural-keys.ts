/**
 * The natural keys of facts that several sources tell of: a hook, a transcript, git and a webhook that build the
 * same key are understood as one event by `onDuplicate: "same-fact"`.
 */

/** Where pull requests live: `acme/shop` on github.com, `git.acme.example/team/shop` elsewhere. */
export interface PullRequestPlace {
  readonly repo: string;
  readonly number: number;
}

/** A pull or merge request as an address names it. */
export interface PullRequestAddress extends PullRequestPlace {
  readonly kind: "pr" | "mr";
}

/** `commit:<sha>`, the full one; short SHAs are resolved first, or stay facts of their own. */
export function commitKey(sha: string): string {
  return `commit:${sha.toLowerCase()}`;
}

/** A pull request was opened or merged: both happen once. */
export function pullRequestKey({ repo, number }: PullRequestPlace, fact: "created" | "merged"): string {
  return `pr:${repo.toLowerCase()}:${number}:${fact}`;
}

/** A pull request was closed, which may happen again: the time is the provider's, as `closed_at` has it. */
export function pullRequestClosedKey({ repo, number }: PullRequestPlace, closedAt: string): string {
  return `pr:${repo.toLowerCase()}:${number}:closed:${closedAt}`;
}

/** GitLab's merge requests are numbered apart from everything else. */
export function mergeRequestKey({ repo, number }: PullRequestPlace, fact: "open" | "merge"): string {
  return `mr:${repo.toLowerCase()}:${number}:${fact}`;
}

export function mergeRequestClosedKey({ repo, number }: PullRequestPlace, closedAt: string): string {
  return `mr:${repo.toLowerCase()}:${number}:close:${closedAt}`;
}

export function reviewKey(id: number | string): string {
  return `review:${id}`;
}

/** A check run in one of its states; without a conclusion it has only begun. */
export function checkKey(id: number | string, status: string, conclusion = ""): string {
  return `check:${id}:${status}:${conclusion}`;
}

/** One attempt of a workflow run or job; without a conclusion it has only begun. */
export function runKey(id: number | string, attempt: number, conclusion = ""): string {
  return `run:${id}:${attempt}:${conclusion}`;
}

/** One item of an entry of Jira's change history. */
export function jiraChangeKey(host: string, history: string, item: number): string {
  return `jira:${host.toLowerCase()}:changelog:${history}:${item}`;
}

export function jiraCommentKey(host: string, id: string): string {
  return `jira:${host.toLowerCase()}:comment:${id}`;
}

export function jiraWorklogKey(host: string, id: string): string {
  return `jira:${host.toLowerCase()}:worklog:${id}`;
}

export function confluencePageKey(host: string, id: string): string {
  return `confluence:${host.toLowerCase()}:page:${id}`;
}

const PULL = /^(.+?)\/pull\/(\d{1,9})(?:[/?#]|$)/;
const MERGE = /^(.+?)(?:\/-)?\/merge_requests\/(\d{1,9})(?:[/?#]|$)/;

/**
 * The pull or merge request that a web address leads to.
 *
 * @example
 * pullRequestOfUrl("https://github.com/acme/shop/pull/12"); // { kind: "pr", repo: "acme/shop", number: 12 }
 */
export function pullRequestOfUrl(address: string): PullRequestAddress | undefined {
  for (const [kind, pattern] of [["pr", PULL], ["mr", MERGE]] as const) {
    const [, repository, number] = pattern.exec(address.slice(0, 1_000)) ?? [];
    const repo = repository === undefined ? undefined : repositoryOfUrl(repository);
    if (repo !== undefined) return { kind, repo, number: Number(number) };
  }
  return undefined;
}

const WEB = /^(?:https?|ssh|git):\/\/(?:[^@/]+@)?(?:www\.)?([^/:]+)(?::\d+)?\/(.+)$/;
const SCP = /^(?:[^@/:]+@)?([^/:]{2,}):(?!\/\/)(.+)$/;

/**
 * The name of the repository that a web address or a git remote leads to, the same for both.
 *
 * @example
 * repositoryOfUrl("git@github.com:acme/shop.git"); // "acme/shop"
 * repositoryOfUrl("https://gitlab.com/acme/tools/shop"); // "gitlab.com/acme/tools/shop"
 */
export function repositoryOfUrl(address: string): string | undefined {
  const [, host, path] = WEB.exec(address) ?? SCP.exec(address) ?? [];
  const name = path?.replace(/^\/+/, "").replace(/\/+$/, "").replace(/\.git$/, "");
  if (host === undefined || name === undefined || !name.includes("/")) return undefined;
  return host.toLowerCase() === "github.com" ? name : `${host.toLowerCase()}/${name}`;
}
