import { defineEventType } from "../definition.ts";

const TestRunStarted = defineEventType({
  type: "TestRunStarted",
  version: "1.0.0",
  description: "A test suite begins to run.",
  required: (f) => ({ test_suite: f.name("The suite.") }),
  optional: (f) => ({
    test_run_id: f.name("Pairs the start with its end."),
    test_count: f.count("Tests to run."),
    test_runner: f.name("The tool that runs them."),
    triggered_by: f.name("Who or what started it."),
    scope: f.text("Which part of the suite runs."),
  }),
});

const TestRunCompleted = defineEventType({
  type: "TestRunCompleted",
  version: "1.0.0",
  description: "A test suite ran to its end.",
  required: (f) => ({ test_suite: f.name("The suite.") }),
  optional: (f) => ({
    test_run_id: f.name("Pairs the end with its start."),
    duration_seconds: f.number("From start to end."),
    total_tests: f.count("Tests run."),
    passed: f.count("Tests that passed."),
    failed: f.count("Tests that failed."),
    skipped: f.count("Tests left out."),
    coverage: f.object("Measured coverage."),
    failed_tests: f.objects("The tests that failed."),
  }),
});

const TestRunFailed = defineEventType({
  type: "TestRunFailed",
  version: "1.0.0",
  description: "A test suite could not be run to its end.",
  required: (f) => ({
    test_suite: f.name("The suite."),
    failure_reason: f.text("Why it broke off."),
  }),
  optional: (f) => ({
    test_run_id: f.name("Pairs the end with its start."),
    error_message: f.text("The error as it was reported."),
    retry_scheduled: f.yesNo("Whether it will be run again."),
  }),
});

export const testRunTypes = { TestRunStarted, TestRunCompleted, TestRunFailed } as const;
