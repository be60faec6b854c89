import { idOf, type Loose, numberOf, objectOf, textOf } from "./json.ts";
import type { Happening, Observation, Seen } from "./observation.ts";
import { branchOf, commandOf, textIn } from "./transcript.ts";

/** What stands around a payload: when it came, and the branch of the working copy at that moment. */
export interface HookReceipt {
  /** ISO 8601 UTC; payloads carry no time. */
  readonly at: string;
  readonly branch?: string | undefined;
}

/** Why a payload cannot become anything. */
export class UnknownHook extends Error {}

/**
 * What a hook's payload tells.
 * @throws UnknownHook for something that is no payload, or that names nothing it could belong to.
 */
export function readHook(payload: unknown, receipt: HookReceipt): Observation[] {
  const hook = objectOf(payload);
  if (hook === undefined) throw new UnknownHook("not a JSON object");
  const [session, name] = [idOf(hook["session_id"]), textOf(hook["hook_event_name"])];
  if (session === undefined || session.length > 128) throw new UnknownHook("no session_id");
  if (name === undefined) throw new UnknownHook("no hook_event_name");
  const seen: Seen = {
    session,
    at: receipt.at,
    agent: idOf(hook["agent_id"]),
    agentType: textOf(hook["agent_type"]),
    cwd: textOf(hook["cwd"]),
    branch: branchOf(receipt.branch),
    prompt: idOf(hook["prompt_id"]),
  };
  const read = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  if (read === undefined) throw new UnknownHook(`no event is made of ${name}`);
  return read(hook, seen).map((one) => ({ ...seen, ...one }));
}

type Reader = (hook: Loose, seen: Seen) => (Happening & Partial<Seen>)[];

const sign: Reader = () => [{ kind: "sign" }];

const READERS: Readonly<Record<string, Reader>> = {
  SessionStart: sign,
  Stop: sign,
  TaskCreated: sign,
  TaskCompleted: sign,
  UserPromptSubmit: (hook) => [{ kind: "prompt", command: commandOf(textOf(hook["prompt"]) ?? "") }],
  UserPromptExpansion(hook) {
    const name = textOf(hook["command_name"]);
    const args = textOf(hook["command_args"]) ?? "";
    return [{ kind: "prompt", command: name === undefined ? undefined : { name, args } }];
  },
  PreToolUse(hook) {
    const [call, tool] = [idOf(hook["tool_use_id"]), textOf(hook["tool_name"])];
    if (call === undefined || tool === undefined) throw new UnknownHook("no tool_use_id or tool_name");
    return [{ kind: "tool-start", call, tool, input: objectOf(hook["tool_input"]) ?? {} }];
  },
  PostToolUse: (hook) => [toolEnd(hook, "ok")],
  PostToolUseFailure: (hook) => [toolEnd(hook, hook["is_interrupt"] === true ? "stopped" : "failed")],
  PermissionRequest: (hook, seen) => blocked(seen, textOf(hook["tool_name"])),
  Notification: (hook, seen) =>
    hook["notification_type"] === "permission_prompt" ? blocked(seen, "permission") : [{ kind: "sign" }],
  Elicitation: (_hook, seen) => blocked(seen, "a question"),
  TeammateIdle: (hook, seen) => blocked(seen, textOf(hook["teammate_name"]) === undefined ? "work" : "idle"),
  SubagentStart: (hook) => [{ kind: "agent-start", ...agentOf(hook), agent: undefined }],
  SubagentStop: (hook) => [{ kind: "agent-end", ...agentOf(hook), agent: undefined }],
  StopFailure(hook, seen) {
    const error = textOf(hook["error"]) ?? "unknown";
    const id = `${seen.prompt ?? seen.at}:${error}`;
    return [{ kind: "turn-failed", id, error, details: textOf(hook["error_details"]) }];
  },
  SessionEnd: (hook) => [
    {
      kind: "session-end",
      reason: textOf(hook["reason"]) ?? "other",
      transcript: textOf(hook["transcript_path"]),
    },
  ],
};

function blocked(seen: Seen, by: string | undefined): Happening[] {
  return seen.agent === undefined ? [{ kind: "sign" }] : [{ kind: "blocked", by: by ?? "permission" }];
}

/** Claude Code also reports its own inner agents, without a type, and sometimes the session itself. */
function agentOf(hook: Loose): { id: string; type: string } {
  const [id, type] = [idOf(hook["agent_id"]), textOf(hook["agent_type"])];
  if (id === undefined) throw new UnknownHook("no agent_id");
  if (type === undefined) throw new UnknownHook("no agent_type: an inner agent of Claude Code");
  return { id, type };
}

function toolEnd(hook: Loose, outcome: "ok" | "failed" | "stopped"): Happening {
  const [call, tool] = [idOf(hook["tool_use_id"]), textOf(hook["tool_name"])];
  if (call === undefined || tool === undefined) throw new UnknownHook("no tool_use_id or tool_name");
  const response = hook["tool_response"];
  const loose = objectOf(response);
  const output = [loose?.["stdout"], loose?.["stderr"]]
    .map((part) => textOf(part))
    .filter((part) => part !== undefined);
  const text =
    textOf(hook["error"]) ?? (output.length > 0 ? output.join("\n") : textIn(loose?.["content"] ?? response));
  return {
    kind: "tool-end",
    call,
    tool,
    input: objectOf(hook["tool_input"]) ?? {},
    outcome: outcome === "ok" && loose?.["interrupted"] === true ? "stopped" : outcome,
    response,
    text,
    duration_ms: durationOf(hook["duration_ms"]),
  };
}

const DURATION_MS_MAX = 7 * 86_400_000;

function durationOf(value: unknown): number | undefined {
  const ms = numberOf(value);
  return ms === undefined || ms < 0 || ms > DURATION_MS_MAX ? undefined : ms;
}
