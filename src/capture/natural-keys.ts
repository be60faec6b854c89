/**
 * The natural keys of facts that several sources tell of. A hook, a transcript, git and a webhook that build the
 * same key are understood as one event by `onDuplicate: "same-fact"`. Ids are the provider's; a repository is
 * `owner/name`, which is all that a commit's remote or a page's address tells.
 */
export const naturalKey = {
  /** The full SHA; a short one is a fact of its own until somebody resolves it. */
  commit: (sha: string): string => `commit:${sha.toLowerCase()}`,

  /** `created` and `merged` happen once; a closing may be repeated, so that it is `closed:<closed_at>`. */
  pullRequest: (repo: string, number: number, fact: string): string =>
    `pr:${repo.toLowerCase()}:${number}:${fact}`,

  review: (id: string): string => `review:${id}`,

  /** A check in one of its states; without a conclusion it has only begun. */
  check: (id: string, status: string, conclusion = ""): string => `check:${id}:${status}:${conclusion}`,

  /** One attempt of a workflow's run or job; without a conclusion it has only begun. */
  run: (id: string, attempt: number, conclusion = ""): string => `run:${id}:${attempt}:${conclusion}`,

  /** A remark on a forge; `place` tells apart what is numbered apart, such as `github:review`. */
  remark: (place: string, id: string): string => `comment:${place}:${id}`,

  /** One item of an entry of Jira's change history. */
  change: (host: string, history: string, item: number): string =>
    `jira:${host.toLowerCase()}:changelog:${history}:${item}`,

  comment: (host: string, id: string): string => `jira:${host.toLowerCase()}:comment:${id}`,

  worklog: (host: string, id: string): string => `jira:${host.toLowerCase()}:worklog:${id}`,

  page: (host: string, id: string): string => `confluence:${host.toLowerCase()}:page:${id}`,
} as const;
