import type { StoredEvent } from "../event/envelope.ts";
import { type EventOf, type EventType, knownEvent, type StoreEventType } from "../event/registry.ts";
import { durationInWords } from "./duration.ts";

/** How an event reads: something begins, ends well, ends badly, needs attention, or just happens. */
export type Tone = "start" | "success" | "failure" | "warning" | "neutral";

/** An event in one line of plain words. The text holds event text as it is: escape it before showing it. */
export interface EventSummary {
  readonly text: string;
  readonly tone: Tone;
}

type Known = EventType | StoreEventType;
type Rule<T extends Known> = (metadata: EventOf<T>["metadata"]) => readonly [tone: Tone, text: string];

/**
 * What an event says, in a line of plain words for people.
 *
 * @example
 * ```ts
 * summarise(event); // { text: "agent test-engineer failed: 3 tests time out", tone: "failure" }
 * ```
 */
export function summarise(event: StoredEvent): EventSummary {
  const known = knownEvent(event);
  if (known === undefined) return { text: unknownText(event), tone: "neutral" };
  const rule: Rule<never> = RULES[known.event_type];
  const [tone, text] = rule(known.metadata as never);
  return { text, tone };
}

const RULES: { readonly [T in Known]: Rule<T> } = {
  OrchestrationStarted: (m) => ["start", `work started${after(": ", m.issue_summary)}`],
  OrchestrationCompleted: (m) => [
    "success",
    `work completed${took(m.duration_seconds)}${after(", ", m.final_state)}`,
  ],
  OrchestrationFailed: (m) => [
    "failure",
    `work failed${after(" in ", m.failure_phase)}: ${m.failure_reason}`,
  ],
  OrchestrationPaused: (m) => [
    "warning",
    `work paused: ${m.pause_reason}${after(", waits for ", m.blocking_issue)}`,
  ],
  OrchestrationResumed: (m) => [
    "start",
    `work resumed${after(" in ", m.resume_phase)}${took(m.pause_duration_seconds, "after")}`,
  ],
  PhaseStarted: (m) => ["start", `${m.phase} began${after(": ", m.phase_objective)}`],
  PhaseCompleted: (m) => [
    "success",
    `${m.phase} completed${took(m.duration_seconds)}${after(", next ", m.next_phase)}`,
  ],
  PhaseFailed: (m) => ["failure", `${m.phase} failed: ${m.failure_reason}`],
  AgentSpawned: (m) => ["start", `agent ${m.agent_name} started${after(": ", m.assigned_task)}`],
  AgentCompleted: (m) => [
    "success",
    `agent ${m.agent_name} finished${took(m.duration_seconds)}${after(", ", m.task_status)}${listed(" with ", m.outputs_created)}`,
  ],
  AgentFailed: (m) => ["failure", `agent ${m.agent_name} failed: ${m.failure_reason}`],
  AgentBlocked: (m) => ["warning", `agent ${m.agent_name} is blocked by ${m.blocked_by}`],
  GapIdentified: (m) => [
    "warning",
    `gap ${m.gap_id} found, ${m.severity} ${m.gap_type}${after(": ", words(m.description))}`,
  ],
  GapResolved: (m) => [
    "success",
    `gap ${m.gap_id} closed${after(" by ", m.resolved_by)}${after(": ", m.resolution_strategy)}`,
  ],
  GapEscalated: (m) => [
    "warning",
    `gap ${m.gap_id} escalated${after(" to ", m.escalated_to)}: ${m.escalation_reason}`,
  ],
  CommitCreated: (m) => [
    "neutral",
    `commit ${short(m.commit_sha)}: ${firstLine(m.commit_message)}${changes(m)}`,
  ],
  PRCreated: (m) => [
    "neutral",
    `${m.draft === true ? "draft " : ""}pull request ${pr(m)} opened${after(": ", m.pr_title)}`,
  ],
  PRMerged: (m) => [
    "success",
    `pull request ${pr(m)} merged${after(" by ", m.merged_by)}${after(" as ", short(m.merged_commit_sha))}`,
  ],
  PRClosed: (m) => ["warning", `pull request ${pr(m)} closed without a merge${after(": ", m.close_reason)}`],
  IssueTransitioned: (m) => ["neutral", `status changed from ${m.from_status} to ${m.to_status}`],
  CommentPosted: (m) => [
    "neutral",
    `comment${after(" by ", m.posted_by)}${after(": ", words(m.comment_body))}`,
  ],
  WorklogAdded: (m) => [
    "neutral",
    `${m.time_spent_human ?? durationInWords(m.time_spent_seconds * 1000)} booked${after(" by ", m.author)}${after(": ", m.worklog_description)}`,
  ],
  DocumentationCreated: (m) => ["neutral", `document ${m.doc_path} written${after(": ", m.doc_title)}`],
  ConfluencePageCreated: (m) => [
    "neutral",
    `Confluence page ${m.page_title ?? m.page_id} created${after(" in ", m.space_key)}`,
  ],
  QualityCheckStarted: (m) => ["start", `${m.check_type} check began${after(" on ", m.check_scope)}`],
  QualityCheckCompleted: (m) => [
    m.passed_quality_gate === false ? "failure" : "success",
    `${m.check_type} check ${m.passed_quality_gate === false ? "did not pass the gate" : "done"}${after(", score ", m.overall_score)}${counted(m.issues_found, "issue")}`,
  ],
  QualityCheckFailed: (m) => ["failure", `${m.check_type} check failed: ${m.failure_reason}`],
  TestRunStarted: (m) => ["start", `tests ${m.test_suite} began${counted(m.test_count, "test")}`],
  TestRunCompleted: (m) => [
    (m.failed ?? 0) > 0 ? "failure" : "success",
    `tests ${m.test_suite} ran${testFigures(m)}${took(m.duration_seconds)}`,
  ],
  TestRunFailed: (m) => ["failure", `tests ${m.test_suite} broke off: ${m.failure_reason}`],
  CheckpointCreated: (m) => [
    "neutral",
    `checkpoint ${m.checkpoint_id} made${after(": ", m.checkpoint_reason)}`,
  ],
  CheckpointRestored: (m) => [
    "warning",
    `back to checkpoint ${m.checkpoint_id}${after(": ", m.restore_reason)}`,
  ],
  PhaseSummaryCreated: (m) => [
    "neutral",
    `summary of ${m.phase}, events ${range(m)}${after(": ", words(m.text))}`,
  ],
  OrchestrationSummaryCreated: (m) => [
    "neutral",
    `summary of the run, events ${range(m)}${after(": ", words(m.text))}`,
  ],
  ErrorOccurred: (m) => ["failure", `${m.error_type}: ${m.error_message}`],
  RecoveryAttempted: (m) => [
    "warning",
    `recovery from ${m.recovery_from} tried${after(", try ", m.attempt_number)}${after(" of ", m.max_attempts)}${after(": ", m.recovery_strategy)}`,
  ],
  RecoverySucceeded: (m) => [
    "success",
    `recovered from ${m.recovery_from}${took(m.recovery_duration_seconds)}`,
  ],
  RecoveryFailed: (m) => ["failure", `recovery from ${m.recovery_from} failed${after(": ", m.final_error)}`],
  EventsReplayed: (m) => [
    "neutral",
    `events ${range(m)} replayed, ${m.replayed_count} handed on${counted(m.failed_count, "failure")}`,
  ],
  StoreRecovered: (m) => ["warning", `store recovered after a crash${counted(m.found?.length, "finding")}`],
  StoreFactSeen: (m) => [
    "neutral",
    `${m.fact_type ?? "fact"} ${short(m.fact)} seen again, with more: ${Object.keys(m.adds ?? {}).join(", ")}`,
  ],
  StoreSubjectForgotten: (m) => ["warning", `person ${short(m.subject)} forgotten${after(": ", m.why)}`],
  StoreEventVoided: (m) => ["warning", `event ${short(m.voided_event_id)} voided${after(": ", m.why)}`],
  StoreArchived: (m) => ["neutral", `${m.file} archived${counted(m.events, "event")}`],
  StoreArchiveRestored: (m) => ["neutral", `${m.file} brought back from the archive`],
  StorePruned: (m) => ["warning", `events ${m.first_sequence}–${m.last_sequence} pruned with ${m.file}`],
  StoreHoldSet: (m) => ["warning", `legal hold${after(": ", m.why)}`],
  StoreHoldReleased: (m) => ["neutral", `legal hold released${after(": ", m.why)}`],
  StoreBackedUp: (m) => ["neutral", `store backed up to ${m.backup}, up to position ${m.last_position}`],
  StoreRestored: (m) => ["warning", `store restored from ${m.backup}, now ${m.origin}`],
  StoreReportGenerated: (m) => ["neutral", `report ${m.file} made${counted(m.events, "event")}`],
};

