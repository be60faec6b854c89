import { join } from "node:path";
import { ConfigError } from "../errors.ts";
import { type Trailer, parseMessage } from "./commit-message.ts";
import { findGitDir, textOf } from "./git-dir.ts";
import { type CommitStat, GitLogParser, LOG_FORMAT, type RawCommit } from "./git-log-parser.ts";
import { gitOutput } from "./git-process.ts";

/** A commit, read without looking at any work tree. */
export interface GitCommit {
  readonly sha: string;
  readonly parents: readonly string[];
  readonly author_name: string;
  readonly author_email: string;
  /** Committer time, ISO 8601 UTC; author time where that is no date; absent where neither is. */
  readonly committed_at?: string;
  /** The whole message, cut after 1 MiB. */
  readonly message: string;
  readonly subject: string;
  readonly body: string;
  readonly trailers: readonly Trailer[];
  /** Absent for merges, whose changes belong to the merged commits, and at a shallow clone's edge. */
  readonly stat?: CommitStat;
}

export interface GitLogOptions {
  /** Revisions and ranges such as `main` or `v1..v2`; default: all refs but stash, notes and git's own. */
  readonly revisions?: readonly string[];
  /** Exactly these commits in this order, instead of `revisions`. */
  readonly commits?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

const OWN_REFS = [
  "refs/stash",
  "refs/notes/*",
  "refs/replace/*",
  "refs/original/*",
  "refs/bisect/*",
  "refs/prefetch/*",
];
const ALL_REFS = [...OWN_REFS.map((ref) => `--exclude=${ref}`), "--all"];
// Everything that the user's settings could change is said, so that the same commit always reads the same.
const STAT_ARGS = [
  "-M50%",
  "-l1000",
  "--diff-algorithm=myers",
  "-O/dev/null",
  "--no-ext-diff",
  "--no-textconv",
];
const LOG_ARGS = [
  "--no-show-signature",
  "--no-color",
  "--no-notes",
  "--encoding=UTF-8",
  `--format=${LOG_FORMAT}`,
];

/**
 * The commits of a repository, parents before children, else oldest first. Only git reads the repository;
 * nothing that it configures is run and nothing is fetched.
 *
 * @throws NotFoundError when there is no repository or no such revision.
 * @throws ConfigError when git is missing or fails; commits given before stay valid.
 * @example
 * for await (const commit of readGitLog(".", { revisions: ["v1.0..main"] })) console.log(commit.subject);
 */
export async function* readGitLog(
  repoPath: string,
  options: GitLogOptions = {},
): AsyncGenerator<GitCommit, void> {
  const { commits, signal } = options;
  const edge = shallowCommits(repoPath);
  const walk = commits === undefined ? oldestFirst(options.revisions) : ["--no-walk=unsorted", "--stdin"];
  const input = commits === undefined ? "" : commits.map((sha) => `${sha}\n`).join("");
  const args = ["log", "-z", "--numstat", ...STAT_ARGS, ...LOG_ARGS, ...walk];
  const parser = new GitLogParser();
  for await (const chunk of gitOutput(repoPath, args, { input, signal })) {
    for (const raw of parser.push(chunk)) yield toCommit(raw, edge);
  }
  for (const raw of parser.finish()) yield toCommit(raw, edge);
}

/** The ids of the commits that `readGitLog` would give, in the same order and much sooner. */
export async function listCommits(
  repoPath: string,
  options: Omit<GitLogOptions, "commits"> = {},
): Promise<string[]> {
  const chunks: Buffer[] = [];
  const args = ["rev-list", ...oldestFirst(options.revisions)];
  for await (const chunk of gitOutput(repoPath, args, { signal: options.signal })) chunks.push(chunk);
  return Buffer.concat(chunks).toString("latin1").split("\n").filter(Boolean);
}

function oldestFirst(revisions: readonly string[] | undefined): string[] {
  const order = ["--date-order", "--reverse"];
  return revisions?.length
    ? [...order, "--end-of-options", ...revisions, "--"]
    : [...order, ...ALL_REFS, "--"];
}

/** Commits whose parents a shallow clone lacks: git shows all their files as new, which says nothing. */
function shallowCommits(repoPath: string): ReadonlySet<string> {
  const found = findGitDir(repoPath);
  if (found === undefined) return new Set();
  return new Set(textOf(join(found.commonDir, "shallow"))?.split("\n"));
}

function toCommit(raw: RawCommit, edge: ReadonlySet<string>): GitCommit {
  const [sha = "", parents = "", name = "", email = "", committed = "", authored = "", text = ""] =
    raw.fields;
  if (sha.length !== 40) {
    throw new ConfigError(
      "ESO_INVALID_CONFIG",
      `Commit ${sha} is not a SHA-1 id; SHA-256 repositories cannot be read`,
    );
  }
  const message = text.trimEnd();
  const at = isoTime(committed) ?? isoTime(authored);
  const parentShas = parents === "" ? [] : parents.split(" ");
  return {
    sha,
    parents: parentShas,
    author_name: name,
    author_email: email,
    ...(at !== undefined && { committed_at: at }),
    message,
    ...parseMessage(message),
    ...(parentShas.length < 2 && !edge.has(sha) && { stat: raw.stat }),
  };
}

const YEAR_10000_SECONDS = 253_402_300_800;

function isoTime(seconds: string): string | undefined {
  if (!/^\d{1,12}$/.test(seconds) || Number(seconds) >= YEAR_10000_SECONDS) return undefined;
  return new Date(Number(seconds) * 1_000).toISOString();
}
