import { type KnownCommand, optionOf } from "./command-kinds.ts";
import { countOf, numberOf, objectOf, present, textOf } from "./json.ts";
import type { Ended } from "./map-commands.ts";
import type { Mapping } from "./mapping.ts";
import type { ToolUse } from "./mcp-answer.ts";
import { naturalKey } from "./natural-keys.ts";
import type { PullRequest, Seen } from "./observation.ts";

const NOT_TOLD = "unknown";
const PR_URL =
  /https:\/\/([^/\s"']+)\/([^\s"'?#]+?)\/(?:pull|-\/merge_requests|pull-requests|pullreq)\/(\d+)/;

interface KnownPullRequest {
  readonly number: number;
  readonly repo?: string | undefined;
  readonly url?: string | undefined;
}

/** What a forge's command line did to a pull request. */
export function requestCommand(
  mapping: Mapping,
  seen: Seen,
  { command, ended }: { command: Extract<KnownCommand, { kind: "pull-request" }>; ended: Ended },
): void {
  const { state } = mapping;
  const [, , path, digits] = PR_URL.exec(ended.text) ?? [];
  const told = objectOf(objectOf(objectOf(ended.response)?.["gitOperation"])?.["pr"]);
  const argument =
    command.words.find((word) => /^\d+$/.test(word)) ?? command.words.find((word) => PR_URL.test(word));
  const [, , argumentPath, argumentDigits] = PR_URL.exec(argument ?? "") ?? [];
  const number = numberOf(told?.["number"]) ?? countOf(digits ?? argumentDigits ?? argument);
  if (number === undefined || (ended.outcome !== "ok" && told === undefined)) return;
  const [, spoken] = /pull request ([\w.-]+\/[\w.-]+)#\d+/.exec(ended.text) ?? [];
  const repo = repoOf(told?.["url"]) ?? path ?? argumentPath ?? spoken ?? state.repo;
  const url = textOf(told?.["url"]) ?? PR_URL.exec(ended.text)?.[0];
  const { action, words } = command;
  const known = { number, repo, url };
  if (action === "created")
    tellCreated(mapping, seen, known, {
      pr_title: optionOf(words, "--title", "-t"),
      base_branch: optionOf(words, "--base", "-B", "--target-branch"),
      head_branch: optionOf(words, "--head", "-H", "--source-branch") ?? seen.branch ?? state.branch,
      draft: words.includes("--draft") || words.includes("-d"),
    });
  else if (action === "merged") {
    const method = words
      .map((word) => /^--(squash|rebase|merge)$/.exec(word)?.[1])
      .find((one) => one !== undefined);
    // `--auto` and merge queues only ask for a merge.
    if (words.includes("--auto")) return;
    tellEnd(mapping, seen, known, { type: "PRMerged", what: "merged", metadata: { merge_method: method } });
  } else tellEnd(mapping, seen, known, { type: "PRClosed", what: `closed:${seen.at}`, metadata: {} });
}

/** A pull request that the session's own record names. */
export function pullRequestSeen(mapping: Mapping, seen: PullRequest & Seen): void {
  const repo = seen.repo ?? repoOf(seen.url);
  tellCreated(mapping, seen, { number: seen.number, repo, url: seen.url }, {});
}

function repoOf(url: unknown): string | undefined {
  return typeof url === "string" ? PR_URL.exec(url)?.[2] : undefined;
}

function tellCreated(
  mapping: Mapping,
  seen: Seen,
  { number, repo, url, more }: KnownPullRequest & { readonly more: Record<string, unknown> },
): void {
  const { state } = mapping;
  if (repo !== undefined) state.repo = repo;
  const title = textOf(more["pr_title"]);
  const branch = seen.branch ?? state.branch;
  const [issue] = mapping.keysIn({
    ...(branch !== undefined && { branch }),
    ...(title !== undefined && { prTitle: title }),
  });
  mapping.emit(seen, {
    type: "PRCreated",
    key: naturalKey.pullRequest(repo ?? NOT_TOLD, number, "created"),
    issue,
    metadata: { pr_number: number, repo, pr_url: url, ...more },
  });
}

interface Ending extends KnownPullRequest {
  readonly type: "PRMerged" | "PRClosed";
  /** Tells ends apart that the same pull request can have several times. */
  readonly what: string;
  readonly metadata: Record<string, unknown>;
}

function tellEnd(
  mapping: Mapping,
  seen: Seen,
  end: Ending,
): void {
  const { number, repo } = end;
  const { state } = mapping;
  mapping.emit(seen, {
    type: end.type,
    key: naturalKey.pullRequest(repo ?? NOT_TOLD, number, end.what),
    metadata: { pr_number: number, repo, ...end.metadata },
  });
  const issue = state.segment?.issue;
  if (end.type === "PRMerged" && issue !== undefined && !state.merged.includes(issue))
    state.merged.push(issue);
}

function repoIn({ input }: ToolUse): string | undefined {
  const [owner, repo] = [textOf(input["owner"]), textOf(input["repo"])];
  return owner === undefined || repo === undefined ? undefined : `${owner}/${repo}`;
}

/** A tool of a forge opened a pull request. */
export function requestCreated(mapping: Mapping, seen: Seen, use: ToolUse): void {
  const number = countOf(use.response["number"]);
  if (number === undefined) return;
  const known = {
    number,
    repo: repoIn(use),
    url: textOf(use.response["html_url"]) ?? textOf(use.response["url"]),
  };
  tellCreated(
    mapping,
    seen,
    known,
    present({
      pr_title: textOf(use.input["title"]),
      base_branch: textOf(use.input["base"]),
      head_branch: textOf(use.input["head"]),
      draft: use.input["draft"] === true,
    }),
  );
}

/** A tool of a forge merged one. */
export function requestMerged(mapping: Mapping, seen: Seen, use: ToolUse): void {
  const number = countOf(use.input["pullNumber"] ?? use.input["pull_number"]);
  if (number === undefined || use.response["merged"] === false) return;
  const metadata = {
    merged_commit_sha: textOf(use.response["sha"]),
    merge_method: textOf(use.input["merge_method"]),
  };
  tellEnd(mapping, seen, { number, repo: repoIn(use) }, { type: "PRMerged", what: "merged", metadata });
}

