import { describe, expect, it } from "vitest";

import { ValidationError } from "../errors.ts";
import { notStarted, type OrchestrationState } from "../projection/state/orchestration-state.ts";
import { questionOf } from "./condition.ts";

const STATE: OrchestrationState = {
  ...notStarted("PROJ-1"),
  exists: true,
  status: "failed",
  worklog_seconds: 4_000,
  completed_phases: ["CODE"],
  started_at: "2026-11-24T13:00:00.000Z",
  last_timestamp: "2026-11-24T14:00:00.000Z",
  errors: [
    { event_id: "e", error_type: "Timeout", error_message: "30 s", timestamp: "2026-11-24T13:30:00.000Z" },
  ],
  tests: [
    { test_run_id: "1", test_suite: "unit", status: "running", timestamp: "2026-11-24T13:30:00.000Z" },
    {
      test_run_id: "2",
      test_suite: "e2e",
      status: "not_passed",
      failed: 2,
      timestamp: "2026-11-24T13:31:00.000Z",
    },
  ],
};

describe("a condition", () => {
  it.each([
    'status == "failed"',
    '"CODE" in completed_phases',
    'errors.exists(e, e.error_type == "Timeout")',
    "size(errors) == 1",
    "size(errors) == 1.0",
    "worklog_seconds > 3600",
    "worklog_seconds == 4000",
    "worklog_seconds / 3600 > 1",
    "worklog_seconds + size(errors) == 4001",
    "worklog_seconds % 3 == 1",
    "tests[1].failed + 1 == 3",
    "tests.exists(t, t.failed > 1)",
    "current_phase == null",
    'current_phase != "CODE"',
    'timestamp(last_timestamp) - timestamp(started_at) >= duration("1h")',
    'status in ["failed", "paused"]',
  ])("%s holds", async (text) => {
    expect((await questionOf(text)).holds(STATE)).toBe(true);
  });

  it.each([
    "duration_seconds > 5",
    "tests.all(t, t.failed > 1)",
    "tests[7].failed > 1",
    "errors[0].constructor != 1",
  ])("%s cannot be answered and does not hold", async (text) => {
    const question = await questionOf(text);
    expect(question.holds(STATE)).toBe(false);
    expect(question.unanswered?.states).toBe(1);
  });

  it.each([
    ["failed_agentz == []", /no field failed_agentz/],
    ["size(failed_agents)", /gives int, not true or false/],
    ["status ==", /cannot be understood/],
    ["status == 5", /string == int/],
    ['status.matches("(a+)+$")', /no regular expressions/],
    ['matches(status, "a")', /no regular expressions/],
    ["errors.all(a, errors.all(b, errors.all(c, a == b)))", /more than 2 deep/],
  ])("%s is refused", async (text, message) => {
    const refusal = questionOf(text);
    await expect(refusal).rejects.toThrow(ValidationError);
    await expect(refusal).rejects.toThrow(message);
  });

  it("that is too long or too deep is refused", async () => {
    await expect(questionOf(`status == "${"x".repeat(3_000)}"`)).rejects.toThrow("longer than");
    await expect(questionOf(`${"(".repeat(99)}true${")".repeat(99)}`)).rejects.toThrow("maxDepth");
    await expect(questionOf(Array(501).fill(1).join("<"))).rejects.toThrow(ValidationError);
  });

  it("says which field may have been meant", async () => {
    await expect(questionOf("failed_agentz == []")).rejects.toMatchObject({
      hint: "Did you mean failed_agents?",
    });
  });

  it("whose answer is known to be no yes or no only at the state is refused there", async () => {
    const question = await questionOf("started_at");
    expect(() => question.holds(STATE)).toThrow("gives string");
    expect(question.holds(notStarted(null))).toBe(false);
  });
});
