/** Where the work on an issue stands. */
export type OrchestrationStatus = "not_started" | "in_progress" | "paused" | "completed" | "failed";

/** An agent's run. `agent_run_id` is the one that was given, else the event_id of its AgentSpawned. */
export interface AgentState {
  readonly agent_name: string;
  readonly agent_run_id: string;
  readonly model?: string;
  readonly task?: string;
  /** When it entered the list that it stands in. */
  readonly since: string;
  /** When it was started, where that is known and is not what `since` says. */
  readonly started_at?: string;
}

export interface BlockedAgent extends AgentState {
  readonly blocked_by: string;
  /** Which run of the agent it is, is a guess: no id was given, so it was first in, first out by name. */
  readonly inferred?: true;
}

export interface CompletedAgent extends AgentState {
  readonly task_status?: string;
  /** Which run of the agent it is, is a guess, as for a blocked one. */
  readonly inferred?: true;
}

export interface FailedAgent extends AgentState {
  readonly failure_reason: string;
  readonly inferred?: true;
}

export interface GapState {
  readonly gap_id: string;
  readonly gap_type?: string;
  readonly severity?: string;
  readonly description?: string;
  readonly blocking?: boolean;
  readonly identified_at?: string;
  readonly resolved_at?: string;
  readonly resolved_by?: string;
  readonly escalated_at?: string;
  readonly escalation_reason?: string;
}

export interface CommitState {
  readonly sha: string;
  readonly message: string;
  readonly timestamp: string;
}

export interface PullRequestState {
  readonly number: number;
  readonly repo?: string;
  readonly url?: string;
  readonly title?: string;
  readonly status: "open" | "merged" | "closed";
  readonly created_at?: string;
  readonly merged_at?: string;
  readonly closed_at?: string;
}

export interface TransitionState {
  readonly from_status: string;
  readonly to_status: string;
  readonly timestamp: string;
}

export interface CommentState {
  readonly comment_id: string;
  readonly comment_type?: string;
  readonly posted_by?: string;
  readonly timestamp: string;
}

export interface DocumentState {
  /** The document's path, or `confluence:` and the page's id. */
  readonly doc_path: string;
  readonly doc_title?: string;
  readonly doc_type?: string;
  readonly url?: string;
  readonly timestamp: string;
}

export interface QualityCheckState {
  readonly check_id: string;
  readonly check_type: string;
  readonly status: "running" | "passed" | "not_passed" | "failed";
  readonly overall_score?: number;
  readonly issues_found?: number;
  readonly started_at?: string;
  /** The pairing of start and end is a guess: no id was given. */
  readonly inferred?: true;
  /** Of the newest that is known of it. */
  readonly timestamp: string;
}

export interface TestRunState {
  readonly test_run_id: string;
  readonly test_suite: string;
  readonly status: "running" | "passed" | "not_passed" | "failed";
  readonly total?: number;
  readonly passed?: number;
  readonly failed?: number;
  readonly skipped?: number;
  readonly started_at?: string;
  /** The pairing of start and end is a guess: no id was given. */
  readonly inferred?: true;
  /** Of the newest that is known of it. */
  readonly timestamp: string;
}

export interface ErrorState {
  readonly event_id: string;
  readonly error_type: string;
  readonly error_message: string;
  readonly error_fingerprint?: string;
  readonly timestamp: string;
}

export interface RecoveryState {
  readonly event_id: string;
  readonly recovery_from: string;
  readonly status: "attempted" | "succeeded" | "failed";
  readonly attempted_at?: string;
  /** Of the newest that is known of it. */
  readonly timestamp: string;
}

export interface CheckpointState {
  readonly checkpoint_id: string;
  readonly phase?: string;
  readonly reason?: string;
  readonly git_sha?: string;
  readonly created_at?: string;
  readonly restored_at?: string;
}

/** What is left to do, and where it comes from. */
export interface PendingTask {
  readonly kind: "agent" | "next_agent" | "next_action" | "gap";
  /** The agent's run, the agent's name, the action, or the gap. */
  readonly ref: string;
  readonly task: string;
  readonly since: string;
  /** Who has the task; for the kind `agent` only. */
  readonly agent_name?: string;
}

export interface SummaryState {
  readonly event_id: string;
  /** Absent for a summary of the whole run. */
  readonly phase?: string;
  readonly from_sequence: number;
  readonly to_sequence: number;
  readonly text?: string;
}

/** A visit to a phase. */
export interface PhaseVisit {
  readonly phase: string;
  /** 1 for the first time in this phase. */
  readonly visit: number;
  readonly status: "open" | "completed" | "failed";
  readonly started_at?: string;
  readonly ended_at?: string;
}

/** A time in which the run waited. */
export interface PauseState {
  /** The event that began it; while that is not known, the one that ended it. */
  readonly event_id: string;
  readonly reason?: string;
  readonly paused_at?: string;
  /** Absent while it lasts, and when the run ended in it. */
  readonly resumed_at?: string;
  /** Absent while it lasts, and as long as nothing tells when it began. */
  readonly seconds?: number;
}

