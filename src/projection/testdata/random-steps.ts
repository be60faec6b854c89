import type { JsonObject } from "../../event/envelope.ts";
import { DEFAULT_PHASES } from "../../event/phases.ts";
import { type AgentAtWork, AGENTS, MODELS, type RandomWork } from "./random-work.ts";

const GAP_TYPES = ["test_coverage", "security", "requirement"] as const;
const SEVERITIES = ["low", "medium", "high", "critical"] as const;
const SUITES = ["unit", "integration", "e2e"] as const;
const CHECKS = ["lint", "security", "coverage"] as const;
const STATUSES = ["To Do", "In Progress", "In Review", "Done"] as const;
const ERRORS = ["Timeout", "NetworkError", "MergeConflict"] as const;
const REPOS = ["shop", "billing"] as const;

type Step = (work: RandomWork) => void;

/** Logs a random step of the work. */
export function step(work: RandomWork): void {
  if (!work.open && work.random.chance(0.7)) start(work);
  else work.random.pick(STEPS)(work);
}

const start: Step = (work) => {
  const { random } = work;
  const event_id = work.uuid();
  work.runName = random.chance(0.4) ? work.fresh("run") : undefined;
  work.runs.push(work.runName ?? event_id);
  work.phase = random.pick(DEFAULT_PHASES);
  const metadata = { issue_summary: "Login fails after a timeout", initial_phase: work.phase };
  work.log("OrchestrationStarted", metadata, {
    event_id,
    // A run that names itself is known by its events before its start is recorded.
    delay: work.runName !== undefined && random.chance(0.3) ? 1 + random.below(6) : 0,
  });
  work.open = true;
  work.paused = false;
  work.running_since_ms = work.now_ms;
  if (random.chance(0.7)) for (const list of [work.agents, work.openGaps, work.running]) list.length = 0;
};

/** A new run while the last one has not ended. */
const restart: Step = (work) => {
  if (work.random.chance(0.3)) start(work);
};

const end: Step = (work) => {
  const { random } = work;
  if (!work.open || random.chance(0.3)) return;
  if (random.chance(0.6)) work.log("OrchestrationCompleted", work.maybe({ duration_seconds: 900 }));
  else {
    const next_actions = ["raise the time limit", "ask the owner"];
    const metadata = { failure_reason: "the database is gone", ...work.maybe({ next_actions }) };
    work.log("OrchestrationFailed", metadata);
  }
  work.open = false;
  work.runName = undefined;
};

/** A run of an earlier day, recorded only now. */
const backfill: Step = (work) => {
  if (work.random.chance(0.7)) return;
  const correlation_id = work.fresh("old-run");
  const timestamp_ms = work.running_since_ms - 3_600_000 - work.random.below(1_000_000);
  const old = { correlation_id, timestamp_ms };
  work.log("OrchestrationStarted", { issue_summary: "First try", initial_phase: "PLAN" }, old);
  work.log("CommitCreated", { commit_sha: work.random.hex(40), commit_message: "First try" }, old);
  if (work.random.chance(0.6)) work.log("OrchestrationFailed", { failure_reason: "gave up" }, old);
};

const pauseOrResume: Step = (work) => {
  if (!work.open) return;
  if (work.paused || work.random.chance(0.1)) {
    const paused_at = new Date(work.now_ms - 5_000).toISOString();
    const resume_phase = work.phase ?? "CODE";
    work.log("OrchestrationResumed", work.maybe({ paused_at, resume_phase, pause_duration_seconds: 5 }));
  } else
    work.log("OrchestrationPaused", {
      pause_reason: "waits for review",
      ...work.maybe({ snapshot_id: "s" }),
    });
  work.paused = !work.paused;
};

const phase: Step = (work) => {
  const { random } = work;
  const next = random.pick(DEFAULT_PHASES);
  if (work.phase === undefined || random.chance(0.2)) {
    work.log("PhaseStarted", { phase: next, ...work.maybe({ phase_objective: "make it work" }) });
    work.phase = next;
  } else if (random.chance(0.7)) {
    const handsOn = random.chance(0.5);
    const metadata = { phase: work.phase, ...(handsOn ? { next_phase: next } : {}) };
    work.log("PhaseCompleted", { ...metadata, ...work.maybe({ duration_seconds: 60, quality_score: 0.9 }) });
    work.phase = undefined;
    if (handsOn && random.chance(0.8)) {
      work.log("PhaseStarted", { phase: next });
      work.phase = next;
    }
  } else work.log("PhaseFailed", { phase: work.phase, failure_reason: "tests are red" });
};

