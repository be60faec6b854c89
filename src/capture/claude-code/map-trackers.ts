import type { KnownCommand } from "./command-kinds.ts";
import { countOf, idOf, type Loose, objectOf, present, textOf } from "./json.ts";
import { requestCreated, requestMerged } from "./map-pull-requests.ts";
import { endRun } from "./map-run-end.ts";
import { payloadOf, type ToolUse } from "./mcp-answer.ts";
import type { IssueFacts, Mapping } from "./mapping.ts";
import { naturalKey } from "./natural-keys.ts";
import type { Seen } from "./observation.ts";

const DONE = /^(?:done|closed|resolved|completed?|released)$/i;
const NOT_TOLD = "unknown";

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
export function mcpToolEnded(
  mapping: Mapping,
  seen: Seen,
  use: Omit<ToolUse, "response"> & { response: unknown },
): void {
  const tell = TOOLS.find(([name]) => name.test(use.tool))?.[1];
  tell?.(mapping, seen, { ...use, response: payloadOf(use.response) });
}

function issueIn({ input }: ToolUse): string | undefined {
  return textOf(input["issueIdOrKey"]) ?? textOf(input["issue_key"]);
}

function idIn(value: unknown): string | undefined {
  return idOf(value) ?? countOf(value)?.toString();
}

function hostOf(response: Loose): string {
  const self =
    textOf(response["self"]) ?? textOf(response["url"]) ?? textOf(objectOf(response["_links"])?.["base"]);
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
    textOf(objectOf(use.response["to"])?.["name"]) ??
    textOf(use.response["status"]) ??
    textOf(transition?.["name"]);
  moveIssue(mapping, seen, {
    key,
    to: to ?? `transition ${id ?? NOT_TOLD}`,
    place: use.call,
    transition: id,
  });
}

function commented(mapping: Mapping, seen: Seen, use: ToolUse): void {
  const id = idIn(use.response["id"]);
  mapping.emit(seen, {
    type: "CommentPosted",
    key:
      id === undefined ? naturalKey.call(use.call, "comment") : naturalKey.comment(hostOf(use.response), id),
    issue: keyOf(mapping, use),
    metadata: {
      comment_id: id ?? use.call,
      comment_type: "agent",
      posted_by: mapping.actorOf(mapping.agentOf(seen)).id,
    },
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
    key:
      id === undefined ? naturalKey.call(use.call, "worklog") : naturalKey.worklog(hostOf(use.response), id),
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

/** What the tracker's answer says of an issue, with its key. */
export function issueFactsIn(response: unknown): readonly [string, IssueFacts] | undefined {
  const payload = payloadOf(response);
  const key = textOf(payload["key"]);
  const fields = objectOf(payload["fields"]) ?? payload;
  const summary = textOf(fields["summary"]);
  if (key === undefined || summary === undefined) return undefined;
  const facts = {
    summary,
    type: nameOf(fields["issuetype"] ?? fields["issue_type"]),
    priority: nameOf(fields["priority"]),
    labels: namesOf(fields["labels"]),
    components: namesOf(fields["components"]),
  };
  return [key, present(facts) as IssueFacts];
}

/** The tools that look at an issue. */
export const READS_ISSUE = /(?:getJiraIssue|(?:jira_)?get_issue)$/;

function nameOf(value: unknown): string | undefined {
  return textOf(value) ?? textOf(objectOf(value)?.["name"]);
}

function namesOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(nameOf).filter((one) => one !== undefined) : [];
}
