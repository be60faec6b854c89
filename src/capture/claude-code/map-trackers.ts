import { type KnownCommand, optionOf } from "./command-kinds.ts";
import { countOf, type Loose, numberOf, objectOf, present, textOf } from "./json.ts";
import type { Ended } from "./map-commands.ts";
import { endRun } from "./map-runs.ts";
import type { IssueFacts, Mapping } from "./mapping.ts";
import { naturalKey } from "./natural-keys.ts";
import type { PullRequest, Seen } from "./observation.ts";

const PR_URL = /https:\/\/([^/\s"']+)\/([^\s"'?#]+?)\/(?:pull|-\/merge_requests|pull-requests|pullreq)\/(\d+)/;
const DONE = /^(?:done|closed|resolved|completed?|released)$/i;
const NOT_TOLD = "unknown";

interface KnownPullRequest {
  readonly number: number;
  readonly repo?: string | undefined;
  readonly url?: string | undefined;
}

/** What a forge's command line did to a pull request. */
export function issueCommand(
  mapping: Mapping,
  seen: Seen,
  { command, ended }: { command: Extract<KnownCommand, { kind: "pull-request" }>; ended: Ended },
): void {
  const { state } = mapping;
  const [, , path, digits] = PR_URL.exec(ended.text) ?? [];
  const told = objectOf(objectOf(objectOf(ended.response)?.["gitOperation"])?.["pr"]);
  const argument = command.words.find((word) => /^\d+$/.test(word)) ?? command.words.find((word) => PR_URL.test(word));
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
    const method = words.map((word) => /^--(squash|rebase|merge)$/.exec(word)?.[1]).find((one) => one !== undefined);
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

function tellCreated(mapping: Mapping, seen: Seen, known: KnownPullRequest, more: Record<string, unknown>): void {
  const { state } = mapping;
  const { number, repo, url } = known;
  if (repo !== undefined) state.repo = repo;
  const title = textOf(more["pr_title"]);
  const branch = seen.branch ?? state.branch;
  const [issue] = mapping.keysIn({ ...(branch !== undefined && { branch }), ...(title !== undefined && { prTitle: title }) });
  mapping.emit(seen, {
    type: "PRCreated",
    key: naturalKey.pullRequest(repo ?? NOT_TOLD, number, "created"),
    issue,
    metadata: { pr_number: number, repo, pr_url: url, ...more },
  });
}

function tellEnd(
  mapping: Mapping,
  seen: Seen,
  { number, repo }: KnownPullRequest,
  end: { type: "PRMerged" | "PRClosed"; what: string; metadata: Record<string, unknown> },
): void {
  const { state } = mapping;
  mapping.emit(seen, {
    type: end.type,
    key: naturalKey.pullRequest(repo ?? NOT_TOLD, number, end.what),
    metadata: { pr_number: number, repo, ...end.metadata },
  });
  const issue = state.segment?.issue;
  if (end.type === "PRMerged" && issue !== undefined && !state.merged.includes(issue)) state.merged.push(issue);
}

/** A tracker's own command line moved issues. */
export function moveIssues(
  mapping: Mapping,
  seen: Seen,
  { commands, call }: { commands: readonly KnownCommand[]; call: string },
): void {
  for (const command of commands) {
    if (command.kind !== "move") continue;
    for (const word of command.keys) {
      const [key] = mapping.keysIn({ subject: word });
      // Parts of an issue, such as `spotter-gqc.1`, do not move it.
      if (key === word) moveIssue(mapping, seen, { key, to: command.to, place: `${call}:${word}` });
    }
  }
}

interface Move {
  readonly key: string;
  readonly to: string;
  readonly place: string;
  readonly transition?: string | undefined;
}

function moveIssue(mapping: Mapping, seen: Seen, { key, to, place, transition }: Move): void {
  const { state } = mapping;
  mapping.emit(seen, {
    type: "IssueTransitioned",
    key: naturalKey.call(place, "moved"),
    issue: key,
    metadata: {
      from_status: state.statuses[key] ?? NOT_TOLD,
      to_status: to,
      transition_id: transition,
      transition_trigger: "agent",
      automated: true,
    },
  });
  state.statuses[key] = to;
  if (!DONE.test(to) || key !== state.segment?.issue || !state.merged.includes(key)) return;
  endRun(mapping, seen, { type: "OrchestrationCompleted", metadata: { final_state: to } });
}

interface ToolUse {
  readonly call: string;
  readonly tool: string;
  readonly input: Loose;
  readonly response: Loose;
}

type Teller = (mapping: Mapping, seen: Seen, use: ToolUse) => void;

/** Tools of trackers, wikis and forges, by the end of their names; servers name them in two styles. */
const TOOLS: readonly (readonly [RegExp, Teller])[] = [
  [/(?:transitionJiraIssue|transition_issue)$/, transitioned],
  [/(?:addCommentToJiraIssue|add_comment)$/, commented],
  [/(?:addWorklogToJiraIssue|add_worklog)$/, workLogged],
  [/(?:createConfluencePage|confluence_create_page)$/, pageCreated],
  [/create_pull_request$/, requestCreated],
  [/merge_pull_request$/, requestMerged],
];

/** What a tool of an MCP server did. */
export function mcpToolEnded(mapping: Mapping, seen: Seen, use: Omit<ToolUse, "response"> & { response: unknown }): void {
  const tell = TOOLS.find(([name]) => name.test(use.tool))?.[1];
  tell?.(mapping, seen, { ...use, response: payloadOf(use.response) });
}

/** MCP answers are objects, or JSON in a text. */
export function payloadOf(response: unknown): Loose {
  const text = Array.isArray(response) ? textOf(objectOf(response[0])?.["text"]) : textOf(response);
  const inner = text ?? textOf(objectOf(Array.isArray(objectOf(response)?.["content"]) ? (objectOf(response)?.["content"] as unknown[])[0] : undefined)?.["text"]);
  if (inner === undefined) return objectOf(response) ?? {};
  try {
    return objectOf(JSON.parse(inner)) ?? {};
  } catch {
    return {};
  }
}

function issueIn({ input }: ToolUse): string | undefined {
  return textOf(input["issueIdOrKey"]) ?? textOf(input["issue_key"]);
}

function idIn(value: unknown): string | undefined {
  return textOf(value) ?? (typeof value === "number" ? String(value) : undefined);
}

function hostOf(response: Loose): string {
  const self = textOf(response["self"]) ?? textOf(response["url"]) ?? textOf(objectOf(response["_links"])?.["base"]);
  return URL.parse(self ?? "")?.host ?? NOT_TOLD;
}

/** The key as the store takes it; numeric ids are none. */
function keyOf(mapping: Mapping, use: ToolUse): string | undefined {
  const named = issueIn(use);
  return named === undefined ? undefined : mapping.keysIn({ subject: named })[0];
}

function transitioned(mapping: Mapping, seen: Seen, use: ToolUse): void {
  const key = keyOf(mapping, use) ?? mapping.state.segment?.issue;
  if (key === undefined) return;
  const transition = objectOf(use.input["transition"]);
  const id = idIn(transition?.["id"]) ?? idIn(use.input["transition_id"]);
  const to =
    textOf(objectOf(use.response["to"])?.["name"]) ?? textOf(use.response["status"]) ?? textOf(transition?.["name"]);
  moveIssue(mapping, seen, { key, to: to ?? `transition ${id ?? NOT_TOLD}`, place: use.call, transition: id });
}

function commented(mapping: Mapping, seen: Seen, use: ToolUse): void {
  const id = idIn(use.response["id"]);
  mapping.emit(seen, {
    type: "CommentPosted",
    key: id === undefined ? naturalKey.call(use.call, "comment") : naturalKey.comment(hostOf(use.response), id),
    issue: keyOf(mapping, use),
    metadata: { comment_id: id ?? use.call, comment_type: "agent", posted_by: mapping.actorOf(mapping.agentOf(seen)).id },
  });
}

const UNITS: Readonly<Record<string, number>> = { w: 144_000, d: 28_800, h: 3_600, m: 60 };

function workLogged(mapping: Mapping, seen: Seen, use: ToolUse): void {
  const human = textOf(use.input["timeSpent"]) ?? textOf(use.input["time_spent"]);
  const parts = [...(human ?? "").matchAll(/(\d+(?:\.\d+)?)\s*([wdhm])/g)];
  const sum = parts.reduce((total, [, amount, unit]) => total + Number(amount) * (UNITS[unit ?? ""] ?? 0), 0);
  const seconds = countOf(use.response["timeSpentSeconds"]) ?? sum;
  const id = idIn(use.response["id"]);
  mapping.emit(seen, {
    type: "WorklogAdded",
    key: id === undefined ? naturalKey.call(use.call, "worklog") : naturalKey.worklog(hostOf(use.response), id),
    issue: keyOf(mapping, use),
    metadata: { time_spent_seconds: seconds, time_spent_human: human },
  });
}

function pageCreated(mapping: Mapping, seen: Seen, use: ToolUse): void {
  const id = idIn(use.response["id"]) ?? use.call;
  mapping.emit(seen, {
    type: "ConfluencePageCreated",
    key: naturalKey.page(hostOf(use.response), id),
    metadata: {
      page_id: id,
      page_title: textOf(use.input["title"]) ?? textOf(use.response["title"]),
      space_key: idIn(use.input["spaceKey"]) ?? idIn(use.input["spaceId"]) ?? idIn(use.input["space_key"]),
      parent_page_id: idIn(use.input["parentId"]),
    },
  });
}

function repoIn({ input }: ToolUse): string | undefined {
  const [owner, repo] = [textOf(input["owner"]), textOf(input["repo"])];
  return owner === undefined || repo === undefined ? undefined : `${owner}/${repo}`;
}

function requestCreated(mapping: Mapping, seen: Seen, use: ToolUse): void {
  const number = countOf(use.response["number"]);
  if (number === undefined) return;
  const known = { number, repo: repoIn(use), url: textOf(use.response["html_url"]) ?? textOf(use.response["url"]) };
  tellCreated(mapping, seen, known, present({
    pr_title: textOf(use.input["title"]),
    base_branch: textOf(use.input["base"]),
    head_branch: textOf(use.input["head"]),
    draft: use.input["draft"] === true,
  }));
}

function requestMerged(mapping: Mapping, seen: Seen, use: ToolUse): void {
  const number = countOf(use.input["pullNumber"] ?? use.input["pull_number"]);
  if (number === undefined || use.response["merged"] === false) return;
  const metadata = { merged_commit_sha: textOf(use.response["sha"]), merge_method: textOf(use.input["merge_method"]) };
  tellEnd(mapping, seen, { number, repo: repoIn(use) }, { type: "PRMerged", what: "merged", metadata });
}

/** What the tracker's answer says of an issue, with its key. */
export function issueFactsIn(response: unknown): readonly [string, IssueFacts] | undefined {
  const payload = payloadOf(response);
  const key = textOf(payload["key"]);
  const fields = objectOf(payload["fields"]) ?? payload;
  const summary = textOf(fields["summary"]);
  if (key === undefined || summary === undefined) return undefined;
  const names = (value: unknown): string[] =>
    Array.isArray(value)
      ? value.map((one) => textOf(one) ?? textOf(objectOf(one)?.["name"])).filter((one) => one !== undefined)
      : [];
  const named = (value: unknown) => textOf(value) ?? textOf(objectOf(value)?.["name"]);
  const facts = {
    summary,
    type: named(fields["issuetype"] ?? fields["issue_type"]),
    priority: named(fields["priority"]),
    labels: names(fields["labels"]),
    components: names(fields["components"]),
  };
  return [key, present(facts) as IssueFacts];
}

/** The tools that look at an issue. */
export const READS_ISSUE = /(?:getJiraIssue|(?:jira_)?get_issue)$/;
