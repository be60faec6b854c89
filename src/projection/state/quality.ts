import { pairedEnd, pairedStart } from "./pairing.ts";
import { plain, present } from "./present.ts";
import type { Reducers } from "./reducer.ts";

/** Checks and test runs: a start and an end, paired by id, else by the check's type or the suite's name. */
export const qualityReducers: Reducers<
  | "QualityCheckStarted"
  | "QualityCheckCompleted"
  | "QualityCheckFailed"
  | "TestRunStarted"
  | "TestRunCompleted"
  | "TestRunFailed"
> = {
  QualityCheckStarted(edit, event) {
    const { check_id, check_type } = event.metadata;
    const { id, known } = pairedStart(edit, "quality_checks", { event, id: check_id, name: check_type });
    const { timestamp } = event;
    const begun = { check_id: id, check_type, status: "running", started_at: timestamp, timestamp } as const;
    edit.put("quality_checks", { ...begun, ...known });
  },

  QualityCheckCompleted(edit, event) {
    const { check_id, check_type, overall_score, issues_found, passed_quality_gate } = event.metadata;
    const { id, ...paired } = pairedEnd(edit, "quality_checks", { event, id: check_id, name: check_type });
    if (paired.isOld) return;
    edit.put("quality_checks", {
      check_id: id,
      check_type,
      status: passed_quality_gate === false ? "not_passed" : "passed",
      ...present({ overall_score: plain(overall_score), issues_found: plain(issues_found) }),
      ...paired.start,
      timestamp: event.timestamp,
    });
  },

  QualityCheckFailed(edit, event) {
    const { check_id, check_type } = event.metadata;
    const { id, ...paired } = pairedEnd(edit, "quality_checks", { event, id: check_id, name: check_type });
    if (paired.isOld) return;
    const { timestamp } = event;
    edit.put("quality_checks", { check_id: id, check_type, status: "failed", ...paired.start, timestamp });
  },

  TestRunStarted(edit, event) {
    const { test_run_id, test_suite, test_count } = event.metadata;
    const { id, known } = pairedStart(edit, "tests", { event, id: test_run_id, name: test_suite });
    const { timestamp } = event;
    const begun = {
      test_run_id: id,
      test_suite,
      status: "running",
      started_at: timestamp,
      timestamp,
    } as const;
    edit.put("tests", { ...begun, ...present({ total: plain(test_count) }), ...known });
  },

  TestRunCompleted(edit, event) {
    const { test_run_id, test_suite, total_tests, passed, failed, skipped, failed_tests } = event.metadata;
    const { id, ...paired } = pairedEnd(edit, "tests", { event, id: test_run_id, name: test_suite });
    if (paired.isOld) return;
    const total = total_tests ?? edit.find("tests", id)?.total;
    edit.put("tests", {
      test_run_id: id,
      test_suite,
      status: (failed ?? failed_tests?.length ?? 0) > 0 ? "not_passed" : "passed",
      ...present({
        total: plain(total),
        passed: plain(passed),
        failed: plain(failed),
        skipped: plain(skipped),
      }),
      ...paired.start,
      timestamp: event.timestamp,
    });
  },

  TestRunFailed(edit, event) {
    const { test_run_id, test_suite } = event.metadata;
    const { id, ...paired } = pairedEnd(edit, "tests", { event, id: test_run_id, name: test_suite });
    if (paired.isOld) return;
    const { timestamp } = event;
    const total = edit.find("tests", id)?.total;
    const broken = { test_run_id: id, test_suite, status: "failed", ...present({ total }) } as const;
    edit.put("tests", { ...broken, ...paired.start, timestamp });
  },
};
