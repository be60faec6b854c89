import { countOf, idOf, type Loose, objectOf, objectsOf, ordinalOf, textOf } from "./json.ts";
import type { Happening, Observation, Seen, TokenCounts } from "./observation.ts";

/** What entries of a transcript mean. One for each file, since an entry may build on earlier ones. */
export class TranscriptReader {
  readonly #session: string;
  readonly #agent: string | undefined;
  #at: string | undefined;
  #branch: string | undefined;
  #cwd: string | undefined;
  /** Entries of kinds that are not known here, by kind. */
  readonly unknown = new Map<string, number>();

  /**
   * @param session the session that the file belongs to.
   * @param agent the subagent whose transcript this is.
   */
  constructor(session: string, agent?: string) {
    this.#session = session;
    this.#agent = agent;
  }

  /** What an entry tells; nothing for the many kinds that only concern the terminal. */
  read(entry: Loose): Observation[] {
    const at = timeOf(entry["timestamp"]) ?? this.#at;
    if (at === undefined) return [];
    this.#at = at;
    this.#branch = branchOf(entry["gitBranch"]) ?? this.#branch;
    this.#cwd = textOf(entry["cwd"]) ?? this.#cwd;
    const isInline = entry["isSidechain"] === true && this.#agent === undefined;
    const seen: Seen = {
      session: this.#session,
      at,
      agent: this.#agent ?? (isInline ? idOf(entry["agentId"]) : undefined),
      branch: this.#branch,
      cwd: this.#cwd,
    };
    return this.#happenings(entry, seen).map((one) => ({ ...seen, ...one }));
  }

  #happenings(entry: Loose, seen: Seen): (Happening & Partial<Seen>)[] {
    const type = textOf(entry["type"]) ?? "";
    switch (type) {
      case "assistant":
        return ofAssistant(entry);
      case "user":
        return ofUser(entry, seen);
      case "queue-operation":
        return notices(textOf(entry["content"]));
      case "pr-link":
        return ofPrLink(entry);
      case "system":
        return entry["subtype"] === "api_error" ? [apiError(entry)] : [];
      default:
        if (!KNOWN_KINDS.has(type)) this.unknown.set(type, (this.unknown.get(type) ?? 0) + 1);
        return [];
    }
  }
}

/** Kinds of entries from which nothing is taken. */
const KNOWN_KINDS = new Set(
  (
    "progress attachment summary file-history-snapshot mode permission-mode ai-title custom-title last-prompt " +
    "agent-name agent-color tag worktree-state content-replacement attribution-snapshot marble-origami-commit " +
    "marble-origami-snapshot speculation-accept context-collapse-commit task-summary"
  ).split(" "),
);

const BRANCH_MAX = 255;

/** Claude Code writes `HEAD` where no branch is checked out. */
export function branchOf(value: unknown): string | undefined {
  const branch = textOf(value);
  return branch === "HEAD" || (branch?.length ?? 0) > BRANCH_MAX ? undefined : branch?.toWellFormed();
}

/** A time in the one form that events have. */
export function timeOf(value: unknown): string | undefined {
  const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
  const time = Number.isNaN(ms) ? "" : new Date(ms).toISOString();
  return /^[12]\d{3}-/.test(time) ? time : undefined;
}

function contentOf(entry: Loose): Loose[] {
  return objectsOf(objectOf(entry["message"])?.["content"]);
}

function ofAssistant(entry: Loose): Happening[] {
  const message = objectOf(entry["message"]) ?? {};
  const content = contentOf(entry);
  if (entry["isApiErrorMessage"] === true) return [apiError(entry)];
  const calls = content.filter(({ type }) => type === "tool_use");
  const found: Happening[] = [];
  const id = idOf(message["id"]);
  const tokens = tokensOf(objectOf(message["usage"]));
  const model = textOf(message["model"]);
  if (id !== undefined && model !== undefined && model !== "<synthetic>") {
    const final = calls.length === 0 && content.some(({ type }) => type === "text");
    found.push({ kind: "usage", message: id, model, tokens, final });
  }
  for (const call of calls) {
    const [callId, tool] = [idOf(call["id"]), textOf(call["name"])];
    if (callId === undefined || tool === undefined) continue;
    found.push({ kind: "tool-start", call: callId, tool, input: objectOf(call["input"]) ?? {} });
  }
  return found;
}

function tokensOf(usage: Loose | undefined): TokenCounts {
  const of = (name: string) => countOf(usage?.[name]) ?? 0;
  return {
    input: of("input_tokens"),
    output: of("output_tokens"),
    cache_creation: of("cache_creation_input_tokens"),
    cache_creation_1h: countOf(objectOf(usage?.["cache_creation"])?.["ephemeral_1h_input_tokens"]) ?? 0,
    cache_read: of("cache_read_input_tokens"),
  };
}

