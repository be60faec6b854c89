import type { EventType } from "../../event/registry.ts";

/** How many events of a type read: `["agent failed", "agents failed"]`. */
const WORDS: { readonly [T in EventType]: readonly [one: string, many: string] } = {
  OrchestrationStarted: ["start of the work", "starts of the work"],
  OrchestrationCompleted: ["completion of the work", "completions of the work"],
  OrchestrationFailed: ["failure of the work", "failures of the work"],
  OrchestrationPaused: ["pause", "pauses"],
  OrchestrationResumed: ["resumption", "resumptions"],
  PhaseStarted: ["phase began", "phases began"],
  PhaseCompleted: ["phase completed", "phases completed"],
  PhaseFailed: ["phase failed", "phases failed"],
  AgentSpawned: ["agent started", "agents started"],
  AgentCompleted: ["agent finished", "agents finished"],
  AgentFailed: ["agent failed", "agents failed"],
  AgentBlocked: ["agent blocked", "agents blocked"],
  GapIdentified: ["gap found", "gaps found"],
  GapResolved: ["gap closed", "gaps closed"],
  GapEscalated: ["gap escalated", "gaps escalated"],
  CommitCreated: ["commit", "commits"],
  PRCreated: ["pull request opened", "pull requests opened"],
  PRMerged: ["pull request merged", "pull requests merged"],
  PRClosed: ["pull request closed", "pull requests closed"],
  IssueTransitioned: ["status change", "status changes"],
  CommentPosted: ["comment", "comments"],
  WorklogAdded: ["worklog entry", "worklog entries"],
  DocumentationCreated: ["document written", "documents written"],
  ConfluencePageCreated: ["Confluence page created", "Confluence pages created"],
  QualityCheckStarted: ["quality check began", "quality checks began"],
  QualityCheckCompleted: ["quality check done", "quality checks done"],
  QualityCheckFailed: ["quality check failed", "quality checks failed"],
  TestRunStarted: ["test run began", "test runs began"],
  TestRunCompleted: ["test run", "test runs"],
  TestRunFailed: ["test run broke off", "test runs broke off"],
  CheckpointCreated: ["checkpoint made", "checkpoints made"],
  CheckpointRestored: ["return to a checkpoint", "returns to a checkpoint"],
  PhaseSummaryCreated: ["summary of a phase", "summaries of phases"],
  OrchestrationSummaryCreated: ["summary of the run", "summaries of the run"],
  ErrorOccurred: ["error", "errors"],
  RecoveryAttempted: ["recovery tried", "recoveries tried"],
  RecoverySucceeded: ["recovery", "recoveries"],
  RecoveryFailed: ["recovery failed", "recoveries failed"],
  EventsReplayed: ["replay", "replays"],
};

const isKnown = (type: string): type is EventType => Object.hasOwn(WORDS, type);

/** A number of events of a type in plain words: `3 agents finished`, for a type of one's own `2 × deploy done`. */
export function countInWords(type: string, count: number): string {
  if (!isKnown(type)) return `${count} × ${type.replaceAll(/([a-z0-9])(?=[A-Z])/g, "$1 ").toLowerCase()}`;
  const [one, many] = WORDS[type];
  return `${count} ${count === 1 ? one : many}`;
}
