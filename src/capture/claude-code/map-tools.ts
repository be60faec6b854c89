import { hash } from "node:crypto";
import { isAbsolute, relative } from "node:path/posix";

import { commandsOf } from "./command-kinds.ts";
import { type Loose, objectOf, objectsOf, shortText, textOf } from "./json.ts";
import { agentCallEnded, isAgentTool, launchAgent } from "./map-agents.ts";
import { commandEnded, startTests } from "./map-commands.ts";
import { noteSuccess, tellError } from "./map-failures.ts";
import { inferPhase, phaseOfTask } from "./map-phases.ts";
import { issueFactsIn, mcpToolEnded, READS_ISSUE } from "./map-trackers.ts";
import type { Mapping } from "./mapping.ts";
import { naturalKey } from "./natural-keys.ts";
import type { Seen, ToolEnd, ToolStart } from "./observation.ts";
import { before } from "./seconds.ts";
import type { OpenCall } from "./session-state.ts";

/** What of a call's input is needed when it returns; texts and prompts are let go at once. */
const KEPT = [
  "command file_path path metadata taskId status issueIdOrKey issue_key transition transition_id timeSpent time_spent",
  "title spaceKey spaceId space_key parentId owner repo base head draft pullNumber pull_number merge_method",
]
  .join(" ")
  .split(" ");

export function toolStarted(mapping: Mapping, seen: ToolStart & Seen): void {
  if (isAgentTool(seen.tool)) {
    inferPhase(mapping, seen, []);
    launchAgent(mapping, seen);
    return;
  }
  const open = openCall(seen);
  mapping.state.calls[seen.call] = open;
  inferPhase(mapping, seen, open.commands ?? []);
  startTests(mapping, seen, { call: seen.call, open });
}

function openCall({
  tool,
  input,
  at,
  agent,
}: Pick<ToolStart & Seen, "tool" | "input" | "at" | "agent">): OpenCall {
  const command = tool === "Bash" ? textOf(input["command"]) : undefined;
  const kept = Object.fromEntries(
    KEPT.filter((name) => name !== "command" && name in input).map((name) => [name, input[name]]),
  );
  const words = tool === "Write" ? textOf(input["content"])?.split(/\s+/).filter(Boolean).length : undefined;
  return {
    tool,
    at,
    input: { ...kept, ...(words !== undefined && { words }) },
    ...(agent !== undefined && { agent }),
    ...(command !== undefined && { commands: commandsOf(command) }),
  };
}

export function toolEnded(mapping: Mapping, seen: ToolEnd & Seen): void {
  const { state } = mapping;
  if (state.launches[seen.call] !== undefined || isAgentTool(seen.tool)) {
    agentCallEnded(mapping, seen);
    return;
  }
  const open = state.calls[seen.call] ?? unseenCall(mapping, seen);
  if (open === undefined) return;
  delete state.calls[seen.call];
  const { call, outcome, text, response } = seen;
  if (open.tool === "Bash") {
    commandEnded(mapping, seen, { call, open, commands: open.commands ?? [], outcome, text, response });
    return;
  }
  const name = shortText([open.tool, textOf(open.input["file_path"])].filter(Boolean).join(" "), 200);
  if (outcome === "failed")
    tellError(mapping, seen, { call, started_at: open.at, name, tool: open.tool, text });
  if (outcome !== "ok") return;
  noteSuccess(mapping, seen, { call, started_at: open.at, name });
  phaseOfTask(mapping, seen, open);
  if (open.tool === "Write") documentWritten(mapping, seen, open);
  else if (open.tool === "ReportFindings") findingsReported(mapping, seen);
  else if (open.tool === "EnterWorktree") checkpoint(mapping, seen);
  else if (READS_ISSUE.test(open.tool)) issueRead(mapping, seen);
  else if (open.tool.startsWith("mcp__"))
    mcpToolEnded(mapping, seen, { call, tool: open.tool, input: open.input, response: response ?? text });
}

/** Hooks after a tool's call bring the call along. */
function unseenCall(mapping: Mapping, seen: ToolEnd & Seen): OpenCall | undefined {
  const { tool, input } = seen;
  if (tool === undefined || input === undefined) return undefined;
  const at = before(seen.at, seen.duration_ms ?? 0);
  const open = openCall({ tool, input, at, agent: seen.agent });
  inferPhase(mapping, { ...seen, at, kind: "tool-start", tool, input }, open.commands ?? []);
  startTests(mapping, seen, { call: seen.call, open });
  return open;
}

