import { type KnownCommand, optionOf } from "./command-kinds.ts";
import { objectOf, ordinalOf, present, textOf } from "./json.ts";
import type { Ended } from "./map-commands.ts";
import type { Mapping } from "./mapping.ts";
import type { ToolUse } from "./mcp-answer.ts";
import { naturalKey } from "./natural-keys.ts";
import type { PullRequest, Seen } from "./observation.ts";

const PR_URL =
  /https:\/\/([^/\s"']+)\/([^\s"'?#]+?)\/(?:pull|-\/merge_requests|pull-requests|pullreq)\/(\d+)/;

interface KnownPullRequest {
  readonly number: number;
  readonly repo?: string | undefined;
  readonly url?: string | undefined;
}

interface RequestCommand {
  readonly command: Extract<KnownCommand, { kind: "pull-request" }>;
  readonly ended: Ended;
}

/** What a forge's command line did to a pull request. */
export function requestCommand(mapping: Mapping, seen: Seen, { command, ended }: RequestCommand): void {
  const known = requestIn(mapping, { command, ended });
  if (known === undefined) return;
  const { action, words } = command;
  if (action === "created") {
    const head = optionOf(words, "--head", "-H", "--source-branch") ?? seen.branch ?? mapping.state.branch;
    const more = {
      pr_title: optionOf(words, "--title", "-t"),
      base_branch: optionOf(words, "--base", "-B", "--target-branch"),
      head_branch: head,
      draft: words.includes("--draft") || words.includes("-d"),
    };
    tellCreated(mapping, seen, { ...known, more });
  } else if (action === "closed")
    tellEnd(mapping, seen, { ...known, type: "PRClosed", what: `closed:${seen.at}`, metadata: {} });
  // `--auto` and merge queues only ask for a merge.
  else if (!words.includes("--auto")) {
    const merge_method = /--(squash|rebase|merge)(?: |$)/.exec(words.join(" "))?.[1];
    tellEnd(mapping, seen, { ...known, type: "PRMerged", what: "merged", metadata: { merge_method } });
  }
}

/** Which pull request a command was about: what the tool says, else what was printed, else what was asked for. */
function requestIn(
  { state, rules }: Mapping,
  { command, ended }: RequestCommand,
): KnownPullRequest | undefined {
  const { text, response, outcome } = ended;
  const told = objectOf(objectOf(objectOf(response)?.["gitOperation"])?.["pr"]);
  const printed = requestAt(text);
  const argument = command.words.find((word) => /^\d+$/.test(word) || PR_URL.test(word));
  const asked = requestAt(argument ?? "");
  const number = ordinalOf(told?.["number"]) ?? printed?.number ?? asked?.number ?? ordinalOf(argument);
  if (number === undefined || (outcome !== "ok" && told === undefined)) return undefined;
  const [, spoken] = /pull request ([\w.-]+\/[\w.-]+)#\d+/.exec(text) ?? [];
  const named = requestAt(textOf(told?.["url"]) ?? "") ?? printed ?? asked;
  return { number, repo: named?.repo ?? spoken ?? state.repo ?? rules.repo, url: named?.url };
}

function requestAt(text: string): KnownPullRequest | undefined {
  const [url, , repo, digits] = PR_URL.exec(text) ?? [];
  const number = ordinalOf(digits);
  return number === undefined ? undefined : { number, repo, url };
}

/** A pull request that the session's own record names. */
export function pullRequestSeen(mapping: Mapping, seen: PullRequest & Seen): void {
  const repo = seen.repo ?? requestAt(seen.url ?? "")?.repo;
  tellCreated(mapping, seen, { number: seen.number, repo, url: seen.url, more: {} });
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
    key: requestKey(mapping, { number, repo }, "created"),
    issue,
    metadata: { pr_number: number, repo, pr_url: url, ...more },
  });
}

/** Numbers mean something within a repository; without it, within the session. */
function requestKey({ state }: Mapping, { repo, number }: KnownPullRequest, what: string): string {
  if (repo !== undefined) return naturalKey.pullRequest(repo, number, what);
  return naturalKey.call(state.session, `pr:${number}:${what}`);
}

interface Ending extends KnownPullRequest {
  readonly type: "PRMerged" | "PRClosed";
  /** Tells ends apart that the same pull request can have several times. */
  readonly what: string;
  readonly metadata: Record<string, unknown>;
}

function tellEnd(mapping: Mapping, seen: Seen, end: Ending): void {
  const { number, repo } = end;
  const { state } = mapping;
  mapping.emit(seen, {
    type: end.type,
    key: requestKey(mapping, { number, repo }, end.what),
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
  const number = ordinalOf(use.response["number"]);
  if (number === undefined) return;
  tellCreated(mapping, seen, {
    number,
    repo: repoIn(use),
    url: textOf(use.response["html_url"]) ?? textOf(use.response["url"]),
    more: present({
      pr_title: textOf(use.input["title"]),
      base_branch: textOf(use.input["base"]),
      head_branch: textOf(use.input["head"]),
      draft: use.input["draft"] === true,
    }),
  });
}

/** A tool of a forge merged one. */
export function requestMerged(mapping: Mapping, seen: Seen, use: ToolUse): void {
  const number = ordinalOf(use.input["pullNumber"] ?? use.input["pull_number"]);
  if (number === undefined || use.response["merged"] === false) return;
  const metadata = {
    merged_commit_sha: textOf(use.response["sha"]),
    merge_method: textOf(use.input["merge_method"]),
  };
  tellEnd(mapping, seen, { number, repo: repoIn(use), type: "PRMerged", what: "merged", metadata });
}
