import { basename } from "node:path";
import type { EventInput } from "../event/envelope.ts";
import { type CommitMetadata, commitMetadata, fitOnLine } from "./commit-metadata.ts";
import { issueTrailers, mergedBranches } from "./commit-message.ts";
import { agentAuthor, authorActor } from "./git-author.ts";
import { findGitDir, gitSetting } from "./git-dir.ts";
import { type GitCommit, listCommits, readGitLog } from "./git-log.ts";
import { type KeyRules, extractIssueKeys } from "./issue-keys.ts";

export type CommitEvent = EventInput<"CommitCreated", CommitMetadata>;

/** What is known about a commit besides the commit. */
export interface CommitContext extends KeyRules {
  /** `owner/name`, or the repository's folder. */
  readonly repo: string;
  /** The branch that the commit was made on. Git does not record it, so nothing is guessed. */
  readonly branch?: string;
}

export interface GitImportOptions extends Partial<CommitContext> {
  /** Revisions and ranges; default: all refs. */
  readonly revisions?: readonly string[];
  /** Which of these commits need no event; asked in chunks, before git computes any difference. */
  readonly isKnown?: (shas: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Events in one chunk at most; default 500. */
  readonly chunk?: number;
  readonly signal?: AbortSignal;
}

const DEFAULT_CHUNK = 500;

/**
 * One CommitCreated event per commit, parents before children, in chunks. Importing again is safe: each event
 * carries the natural key `commit:<sha>`; with `isKnown`, known commits also cost next to nothing.
 *
 * @throws NotFoundError when there is no repository or no such revision.
 * @throws ConfigError when git is missing or fails; chunks given before stay valid.
 * @example
 * for await (const events of gitEvents(".", { projects: ["PROJ"] })) await store.logEvents(events);
 */
export async function* gitEvents(
  repoPath: string,
  options: GitImportOptions = {},
): AsyncGenerator<CommitEvent[], void> {
  const { chunk = DEFAULT_CHUNK, revisions = [], signal } = options;
  const context: CommitContext = { ...options, repo: options.repo ?? repositoryName(repoPath) };
  const commits =
    options.isKnown && (await unknownCommits(repoPath, { ...options, isKnown: options.isKnown }));
  if (commits?.length === 0) return;
  let events: CommitEvent[] = [];
  for await (const commit of readGitLog(repoPath, { signal, ...(commits ? { commits } : { revisions }) })) {
    events.push(commitEvent(commit, context));
    if (events.length < chunk) continue;
    yield events;
    events = [];
  }
  if (events.length > 0) yield events;
}

async function unknownCommits(
  repoPath: string,
  options: GitImportOptions & Required<Pick<GitImportOptions, "isKnown">>,
): Promise<string[]> {
  const { chunk = DEFAULT_CHUNK, revisions = [], signal } = options;
  const all = await listCommits(repoPath, { revisions, signal });
  const unknown: string[] = [];
  for (let at = 0; at < all.length; at += chunk) {
    const shas = all.slice(at, at + chunk);
    const known = await options.isKnown(shas);
    unknown.push(...shas.filter((sha) => !known.has(sha)));
  }
  return unknown;
}

/** The event of one commit, without any look at the repository. */
export function commitEvent(commit: GitCommit, context: CommitContext): CommitEvent {
  const merged = mergedBranches(commit.subject);
  const branch = context.branch ?? merged?.into;
  const branches = [context.branch, merged?.from, merged?.into].filter((name) => name !== undefined);
  const sources = {
    branch: branches,
    subject: commit.subject,
    trailers: issueTrailers(commit.trailers),
    body: commit.body,
  };
  const [issueKey, ...related] = extractIssueKeys(sources, context);
  const author = { name: commit.author_name, email: commit.author_email };
  const agent = agentAuthor(author, commit.message);
  return {
    event_type: "CommitCreated",
    ...(commit.committed_at !== undefined && { timestamp: commit.committed_at }),
    ...(issueKey !== undefined && { issue_key: issueKey }),
    actor: authorActor(author),
    metadata: fitOnLine({
      ...commitMetadata(commit, context.repo),
      ...(agent !== undefined && { agent_author: agent }),
      ...(related.length > 0 && { related_issue_keys: related }),
    }),
    git_sha: commit.sha,
    ...(branch !== undefined && { branch }),
    idempotency_key: `commit:${commit.sha}`,
    source: { provider: "git" },
  };
}

/** `owner/name` of the remote `origin`, without its host and any credentials; else the repository's folder. */
function repositoryName(repoPath: string): string {
  const found = findGitDir(repoPath);
  if (found === undefined) return basename(repoPath);
  const url = gitSetting(found.commonDir, "remote.origin", "url") ?? "";
  const remote = /^(?:[a-z+]+:\/\/[^/]+\/|[^/:]+:(?!\\))(.+?)(?:\.git)?\/?$/.exec(url)?.[1];
  if (remote !== undefined && !url.startsWith("file:")) return remote.replace(/^\/+/, "");
  const folder = found.commonDir.replace(/[/\\]\.git$/, "");
  return basename(folder).replace(/\.git$/, "") || "repository";
}
