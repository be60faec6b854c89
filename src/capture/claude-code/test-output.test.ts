import * as fc from "fast-check";
import { expect, it } from "vitest";

import { testCounts } from "./test-output.ts";

it.each([
  [
    " Test Files  1 failed (1)\n      Tests  1 failed | 4 passed | 2 skipped (7)",
    { passed: 4, failed: 1, skipped: 2 },
  ],
  ["Tests:       1 failed, 5 passed, 6 total\nSnapshots: 0 total", { passed: 5, failed: 1 }],
  ["==== 1 failed, 4 passed, 1 skipped in 0.12s ====", { passed: 4, failed: 1, skipped: 1 }],
  ["== 3 passed, 1 error in 2.01s ==", { passed: 3, failed: 1 }],
  [
    "test result: ok. 3 passed; 0 failed; 1 ignored\ntest result: FAILED. 1 passed; 2 failed; 0 ignored",
    { passed: 4, failed: 2, skipped: 1 },
  ],
  [
    "Finished in 1.8 seconds\n14 doctests, 68 tests, 2 failures, 1 skipped",
    { passed: 79, failed: 2, skipped: 1 },
  ],
  ["43 tests, 0 failures", { passed: 43, failed: 0 }],
  ["5 examples, 1 failure, 2 pending", { passed: 2, failed: 1, skipped: 2 }],
  ["8 runs, 20 assertions, 1 failures, 1 errors, 0 skips", { passed: 6, failed: 2 }],
  ["Tests run: 5, Failures: 1, Errors: 1, Skipped: 1", { passed: 2, failed: 2, skipped: 1 }],
  ["# tests 5\n# pass 4\n# fail 1\n# skipped 0", { passed: 4, failed: 1 }],
  ["  5 passing (20ms)\n  1 failing", { passed: 5, failed: 1 }],
  ["--- PASS: TestA (0.00s)\n--- FAIL: TestB (0.00s)\nFAIL", { passed: 1, failed: 1 }],
  [
    "\u001b[1mTests\u001b[22m  \u001b[32m9 passed\u001b[39m (9)".replace("Tests", "  Tests"),
    { passed: 9, failed: 0 },
  ],
])("reads %j", (output, counts) => {
  expect(testCounts(output)).toEqual(counts);
});

it("knows nothing of other texts", () => {
  for (const text of ["", "Compiling 4 files", "all tests are fine", "error: tests failed"])
    expect(testCounts(text)).toBeUndefined();
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => (testCounts(text)?.passed ?? 0) >= 0));
});
