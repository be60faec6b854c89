import { defineEventType } from "../definition.ts";

const SEVERITIES = ["low", "medium", "high", "critical"] as const;

const GapIdentified = defineEventType({
  type: "GapIdentified",
  version: "1.0.0",
  description: "Something that is needed turned out to be missing.",
  required: (f) => ({
    gap_id: f.name("Names the gap in later events."),
    gap_type: f.name("What kind of thing is missing."),
    severity: f.oneOf(SEVERITIES, "How bad it is."),
  }),
  optional: (f) => ({
    description: f.longText("What is missing."),
    affected_modules: f.list("Parts of the product concerned."),
    impact: f.text("What follows from it."),
    identified_by: f.name("Who found it."),
    recommended_actions: f.list("What should be done."),
    estimated_effort: f.text("How much work closing it is."),
    blocking: f.yesNo("Whether the work stops until it is closed."),
  }),
});

const GapResolved = defineEventType({
  type: "GapResolved",
  version: "1.0.0",
  description: "A gap was closed.",
  required: (f) => ({ gap_id: f.name("The gap.") }),
  optional: (f) => ({
    resolution_strategy: f.text("How it was closed."),
    resolved_by: f.name("Who closed it."),
    resolution_details: f.object("The solution in detail."),
    verification: f.object("How the solution was checked."),
    time_to_resolve_seconds: f.number("From finding it to closing it."),
  }),
});

const GapEscalated = defineEventType({
  type: "GapEscalated",
  version: "1.0.0",
  description: "A gap was handed to somebody who can decide.",
  required: (f) => ({
    gap_id: f.name("The gap."),
    escalation_reason: f.text("Why it was handed on."),
  }),
  optional: (f) => ({
    gap_type: f.name("What kind of thing is missing."),
    severity: f.oneOf(SEVERITIES, "How bad it is."),
    escalated_to: f.name("Who is to decide."),
    escalation_channel: f.name("How they were told."),
    work_paused: f.yesNo("Whether the work waits for the decision."),
    blocking_deployment: f.yesNo("Whether a deployment waits for it."),
  }),
});

export const gapTypes = { GapIdentified, GapResolved, GapEscalated } as const;
