import { defineEventType } from "../definition.ts";

const OrchestrationStarted = defineEventType({
  type: "OrchestrationStarted",
  version: "1.0.0",
  description: "Work on an issue begins; opens a run.",
  required: (f) => ({
    issue_summary: f.text("What the issue is about."),
    initial_phase: f.phase("The phase that the run starts in."),
  }),
  optional: (f) => ({
    issue_type: f.name("The tracker's type, such as Bug or Story."),
    priority: f.name("The tracker's priority."),
    labels: f.list("The issue's labels."),
    components: f.list("The parts of the product concerned."),
    workflow_type: f.name("The workflow that the orchestration follows."),
    estimated_complexity: f.name("How hard the work looks."),
    config: f.object("The orchestrator's settings for this run."),
  }),
  effect: (metadata) => ({ kind: "open", phase: metadata.initial_phase }),
});

const OrchestrationCompleted = defineEventType({
  type: "OrchestrationCompleted",
  version: "1.0.0",
  description: "The run reached its goal; closes the run.",
  required: () => ({}),
  optional: (f) => ({
    duration_seconds: f.number("From start to completion."),
    phases_completed: f.list("Phases in the order of their completion."),
    total_agents_spawned: f.count("Agents that worked on the run."),
    total_commits: f.count("Commits made."),
    total_prs: f.count("Pull requests opened."),
    final_state: f.name("The state in which the work was left."),
    outcome: f.object("What was achieved."),
    metrics: f.object("Measured values of the run."),
  }),
  effect: () => ({ kind: "close" }),
});

const OrchestrationFailed = defineEventType({
  type: "OrchestrationFailed",
  version: "1.0.0",
  description: "The run ended without reaching its goal; closes the run.",
  required: (f) => ({ failure_reason: f.text("Why the run failed.") }),
  optional: (f) => ({
    failure_phase: f.phase("The phase in which it failed."),
    error_message: f.text("The error as it was reported."),
    error_stack: f.longText("The stack trace."),
    recovery_attempted: f.yesNo("Whether a recovery was tried."),
    recovery_successful: f.yesNo("Whether the recovery worked."),
    rollback_state: f.name("How far changes were rolled back."),
    next_actions: f.list("What should be done next."),
  }),
  effect: () => ({ kind: "close" }),
});

const OrchestrationPaused = defineEventType({
  type: "OrchestrationPaused",
  version: "1.0.0",
  description: "The run waits.",
  required: (f) => ({ pause_reason: f.text("Why the run waits.") }),
  optional: (f) => ({
    current_phase: f.phase("The phase in which it waits."),
    blocking_issue: f.name("The issue that it waits for."),
    can_resume: f.yesNo("Whether it can go on later."),
    resume_conditions: f.list("What must be true to go on."),
    snapshot_id: f.name("The snapshot taken before the pause."),
  }),
});

const OrchestrationResumed = defineEventType({
  type: "OrchestrationResumed",
  version: "1.0.0",
  description: "A waiting run goes on.",
  required: () => ({}),
  optional: (f) => ({
    paused_at: f.time("When the pause began."),
    resumed_at: f.time("When the run went on."),
    pause_duration_seconds: f.number("How long it waited."),
    snapshot_restored: f.yesNo("Whether a snapshot was loaded."),
    state_validated: f.yesNo("Whether the state was checked."),
    resume_phase: f.phase("The phase in which it goes on."),
  }),
  effect: ({ resume_phase }) =>
    resume_phase === undefined ? undefined : { kind: "phase", phase: resume_phase },
});

export const orchestrationTypes = {
  OrchestrationStarted,
  OrchestrationCompleted,
  OrchestrationFailed,
  OrchestrationPaused,
  OrchestrationResumed,
} as const;