/** For custom types and those of a newer version: the name in words, and the first text that tells something. */
function unknownText({ event_type, metadata }: StoredEvent): string {
  const name = event_type.replaceAll(/([a-z0-9])(?=[A-Z])/g, "$1 ").toLowerCase();
  const telling = Object.values(metadata).find((value) => typeof value === "string" && value !== "");
  return `${name}${after(": ", typeof telling === "string" ? telling : undefined)}`;
}

function after(lead: string, value: string | number | undefined): string {
  return value === undefined || value === "" ? "" : lead + String(value);
}

function took(seconds: number | undefined, lead = "in"): string {
  return seconds === undefined ? "" : ` ${lead} ${durationInWords(seconds * 1000)}`;
}

function counted(count: number | undefined, one: string, many = `${one}s`): string {
  return count === undefined ? "" : `, ${count} ${count === 1 ? one : many}`;
}

function listed(lead: string, values: readonly string[] | undefined): string {
  return values === undefined || values.length === 0 ? "" : lead + values.join(", ");
}

function words(value: string | object | undefined): string | undefined {
  return typeof value === "object" ? "(attached)" : value;
}

/** A commit or an event's id, as long as people read it. */
function short(id: string): string;
function short(id: string | undefined): string | undefined;
function short(id: string | undefined): string | undefined {
  return id?.slice(0, 8);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function changes(m: EventOf<"CommitCreated">["metadata"]): string {
  const { insertions, deletions } = m;
  if (insertions === undefined && deletions === undefined) return counted(m.files_changed, "file");
  return ` (+${insertions ?? 0} −${deletions ?? 0})`;
}

function pr({ repo, pr_number }: { readonly repo?: string; readonly pr_number: number }): string {
  return `${repo ?? ""}#${pr_number}`;
}

function testFigures(m: EventOf<"TestRunCompleted">["metadata"]): string {
  const parts = [
    m.passed === undefined ? "" : `${m.passed} passed`,
    m.failed === undefined ? "" : `${m.failed} failed`,
    m.skipped === undefined || m.skipped === 0 ? "" : `${m.skipped} skipped`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? counted(m.total_tests, "test") : `: ${parts.join(", ")}`;
}

function range(m: { readonly from_sequence: number; readonly to_sequence: number }): string {
  return `${m.from_sequence}–${m.to_sequence}`;
}