/** A run that is not the current one, in short. */
export interface RunState {
  readonly correlation_id: string | null;
  readonly session_id: string | null;
  readonly status: OrchestrationStatus;
  readonly started_at: string | null;
  readonly completed_at: string | null;
  readonly events: number;
  readonly commits: number;
  readonly agents: number;
  readonly failed_agents: number;
  readonly open_gaps: readonly string[];
}

/**
 * What is known of an issue's work at a moment. Lists cover the current run; `runs` keeps the others in short.
 * A plain object: it can be stored, compared and sent as JSON.
 */
export interface OrchestrationState {
  exists: boolean;
  issue_key: string | null;
  session_id: string | null;
  /** The current run; before its start is known, the run that its events name, if they do. */
  correlation_id: string | null;
  status: OrchestrationStatus;
  /** Null between a phase's end without a next phase and the next start. */
  current_phase: string | null;
  completed_phases: readonly string[];
  phases: readonly PhaseVisit[];
  pauses: readonly PauseState[];
  active_agents: readonly AgentState[];
  blocked_agents: readonly BlockedAgent[];
  completed_agents: readonly CompletedAgent[];
  failed_agents: readonly FailedAgent[];
  identified_gaps: readonly GapState[];
  resolved_gaps: readonly GapState[];
  escalated_gaps: readonly GapState[];
  commits: readonly CommitState[];
  prs: readonly PullRequestState[];
  jira_transitions: readonly TransitionState[];
  comments: readonly CommentState[];
  worklog_seconds: number;
  documentation: readonly DocumentState[];
  quality_checks: readonly QualityCheckState[];
  tests: readonly TestRunState[];
  errors: readonly ErrorState[];
  recoveries: readonly RecoveryState[];
  checkpoints: readonly CheckpointState[];
  pending_tasks: readonly PendingTask[];
  summaries: readonly SummaryState[];
  runs: readonly RunState[];
  started_at: string | null;
  completed_at: string | null;
  /** From start to end; null while the run is open. */
  duration_seconds: number | null;
  /** All pauses that have ended. */
  paused_seconds: number;
  /** Events of the current run. */
  events: number;
  last_sequence: number;
  last_timestamp: string | null;
}

/** The state before the first event. */
export function notStarted(issueKey: string | null): OrchestrationState {
  return {
    exists: false,
    issue_key: issueKey,
    session_id: null,
    correlation_id: null,
    status: "not_started",
    current_phase: null,
    completed_phases: [],
    phases: [],
    pauses: [],
    active_agents: [],
    blocked_agents: [],
    completed_agents: [],
    failed_agents: [],
    identified_gaps: [],
    resolved_gaps: [],
    escalated_gaps: [],
    commits: [],
    prs: [],
    jira_transitions: [],
    comments: [],
    worklog_seconds: 0,
    documentation: [],
    quality_checks: [],
    tests: [],
    errors: [],
    recoveries: [],
    checkpoints: [],
    pending_tasks: [],
    summaries: [],
    runs: [],
    started_at: null,
    completed_at: null,
    duration_seconds: null,
    paused_seconds: 0,
    events: 0,
    last_sequence: 0,
    last_timestamp: null,
  };
}

/** The keys of the state that hold lists. */
export type ListKey = {
  [K in keyof OrchestrationState]: OrchestrationState[K] extends readonly unknown[] ? K : never;
}[keyof OrchestrationState];

/** One item of a list of the state. */
export type ItemOf<K extends ListKey> = OrchestrationState[K][number];

/**
 * What tells the items of each list apart: no list holds two items with the same id.
 */
export const ITEM_ID: { readonly [K in ListKey]: (item: ItemOf<K>) => string } = {
  completed_phases: (phase) => phase,
  phases: ({ phase, visit }) => `${phase}#${visit}`,
  pauses: ({ event_id }) => event_id,
  active_agents: ({ agent_run_id }) => agent_run_id,
  blocked_agents: ({ agent_run_id }) => agent_run_id,
  completed_agents: ({ agent_run_id }) => agent_run_id,
  failed_agents: ({ agent_run_id }) => agent_run_id,
  identified_gaps: ({ gap_id }) => gap_id,
  resolved_gaps: ({ gap_id }) => gap_id,
  escalated_gaps: ({ gap_id }) => gap_id,
  commits: ({ sha }) => sha,
  prs: ({ repo, number }) => `${repo ?? ""}#${number}`,
  jira_transitions: ({ from_status, to_status, timestamp }) => `${timestamp} ${from_status} ${to_status}`,
  comments: ({ comment_id }) => comment_id,
  documentation: ({ doc_path }) => doc_path,
  quality_checks: ({ check_id }) => check_id,
  tests: ({ test_run_id }) => test_run_id,
  errors: ({ event_id }) => event_id,
  recoveries: ({ event_id }) => event_id,
  checkpoints: ({ checkpoint_id }) => checkpoint_id,
  pending_tasks: ({ kind, ref }) => `${kind} ${ref}`,
  summaries: ({ event_id }) => event_id,
  runs: ({ correlation_id }) => correlation_id ?? "",
};
