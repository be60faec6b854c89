import { readFileSync } from "node:fs";

import type { SessionFiles } from "./find-sessions.ts";
import { idOf, type Loose, objectOf, objectsOf, textOf } from "./json.ts";
import { issueFactsIn } from "./map-trackers.ts";
import type { Foresight, IssueFacts } from "./mapping.ts";
import { timeOf } from "./transcript.ts";
import { readEntries } from "./transcript-file.ts";

/** What a first look at a session's files tells. */
export interface SessionOutline extends Foresight {
  readonly files: SessionFiles;
  /** The first and the last moment that any entry of the session's own file names. */
  readonly first: string | undefined;
  readonly last: string | undefined;
  readonly cwd: string | undefined;
}

/** Entries that say which agent a call started, or what the tracker says of an issue. */
const TELLING = /"agentId"|agentId: |"issuetype"|\\"issuetype|"issue_type"|\\"issue_type/;
const TIME = /"timestamp":"([^"]{10,40})"/g;
const CWD = /"cwd":"((?:[^"\\]|\\.)+)"/;

/** Looks over a session's files. Most lines are not parsed. */
export async function outlineOf(files: SessionFiles, signal?: AbortSignal): Promise<SessionOutline> {
  const agentOfCall = new Map<string, string>();
  const issues = new Map<string, IssueFacts>();
  let [first, last, cwd]: (string | undefined)[] = [];
  const look = (line: string): boolean => {
    // The entry's own time is the last that its line names at depth one; texts in it are escaped.
    for (const [, time] of line.matchAll(TIME)) {
      const at = timeOf(time);
      if (at === undefined) continue;
      if (first === undefined || at < first) first = at;
      if (last === undefined || at > last) last = at;
    }
    cwd ??= cwdIn(line);
    return TELLING.test(line);
  };
  for (const { path } of [files, ...files.agents])
    for await (const entry of readEntries(path, { signal, wanted: look })) {
      noteAgent(entry, agentOfCall);
      noteIssue(entry, issues);
    }
  for (const { id, meta } of files.agents) {
    const call = meta === undefined ? undefined : idOf(metaOf(meta)?.["toolUseId"]);
    if (call !== undefined) agentOfCall.set(call, id);
  }
  return { files, agentOfCall, issues, first, last, cwd };
}

function cwdIn(line: string): string | undefined {
  const text = CWD.exec(line)?.[1];
  return text === undefined ? undefined : text.replaceAll("\\\\", "\\");
}

function noteAgent(entry: Loose, agentOfCall: Map<string, string>): void {
  const progress = objectOf(entry["data"]);
  const [parent, told] = [textOf(entry["parentToolUseID"]), idOf(progress?.["agentId"])];
  if (progress?.["type"] === "agent_progress" && parent !== undefined && told !== undefined)
    agentOfCall.set(parent, told);
  for (const result of objectsOf(objectOf(entry["message"])?.["content"])) {
    const call = textOf(result["tool_use_id"]);
    if (result["type"] !== "tool_result" || call === undefined) continue;
    const response = objectOf(entry["toolUseResult"]);
    const text = JSON.stringify(result["content"] ?? "");
    const agent =
      idOf(response?.["agentId"]) ??
      /^.{0,20}Async agent launched.*?\bagentId: ([\w-]{1,64})/.exec(text.slice(0, 2_000))?.[1];
    if (agent !== undefined) agentOfCall.set(call, agent);
  }
}

function noteIssue(entry: Loose, issues: Map<string, IssueFacts>): void {
  if (entry["type"] !== "user") return;
  for (const result of objectsOf(objectOf(entry["message"])?.["content"])) {
    const found = issueFactsIn(entry["toolUseResult"]) ?? issueFactsIn(result["content"]);
    if (found !== undefined && !issues.has(found[0])) issues.set(found[0], found[1]);
  }
}

function metaOf(path: string): Loose | undefined {
  try {
    return objectOf(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    // Half-written, or of a form to come: the transcript itself says as much.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
