/** What a test runner printed about its run. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped?: number;
}

type Reader = (text: string) => TestCounts | undefined;

const number = (text: string | undefined): number => Number((text ?? "0").replaceAll(",", ""));

/** Runners say it in their last lines; what stands far before was printed by the tests. */
const TAIL = 4_000;
// eslint-disable-next-line no-control-regex -- terminals' colours
const COLOURS = /\u001b\[[0-9;]*m/g;

/** Vitest's and Jest's `Tests  1 failed | 4 passed (5)`. */
const ofTests: Reader = (text) => {
  const line = [...text.matchAll(/^\s*Tests:?\s+(.*\d+ (?:passed|failed|skipped|total|todo).*)$/gm)].at(
    -1,
  )?.[1];
  return line === undefined ? undefined : words(line);
};

/** Pytest's `==== 1 failed, 4 passed in 0.1s ====`, RSpec-like and cargo-like lines name the words, too. */
const ofPytest: Reader = (text) => {
  const line = [...text.matchAll(/^=*\s*((?:\d+ [a-z]+,? ?)+) in [\d.]+\s*s.*$/gm)].at(-1)?.[1];
  return line === undefined ? undefined : words(line);
};

const ofCargo: Reader = (text) => {
  const lines = [...text.matchAll(/^test result: .*$/gm)].map(([line]) => words(line));
  return lines.length === 0
    ? undefined
    : lines.reduce((sum, one) => added(sum, one), { passed: 0, failed: 0 });
};

/** ExUnit, RSpec, Minitest: `14 doctests, 65 tests, 2 failures, 1 skipped`. */
const ofFailures: Reader = (text) => {
  const found = [
    ...text.matchAll(
      /(?:(\d+) doctests?, )?(?:(\d+) properties, )?(\d+) (?:tests?|examples?|runs?)(?:, \d+ assertions)?, (\d+) (?:failures?|failed)(?:, (\d+) (?:errors))?(?:, \d+ (?:excluded|invalid))?(?:, (\d+) (?:skipped|pending|skips))?/g,
    ),
  ].at(-1);
  if (found === undefined) return undefined;
  const total = number(found[1]) + number(found[2]) + number(found[3]);
  const failed = number(found[4]) + number(found[5]);
  return counts(total - failed - number(found[6]), failed, number(found[6]));
};

/** Maven, Gradle, .NET, PHPUnit: `Tests run: 5, Failures: 1, Errors: 0, Skipped: 0`. */
const ofTotals: Reader = (text) => {
  const found = [
    ...text.matchAll(
      /Tests(?: run)?: (\d+)(?:, Assertions: \d+)?, Failures: (\d+)(?:, Errors: (\d+))?(?:, Skipped: (\d+))?/g,
    ),
  ].at(-1);
  if (found === undefined) return undefined;
  const failed = number(found[2]) + number(found[3]);
  return counts(number(found[1]) - failed - number(found[4]), failed, number(found[4]));
};

/** TAP and Node's runner: `# pass 5`, `ℹ fail 1`. */
const ofTap: Reader = (text) => {
  const of = (word: string) => [...text.matchAll(new RegExp(`^(?:#|ℹ) ${word} (\\d+)$`, "gm"))].at(-1)?.[1];
  const passed = of("pass");
  return passed === undefined ? undefined : counts(number(passed), number(of("fail")), number(of("skipped")));
};

/** Mocha: `5 passing (20ms)`, `1 failing`. Playwright: `5 passed (2s)`. */
const ofMocha: Reader = (text) => {
  const of = (word: string) => [...text.matchAll(new RegExp(`^\\s*(\\d+) ${word}\\b`, "gm"))].at(-1)?.[1];
  const passed = of("passing") ?? of("passed");
  const failed = of("failing") ?? of("failed");
  if (passed === undefined && failed === undefined) return undefined;
  return counts(number(passed), number(failed), number(of("pending") ?? of("skipped")));
};

/** Go tells of packages unless it is asked for more. */
const ofGo: Reader = (text) => {
  const each = (rule: RegExp) => [...text.matchAll(rule)].length;
  const [passed, failed] = [each(/^\s*--- PASS: /gm), each(/^\s*--- FAIL: /gm)];
  return passed + failed === 0 ? undefined : counts(passed, failed, each(/^\s*--- SKIP: /gm));
};

const READERS: readonly Reader[] = [ofTests, ofCargo, ofPytest, ofFailures, ofTotals, ofTap, ofMocha];

/** How many tests passed and failed, as far as the output says so in a form that is known. */
export function testCounts(output: string): TestCounts | undefined {
  const text = output.replaceAll(COLOURS, "");
  const tail = text.slice(-TAIL);
  for (const read of READERS) {
    const found = read(tail);
    if (found !== undefined && found.passed >= 0) return found;
  }
  return ofGo(text);
}

function words(line: string): TestCounts {
  const of = (...names: string[]) => number(new RegExp(`(\\d+) (?:${names.join("|")})`).exec(line)?.[1]);
  return counts(of("passed"), of("failed") + of("errors?"), of("skipped", "ignored"));
}

function counts(passed: number, failed: number, skipped: number): TestCounts {
  return skipped > 0 ? { passed, failed, skipped } : { passed, failed };
}

function added(one: TestCounts, other: TestCounts): TestCounts {
  const skipped = (one.skipped ?? 0) + (other.skipped ?? 0);
  return counts(one.passed + other.passed, one.failed + other.failed, skipped);
}
