import { mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

import { type Loose, objectOf, objectsOf, textOf } from "./json.ts";

/** A hook's payload, and when and on which branch it came. */
interface Told {
  readonly at: string;
  readonly branch: string;
  readonly payload: Loose;
}

const isAgent = ({ name }: Loose): boolean => name === "Task" || name === "Agent";

/** What hooks would have told of a session, had they been there: made from its transcript. */
export function asHooks(transcript: string): Told[] {
  const session_id = basename(transcript, ".jsonl");
  const calls = new Map<string, { readonly call: Loose; readonly at: string }>();
  const told: Told[] = [];
  let [at, branch] = ["", ""];
  const tell = (payload: Loose, moment = at): void => {
    told.push({ at: moment, branch, payload: { session_id, cwd: "/home/me/shop", ...payload } });
  };
  for (const line of readFileSync(transcript, "utf8").trim().split("\n")) {
    const entry = objectOf(JSON.parse(line)) ?? {};
    [at, branch] = [textOf(entry["timestamp"]) ?? at, textOf(entry["gitBranch"]) ?? branch];
    for (const piece of objectsOf(objectOf(entry["message"])?.["content"])) {
      if (piece["type"] === "tool_use") calls.set(String(piece["id"]), { call: piece, at });
      if (piece["type"] === "tool_use" && isAgent(piece))
        tell({ hook_event_name: "PreToolUse", ...ofCall(piece) });
      const open = piece["type"] === "tool_result" ? calls.get(String(piece["tool_use_id"])) : undefined;
      if (open === undefined || !(isAgent(open.call) || open.call["name"] === "Bash")) continue;
      const response = entry["toolUseResult"];
      const agent_id = objectOf(response)?.["agentId"];
      const agent_type = objectOf(open.call["input"])?.["subagent_type"];
      if (agent_id !== undefined) tell({ hook_event_name: "SubagentStart", agent_id, agent_type }, open.at);
      const duration_ms = Date.parse(at) - Date.parse(open.at);
      tell({ ...ofResult(piece, response), ...ofCall(open.call), duration_ms });
    }
  }
  tell({ hook_event_name: "SessionEnd", reason: "other", transcript_path: transcript });
  return told;
}

function ofCall(call: Loose): Loose {
  return { tool_name: call["name"], tool_use_id: call["id"], tool_input: call["input"] };
}

function ofResult(piece: Loose, response: unknown): Loose {
  if (piece["is_error"] !== true) {
    const stdout = typeof response === "string" ? { stdout: response } : response;
    return { hook_event_name: "PostToolUse", tool_response: stdout };
  }
  const error = String(piece["content"]);
  return { hook_event_name: "PostToolUseFailure", error, is_interrupt: error.startsWith("The user") };
}

/** Writes them into a store's spool, as the hook script does. */
export function spoolHooks(store: string, told: readonly Told[]): void {
  const spool = join(store, ".store", "spool");
  mkdirSync(spool, { recursive: true });
  for (const [n, { at, branch, payload }] of told.entries()) {
    const path = join(spool, `cc-${payload["session_id"] as string}-${String(n).padStart(6, "0")}.hook`);
    writeFileSync(path, `eso-hook/1 ${branch}\n${JSON.stringify(payload)}`);
    utimesSync(path, Date.parse(at) / 1_000, Date.parse(at) / 1_000);
  }
}
