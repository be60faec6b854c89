import { defineEventType } from "../definition.ts";

const PhaseStarted = defineEventType({
  type: "PhaseStarted",
  version: "1.0.0",
  description: "A phase of the run begins.",
  required: (f) => ({ phase: f.phase("The phase.") }),
  optional: (f) => ({
    phase_objective: f.text("What the phase is to achieve."),
    expected_agents: f.count("How many agents are planned."),
    expected_duration_minutes: f.number("How long it is planned to take."),
    inputs: f.object("What the phase works with."),
    success_criteria: f.list("When the phase counts as done."),
  }),
  effect: ({ phase }) => ({ kind: "phase", phase }),
});

const PhaseCompleted = defineEventType({
  type: "PhaseCompleted",
  version: "1.0.0",
  description: "A phase reached its objective.",
  required: (f) => ({ phase: f.phase("The phase.") }),
  optional: (f) => ({
    duration_seconds: f.number("From start to completion."),
    agents_used: f.list("Agents that worked in the phase."),
    outputs: f.object("What the phase produced."),
    success_criteria_met: f.yesNo("Whether all criteria were met."),
    quality_score: f.number("The phase's quality score."),
    ready_for_next_phase: f.yesNo("Whether the next phase may begin."),
    next_phase: f.phase("The phase that follows."),
  }),
  effect: ({ phase, next_phase }) => ({ kind: "phase", phase: next_phase ?? null, ended: phase }),
});

const PhaseFailed = defineEventType({
  type: "PhaseFailed",
  version: "1.0.0",
  description: "A phase did not reach its objective.",
  required: (f) => ({
    phase: f.phase("The phase."),
    failure_reason: f.text("Why it failed."),
  }),
  optional: (f) => ({
    error_details: f.object("The error in detail."),
    retry_attempted: f.yesNo("Whether it was tried again."),
    retry_count: f.count("How often it was tried again."),
    max_retries: f.count("How often it may be tried again."),
    escalation_required: f.yesNo("Whether a person must decide."),
    recovery_strategy: f.text("How the run is to go on."),
  }),
  effect: ({ phase }) => ({ kind: "phase-failed", phase }),
});

export const phaseTypes = { PhaseStarted, PhaseCompleted, PhaseFailed } as const;
