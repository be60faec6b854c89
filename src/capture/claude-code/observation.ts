import type { Loose } from "./json.ts";

/** What is known of everything that is seen of a session, whoever tells of it. */
export interface Seen {
  readonly session: string;
  /** ISO 8601 UTC with milliseconds. */
  readonly at: string;
  /** The subagent that it happened in; absent for the session's own agent. */
  readonly agent?: string | undefined;
  readonly agentType?: string | undefined;
  readonly cwd?: string | undefined;
  readonly branch?: string | undefined;
  /** The prompt under way. */
  readonly prompt?: string | undefined;
}

/** A person asks for something. Its text stays where it is. */
export interface Prompt {
  readonly kind: "prompt";
  readonly command?: { readonly name: string; readonly args: string } | undefined;
}

export interface ToolStart {
  readonly kind: "tool-start";
  readonly call: string;
  readonly tool: string;
  readonly input: Loose;
}

export interface ToolEnd {
  readonly kind: "tool-end";
  readonly call: string;
  /** Both absent in transcripts, where the call was seen before. */
  readonly tool?: string | undefined;
  readonly input?: Loose | undefined;
  readonly outcome: "ok" | "failed" | "stopped";
  /** What the tool gave back, in the tool's own form. */
  readonly response: unknown;
  /** What was shown to the model. */
  readonly text: string;
  readonly duration_ms?: number | undefined;
}

/** What a background task came to. */
export interface TaskNotice {
  readonly kind: "task-notice";
  readonly task: string;
  readonly call?: string | undefined;
  readonly status?: string | undefined;
  readonly summary: string;
}

export interface AgentStart {
  readonly kind: "agent-start";
  readonly id: string;
  readonly type: string;
}

export interface AgentEnd {
  readonly kind: "agent-end";
  readonly id: string;
  readonly type: string;
}

/** Tokens of one answer; told once per piece of the answer, the last telling counts. */
export interface Usage {
  readonly kind: "usage";
  readonly message: string;
  readonly model: string;
  readonly tokens: TokenCounts;
  /** The answer asks for no tool: the agent has said its last word for now. */
  readonly final: boolean;
}

/** Tokens by kind, as the API counts them. */
export interface TokenCounts {
  readonly input: number;
  readonly output: number;
  readonly cache_creation: number;
  /** The part of `cache_creation` that is kept for an hour, which costs more. */
  readonly cache_creation_1h: number;
  readonly cache_read: number;
}

export interface PullRequest {
  readonly kind: "pull-request";
  readonly number: number;
  readonly url?: string | undefined;
  readonly repo?: string | undefined;
}

/** The turn ended in an error of the API or the account. */
export interface TurnFailed {
  readonly kind: "turn-failed";
  readonly id: string;
  readonly error: string;
  readonly details?: string | undefined;
}

export interface Blocked {
  readonly kind: "blocked";
  readonly by: string;
}

export interface SessionEnd {
  readonly kind: "session-end";
  readonly reason: string;
  readonly transcript?: string | undefined;
}

/** Something that only says where the session is: its start, the end of a turn. */
export interface Sign {
  readonly kind: "sign";
}

export type Happening =
  | Prompt
  | ToolStart
  | ToolEnd
  | TaskNotice
  | AgentStart
  | AgentEnd
  | Usage
  | PullRequest
  | TurnFailed
  | Blocked
  | SessionEnd
  | Sign;

/** One thing that was seen of a session, by hook or transcript. */
export type Observation = Seen & Happening;