function apiError(entry: Loose): Happening {
  const [first] = contentOf(entry);
  const cause = objectOf(entry["error"]) ?? objectOf(entry["cause"]);
  const error = textOf(entry["error"]) ?? textOf(cause?.["type"]) ?? "api_error";
  const details = textOf(first?.["text"]) ?? textOf(cause?.["message"]);
  return { kind: "turn-failed", id: textOf(entry["uuid"]) ?? "", error, details };
}

function ofUser(entry: Loose, seen: Seen): (Happening & Partial<Seen>)[] {
  const content = contentOf(entry);
  const results = content.filter(({ type }) => type === "tool_result");
  if (results.length > 0) return results.flatMap((one) => ofResult(entry, one, results.length === 1));
  const message = objectOf(entry["message"])?.["content"];
  const text = textOf(message) ?? content.map(({ text: part }) => textOf(part) ?? "").join("\n");
  if (text.includes("<task-notification>")) return notices(text);
  if (seen.agent !== undefined || !isAsked(entry, text)) return [];
  const prompt = idOf(entry["promptId"]) ?? idOf(entry["uuid"]);
  return [{ kind: "prompt", prompt, command: commandOf(text) }];
}

/** Put there by the program, in a person's place. */
const NOT_ASKED =
  /^\s*(?:<(?:local-command|bash-|task-|system-reminder|user-memory)|Caveat: |\[Request interrupted|This session is being continued from)/;
/** Commands of the terminal, which ask the model for nothing. */
const TERMINAL_COMMAND =
  /^(?:clear|compact|cost|exit|help|login|logout|model|resume|rename|status|config|mcp|doctor|usage)$/;

function isAsked(entry: Loose, text: string): boolean {
  if (entry["isMeta"] === true || entry["isCompactSummary"] === true || text.trim() === "") return false;
  const origin = textOf(objectOf(entry["origin"])?.["kind"]);
  if (origin !== undefined && origin !== "human") return false;
  const command = commandOf(text);
  return !NOT_ASKED.test(text) && (command === undefined || !TERMINAL_COMMAND.test(command.name));
}

/** A slash command as transcripts and prompts write it. */
export function commandOf(text: string): { name: string; args: string } | undefined {
  const tagged = /<command-name>\/?([^<\s]{1,200})<\/command-name>/.exec(text.slice(0, 4_000))?.[1];
  if (tagged !== undefined) {
    const args = /<command-args>([^<]{0,4000})/.exec(text)?.[1] ?? "";
    return { name: tagged, args: args.trim() };
  }
  const typed = /^\/([A-Za-z0-9:_-]{1,200})(?:\s+([^\n]{0,4000}))?/.exec(text);
  return typed === null ? undefined : { name: typed[1] ?? "", args: (typed[2] ?? "").trim() };
}

const STOPPED =
  /^(?:User rejected|Error: The user doesn't want to|The user doesn't want to (?:proceed|take)|\[Request interrupted)/;

function ofResult(entry: Loose, result: Loose, isOnly: boolean): Happening[] {
  const call = idOf(result["tool_use_id"]);
  if (call === undefined) return [];
  const response = isOnly ? entry["toolUseResult"] : undefined;
  const text = textIn(result["content"]);
  const stopped = STOPPED.test(text) || objectOf(response)?.["interrupted"] === true;
  const failed = result["is_error"] === true;
  return [
    { kind: "tool-end", call, outcome: stopped ? "stopped" : failed ? "failed" : "ok", response, text },
  ];
}

/** The text of a tool's result: a string, or pieces of which some are texts. */
export function textIn(content: unknown): string {
  if (typeof content === "string") return content;
  return objectsOf(content)
    .map(({ text }) => textOf(text) ?? "")
    .join("\n");
}

const NOTICE = /<task-notification>(.*?)<\/task-notification>/gs;

/** What background tasks came to, as it is told to the model. */
function notices(text: string | undefined): Happening[] {
  return [...(text ?? "").matchAll(NOTICE)].flatMap(([, body = ""]): Happening[] => {
    const of = (tag: string) => textOf(new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(body)?.[1]);
    const task = idOf(of("task-id"));
    if (task === undefined) return [];
    const summary = of("summary") ?? "";
    return [{ kind: "task-notice", task, call: of("tool-use-id"), status: of("status"), summary }];
  });
}

function ofPrLink(entry: Loose): Happening[] {
  const number = ordinalOf(entry["prNumber"]);
  if (number === undefined) return [];
  return [{ kind: "pull-request", number, url: textOf(entry["prUrl"]), repo: textOf(entry["prRepository"]) }];
}
