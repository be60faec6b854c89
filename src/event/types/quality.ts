import { defineEventType } from "../definition.ts";

const QualityCheckStarted = defineEventType({
  type: "QualityCheckStarted",
  version: "1.0.0",
  description: "A quality check begins.",
  required: (f) => ({ check_type: f.name("What is checked.") }),
  optional: (f) => ({
    check_id: f.name("Pairs the start with its end."),
    check_scope: f.text("How much is checked."),
    checker_agent: f.name("The agent that checks."),
    files_to_check: f.count("Files that it covers."),
    estimated_duration_seconds: f.number("How long it will probably take."),
  }),
});

const QualityCheckCompleted = defineEventType({
  type: "QualityCheckCompleted",
  version: "1.0.0",
  description: "A quality check ran to its end.",
  required: (f) => ({ check_type: f.name("What was checked.") }),
  optional: (f) => ({
    check_id: f.name("Pairs the end with its start."),
    overall_score: f.number("The result as a number."),
    issues_found: f.count("How many issues it found."),
    issues_by_severity: f.object("Issues counted by severity."),
    issues: f.objects("The issues themselves."),
    passed_quality_gate: f.yesNo("Whether the result is good enough."),
    recommendations: f.list("What should be improved."),
  }),
});

const QualityCheckFailed = defineEventType({
  type: "QualityCheckFailed",
  version: "1.0.0",
  description: "A quality check broke off or found what must not be.",
  required: (f) => ({
    check_type: f.name("What was checked."),
    failure_reason: f.text("Why it failed."),
  }),
  optional: (f) => ({
    check_id: f.name("Pairs the end with its start."),
    critical_issues: f.objects("The issues that made it fail."),
    blocking: f.yesNo("Whether the work stops until they are gone."),
    remediation_required: f.yesNo("Whether somebody must act."),
  }),
});

export const qualityTypes = { QualityCheckStarted, QualityCheckCompleted, QualityCheckFailed } as const;