const spawn: Step = (work) => {
  const { random } = work;
  const agent_name = random.pick(AGENTS);
  const agent_run_id = random.chance(0.5) ? work.fresh("agent-run") : undefined;
  const rest = work.maybe({ agent_model: random.pick(MODELS), assigned_task: `task ${random.below(99)}` });
  const metadata = { agent_name, ...(agent_run_id === undefined ? {} : { agent_run_id }), ...rest };
  const spawned = work.log("AgentSpawned", metadata);
  work.agents.push({ agent_name, agent_run_id, spawned });
};

const endOfAgent: Step = (work) => {
  const { random } = work;
  const known = random.chance(0.95) ? work.some(work.agents) : undefined;
  const { metadata, causation_id } = agentFields(work, known);
  if (random.chance(0.65)) {
    const rest = work.maybe({
      task_status: "done",
      next_agents: [random.pick(AGENTS)],
      commit_sha: random.hex(40),
    });
    work.log("AgentCompleted", { ...metadata, ...rest }, { causation_id });
  } else work.log("AgentFailed", { ...metadata, failure_reason: "out of tokens" }, { causation_id });
};

const block: Step = (work) => {
  const known = work.agents[work.random.below(work.agents.length)];
  const { metadata, causation_id } = agentFields(work, known);
  work.log("AgentBlocked", { ...metadata, blocked_by: "a review" }, { causation_id });
  if (work.random.chance(0.3)) work.log("AgentSpawned", { ...metadata, spawn_reason: "unblocked" });
};

/** How an event of an agent names it: by its run, by its start, or by its name alone. */
function agentFields(work: RandomWork, known: AgentAtWork | undefined) {
  const { random } = work;
  const agent_name = known?.agent_name ?? random.pick(AGENTS);
  const id = random.chance(0.9) ? known?.agent_run_id : undefined;
  const causation_id = random.chance(0.4) ? known?.spawned : undefined;
  return { metadata: { agent_name, ...(id === undefined ? {} : { agent_run_id: id }) }, causation_id };
}

const gap: Step = (work) => {
  const { random } = work;
  const reopened = random.chance(0.15) ? work.some(work.closedGaps) : undefined;
  const gap_id = reopened ?? work.fresh("gap");
  const rest = work.maybe({ description: "no test for the login", blocking: random.chance(0.5) });
  const metadata = { gap_id, gap_type: random.pick(GAP_TYPES), severity: random.pick(SEVERITIES), ...rest };
  work.log("GapIdentified", metadata);
  work.openGaps.push(gap_id);
};

const changeGap: Step = (work) => {
  const { random } = work;
  const gap_id = work.some(work.openGaps) ?? (random.chance(0.2) ? work.fresh("gap") : undefined);
  if (gap_id === undefined) return;
  if (random.chance(0.3)) {
    const rest = work.maybe({ severity: "critical", escalated_to: "the owner" });
    work.log("GapEscalated", { gap_id, escalation_reason: "needs a decision", ...rest });
    work.openGaps.push(gap_id);
  } else {
    work.log("GapResolved", {
      gap_id,
      ...work.maybe({ resolved_by: "coder", resolution_strategy: "a test" }),
    });
    work.closedGaps.push(gap_id);
  }
};

const commit: Step = (work) => {
  const { random } = work;
  const before = work.drafts.findLast(({ input }) => input.event_type === "CommitCreated");
  if (before !== undefined && random.chance(0.1)) {
    const metadata = before.input.metadata as JsonObject;
    work.log("CommitCreated", { ...metadata, files_changed: 3 });
    return;
  }
  const numbers = work.maybe({ insertions: random.below(400), deletions: random.below(90) });
  work.log("CommitCreated", { commit_sha: random.hex(40), commit_message: "Fix the login", ...numbers });
};

const pullRequest: Step = (work) => {
  const { random } = work;
  const known = random.chance(0.6) ? work.some(work.openPrs) : undefined;
  if (known === undefined) {
    const pr_number = 1 + random.below(30);
    const pr = random.chance(0.5) ? { pr_number, repo: random.pick(REPOS) } : { pr_number };
    work.log("PRCreated", {
      ...pr,
      ...work.maybe({ pr_title: "Fix the login", pr_url: "https://git.example.com" }),
    });
    work.openPrs.push(pr);
  } else {
    const { pr_number, repo } = known;
    const pr = repo === undefined || random.chance(0.2) ? { pr_number } : { pr_number, repo };
    if (random.chance(0.7)) work.log("PRMerged", { ...pr, ...work.maybe({ merged_by: "ada" }) });
    else work.log("PRClosed", { ...pr, ...work.maybe({ close_reason: "superseded", comments: 3 }) });
  }
};

const tracker: Step = (work) => {
  const { random } = work;
  const kind = random.below(3);
  if (kind === 0)
    work.log("IssueTransitioned", { from_status: random.pick(STATUSES), to_status: random.pick(STATUSES) });
  else if (kind === 1)
    work.log("CommentPosted", { comment_id: work.fresh("comment"), ...work.maybe({ posted_by: "ada" }) });
  else
    work.log("WorklogAdded", {
      time_spent_seconds: 60 * random.below(120),
      ...work.maybe({ author: "ada" }),
    });
};