const DOCUMENT = /\.(?:md|mdx|rst|adoc)$/i;

/** A document that was not there before, in the project. */
function documentWritten(mapping: Mapping, seen: ToolEnd & Seen, open: OpenCall): void {
  const path = textOf(open.input["file_path"]) ?? "";
  const isNew = objectOf(seen.response)?.["type"] === "create";
  const cwd = seen.cwd ?? mapping.state.cwd;
  if (!isNew || cwd === undefined || !DOCUMENT.test(path)) return;
  const doc_path = isAbsolute(path) ? relative(cwd, path) : path;
  if (doc_path === "" || doc_path.startsWith("..")) return;
  const created_by = mapping.actorOf(mapping.agentOf(seen)).id;
  const word_count = typeof open.input["words"] === "number" ? open.input["words"] : undefined;
  mapping.emit(seen, {
    type: "DocumentationCreated",
    key: naturalKey.call(seen.call, "document"),
    metadata: {
      doc_path,
      doc_type: /readme/i.test(doc_path) ? "readme" : "document",
      created_by,
      word_count,
    },
  });
}

const SEVERITIES = new Map([
  ["critical", "critical"],
  ["important", "high"],
  ["high", "high"],
  ["medium", "medium"],
  ["pre_existing", "medium"],
  ["low", "low"],
  ["nit", "low"],
]);

/** A review's findings are gaps, until they come back as fixed. */
function findingsReported(mapping: Mapping, seen: ToolEnd & Seen): void {
  const findings = objectsOf(objectOf(seen.response)?.["findings"] ?? seen.input?.["findings"]);
  for (const finding of findings) {
    const gap_id = gapId(finding);
    const outcome = textOf(finding["outcome"]);
    if (outcome === undefined)
      mapping.emit(seen, {
        type: "GapIdentified",
        key: `cc:gap:${gap_id}:found`,
        metadata: {
          gap_id,
          gap_type: textOf(finding["category"]) ?? "finding",
          severity: SEVERITIES.get(textOf(finding["severity"]) ?? "") ?? "medium",
          description: shortText(textOf(finding["summary"]) ?? "", 500),
          affected_modules: textOf(finding["file"]) === undefined ? undefined : [textOf(finding["file"])],
          identified_by: mapping.actorOf(mapping.agentOf(seen)).id,
        },
      });
    else if (outcome === "fixed")
      mapping.emit(seen, {
        type: "GapResolved",
        key: `cc:gap:${gap_id}:fixed`,
        metadata: {
          gap_id,
          resolution_strategy: "fixed",
          resolved_by: mapping.actorOf(mapping.agentOf(seen)).id,
        },
      });
  }
}

function gapId(finding: Loose): string {
  const told = ["file", "line", "category", "summary"].map((name) => JSON.stringify(finding[name] ?? ""));
  return `gap-${hash("sha256", told.join("\n")).slice(0, 12)}`;
}

function checkpoint(mapping: Mapping, seen: ToolEnd & Seen): void {
  mapping.emit(seen, {
    type: "CheckpointCreated",
    key: naturalKey.call(seen.call, "checkpoint"),
    metadata: {
      checkpoint_id: seen.call,
      checkpoint_reason: "worktree",
      checkpoint_phase: mapping.state.phase,
    },
  });
}

/** The tracker's own words about the issue complete what was said when the work began. */
function issueRead(mapping: Mapping, seen: ToolEnd & Seen): void {
  const { state } = mapping;
  const found = issueFactsIn(seen.response ?? seen.text);
  const { segment } = state;
  if (found === undefined || segment?.correlation === undefined || found[0] !== segment.issue) return;
  const key = mapping.runs.at(found[0], seen.at)?.key;
  if (key === undefined || mapping.foresight !== undefined) return;
  const [issue, { summary, type, ...facts }] = found;
  mapping.emit(seen, {
    type: "OrchestrationStarted",
    key,
    at: segment.started_at,
    metadata: {
      issue_summary: summary ?? `Work on ${issue}`,
      initial_phase:
        mapping.runs.at(issue, segment.started_at)?.phase ?? mapping.rules.phases[0] ?? "EXPLORE",
      issue_type: type,
      issue_title: summary,
      ...facts,
    },
  });
}
