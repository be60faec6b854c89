import type { KnownCommand } from "./command-kinds.ts";

/** A stretch of a session's work on one issue, without a long break; the session's own agent is one run in it. */
export interface Segment {
  /** Absent for work that belongs to no issue. */
  readonly issue?: string;
  /** The orchestration. */
  readonly correlation?: string;
  /** What its natural keys begin with. */
  readonly place: string;
  readonly started_at: string;
  /** The agent run of the session's own agent, and the event that began it. */
  readonly run: string;
  readonly spawn: string;
}

export interface AgentRun {
  readonly name: string;
  readonly started_at: string;
  /** The AgentSpawned event. */
  readonly spawn: string;
  readonly call?: string;
  readonly model?: string;
  /** Runs in the background: its call returned at once. */
  readonly background?: boolean;
}

/** A call for an agent. */
export interface Launch {
  readonly name: string;
  readonly at: string;
  readonly task?: string;
  readonly model?: string;
  readonly isolation?: string;
  /** The subagent that called. */
  readonly parent?: string;
  /** The agent that was started, once it is known. */
  readonly agent?: string;
}

/** A call of another tool that has not returned. */
export interface OpenCall {
  readonly tool: string;
  readonly at: string;
  readonly agent?: string;
  readonly commands?: readonly KnownCommand[];
  readonly input: Readonly<Record<string, unknown>>;
}

/** Something that failed and may yet succeed. */
export interface Failure {
  readonly event: string;
  readonly at: string;
  readonly tries: number;
}

/**
 * All that a mapper remembers of a session between two observations. Plain data, so that the process that
 * empties the spool next can go on where the last one stopped.
 */
export interface SessionState {
  readonly session: string;
  /** The last time that was seen. */
  last?: string;
  prompt?: string;
  /** The issue that a command named. */
  pinned?: string;
  branch?: string;
  cwd?: string;
  /** `owner/name`, where a pull request told it. */
  repo?: string;
  segment?: Segment;
  /** How many stretches of work there were, and how many orchestrations were started, by issue. */
  segments: Record<string, number>;
  runs_started: Record<string, number>;
  model?: string;
  phase?: string;
  last_test?: "passed" | "failed";
  agents: Record<string, AgentRun>;
  launches: Record<string, Launch>;
  calls: Record<string, OpenCall>;
  /** Calls that go on in the background, by task. */
  tasks: Record<string, { readonly call: string; readonly open: OpenCall }>;
  failures: Record<string, Failure>;
  /** How often an error was told of during the prompt, by fingerprint. */
  told: Record<string, number>;
  /** Phases of the to-do list's entries. */
  task_phases: Record<string, string>;
  /** What issues were last moved to, by key. */
  statuses: Record<string, string>;
  /** Issues whose pull request was merged. */
  merged: string[];
}

/** A session of which nothing is known yet. */
export function newSession(session: string): SessionState {
  return {
    session,
    segments: {},
    runs_started: {},
    agents: {},
    launches: {},
    calls: {},
    tasks: {},
    failures: {},
    told: {},
    task_phases: {},
    statuses: {},
    merged: [],
  };
}