const document: Step = (work) => {
  const { random } = work;
  if (random.chance(0.7)) {
    const doc_path = `docs/${random.below(9)}.md`;
    work.log("DocumentationCreated", { doc_path, ...work.maybe({ doc_title: "Login", doc_type: "guide" }) });
  } else {
    const page = work.maybe({ page_title: "Login", page_url: "https://wiki.example.com" });
    work.log("ConfluencePageCreated", { page_id: String(random.below(9)), ...page });
  }
};

const check: Step = (work) => {
  const { random } = work;
  const known = random.chance(0.7) ? work.some(work.checking) : undefined;
  if (known === undefined) {
    const id = random.chance(0.5) ? { check_id: work.fresh("check") } : {};
    const started = { check_type: random.pick(CHECKS), ...id };
    work.log("QualityCheckStarted", started);
    work.checking.push(started);
  } else if (random.chance(0.7)) {
    const passed_quality_gate = random.chance(0.6);
    const rest = work.maybe({ overall_score: random.below(100) / 100, issues_found: 2, passed_quality_gate });
    work.log("QualityCheckCompleted", { ...known, ...rest });
  } else work.log("QualityCheckFailed", { ...known, failure_reason: "a secret in the code" });
};

const test: Step = (work) => {
  const { random } = work;
  const known = random.chance(0.7) ? work.some(work.running) : undefined;
  if (known === undefined) {
    const id = random.chance(0.5) ? { test_run_id: work.fresh("tests") } : {};
    const started = { test_suite: random.pick(SUITES), ...id };
    work.log("TestRunStarted", { ...started, ...work.maybe({ test_count: 20 }) });
    work.running.push(started);
  } else if (random.chance(0.8)) {
    const figures = work.maybe({ total_tests: 20, passed: 18, failed: random.below(3), skipped: 1 });
    work.log("TestRunCompleted", { ...known, ...figures });
  } else work.log("TestRunFailed", { ...known, failure_reason: "the runner crashed" });
};

const trouble: Step = (work) => {
  const { random } = work;
  const error_type = random.pick(ERRORS);
  work.log("ErrorOccurred", {
    error_type,
    error_message: "it broke",
    ...work.maybe({ error_fingerprint: "f1" }),
  });
  if (random.chance(0.5)) return;
  work.log("RecoveryAttempted", { recovery_from: error_type, ...work.maybe({ attempt_number: 1 }) });
  if (random.chance(0.8))
    work.log(random.pick(["RecoverySucceeded", "RecoveryFailed"]), { recovery_from: error_type });
};

const checkpoint: Step = (work) => {
  const { random } = work;
  if (work.checkpoints.length > 0 && random.chance(0.3)) {
    const checkpoint_id = work.checkpoints[random.below(work.checkpoints.length)] ?? "";
    work.log("CheckpointRestored", { checkpoint_id, ...work.maybe({ restore_reason: "went wrong" }) });
  } else {
    const checkpoint_id = work.fresh("checkpoint");
    const rest = work.maybe({ checkpoint_phase: "CODE", git_sha: random.hex(40) });
    work.log("CheckpointCreated", { checkpoint_id, ...rest });
    work.checkpoints.push(checkpoint_id);
  }
};

const summary: Step = (work) => {
  const to_sequence = Math.max(1, work.drafts.length);
  const range = { from_sequence: Math.max(1, to_sequence - 20), to_sequence };
  const rest = work.maybe({ text: "all went well", highlights: ["login works"] });
  if (work.random.chance(0.5)) work.log("OrchestrationSummaryCreated", { ...range, ...rest });
  else work.log("PhaseSummaryCreated", { phase: work.phase ?? "CODE", ...range, ...rest });
};

const other: Step = (work) => {
  if (work.random.chance(0.7)) work.log("CustomThing", { status: "done", agent_name: "coder", count: 3 });
  else work.log("EventsReplayed", { from_sequence: 1, to_sequence: 5, replayed_count: 5 });
};

/** Steps by how often they are taken. */
const WEIGHTED: readonly (readonly [weight: number, steps: readonly Step[]])[] = [
  [1, [restart, end, backfill, document, trouble, checkpoint, summary, other, block]],
  [2, [pauseOrResume, gap, changeGap, tracker, check, test]],
  [3, [commit, pullRequest]],
  [4, [phase, endOfAgent]],
  [5, [spawn]],
];

const STEPS: readonly [Step, ...Step[]] = [
  tracker,
  ...WEIGHTED.flatMap(([weight, steps]) => Array.from({ length: weight }, () => steps).flat()),
];
