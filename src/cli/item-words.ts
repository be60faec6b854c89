import { durationInWords } from "../projection/duration.ts";
import type { ItemOf, ListKey, OrchestrationState } from "../projection/state/orchestration-state.ts";

type Words = { readonly [K in ListKey]: (item: ItemOf<K>) => string };

/** Each item of the state in a few words; event text as it is. */
const WORDS: Words = {
  completed_phases: (phase) => phase,
  phases: ({ phase, visit, status }) => `${phase}${visit === 1 ? "" : `, visit ${visit}`}: ${status}`,
  pauses: ({ reason, seconds }) =>
    `${reason ?? "pause"}${seconds === undefined ? "" : `, ${durationInWords(seconds * 1000)}`}`,
  active_agents: ({ agent_name, task }) => agent_name + after(": ", task),
  blocked_agents: ({ agent_name, blocked_by }) => `${agent_name}, blocked by ${blocked_by}`,
  completed_agents: ({ agent_name, task_status }) => agent_name + after(": ", task_status),
  failed_agents: ({ agent_name, failure_reason }) => `${agent_name}: ${failure_reason}`,
  identified_gaps: (gap) => gapInWords(gap),
  resolved_gaps: (gap) => gap.gap_id + after(" by ", gap.resolved_by),
  escalated_gaps: (gap) => gapInWords(gap) + after(": ", gap.escalation_reason),
  commits: ({ sha, message }) => `${sha.slice(0, 8)} ${message.split("\n", 1)[0] ?? ""}`,
  prs: ({ repo = "", number, status, title }) => `${repo}#${number} ${status}${after(": ", title)}`,
  jira_transitions: ({ from_status, to_status }) => `${from_status} → ${to_status}`,
  comments: ({ comment_id, posted_by }) => comment_id + after(" by ", posted_by),
  documentation: ({ doc_path, doc_title }) => doc_path + after(": ", doc_title),
  quality_checks: ({ check_type, status, overall_score }) =>
    `${check_type} ${inWords(status)}${after(", score ", overall_score)}`,
  tests: ({ test_suite, status, passed, failed }) =>
    `${test_suite} ${inWords(status)}${after(", passed ", passed)}${after(", failed ", failed)}`,
  errors: ({ error_type, error_message }) => `${error_type}: ${error_message}`,
  recoveries: ({ recovery_from, status }) => `from ${recovery_from}: ${status}`,
  checkpoints: ({ checkpoint_id, reason, restored_at }) =>
    `${checkpoint_id}${after(": ", reason)}${restored_at === undefined ? "" : ", restored"}`,
  pending_tasks: ({ kind, agent_name, ref, task }) => {
    const who = kind === "agent" ? (agent_name ?? ref) : kind === "next_action" ? "" : ref;
    return who === "" || who === task ? task : `${who}: ${task}`;
  },
  summaries: ({ phase, from_sequence, to_sequence, text }) =>
    `${phase ?? "run"}, events ${from_sequence}–${to_sequence}${after(": ", text)}`,
  runs: ({ correlation_id, status }) => `${correlation_id ?? "unnamed run"}: ${inWords(status)}`,
};

/** What people call the fields of the state. */
const LABELS: { readonly [K in keyof OrchestrationState]: string } = {
  exists: "exists",
  issue_key: "issue",
  session_id: "session",
  correlation_id: "run",
  status: "status",
  current_phase: "phase",
  completed_phases: "done phase",
  phases: "phase visit",
  pauses: "pause",
  active_agents: "at work",
  blocked_agents: "blocked",
  completed_agents: "finished",
  failed_agents: "failed",
  identified_gaps: "open gap",
  resolved_gaps: "closed gap",
  escalated_gaps: "escalated gap",
  commits: "commit",
  prs: "pull request",
  jira_transitions: "transition",
  comments: "comment",
  worklog_seconds: "worklog",
  documentation: "document",
  quality_checks: "check",
  tests: "tests",
  errors: "error",
  recoveries: "recovery",
  checkpoints: "checkpoint",
  pending_tasks: "to do",
  summaries: "summary",
  runs: "earlier run",
  started_at: "started",
  completed_at: "completed",
  duration_seconds: "duration",
  paused_seconds: "paused",
  events: "events",
  last_sequence: "last event",
  last_timestamp: "last time",
};

/** An item of a list in a few words. */
export function itemInWords<K extends ListKey>(key: K, item: ItemOf<K>): string {
  return WORDS[key](item);
}

/** What people call a field. */
export function labelOf(key: keyof OrchestrationState): string {
  return LABELS[key];
}

/** A value of the state in words. */
export function valueInWords(key: keyof OrchestrationState, value: string | number | boolean | null): string {
  if (value === null) return "none";
  if (key.endsWith("_seconds") && typeof value === "number") return durationInWords(value * 1000);
  return inWords(String(value));
}

/** `in_progress` as people write it. */
export function inWords(status: string): string {
  return status.replaceAll("_", " ");
}

function gapInWords({ gap_id, severity, gap_type, description }: ItemOf<"identified_gaps">): string {
  const kind = [severity, gap_type].filter((part) => part !== undefined).join(" ");
  return gap_id + after(", ", kind) + after(": ", description);
}

function after(lead: string, value: string | number | undefined): string {
  return value === undefined || value === "" ? "" : lead + String(value);
}
