import { GLOBAL_STREAM, type StoredEvent } from "../../event/envelope.ts";
import { type EventOf, isEventOf } from "../../event/registry.ts";
import type { Projection } from "../projection.ts";
import {
  addDuration,
  type DurationFigures,
  durationFigures,
  type Durations,
  durations,
} from "./durations.ts";
import {
  addPairing,
  addScore,
  count,
  countsOf,
  numbersIn,
  type PairingFigures,
  type Pairings,
  pairings,
  rounded,
  type ScoreFigures,
  scoreFigures,
  type Scores,
} from "./figures.ts";
import { type Interval, type IntervalLog, intervalLog, intervalsByRun, noteEvent } from "./intervals.ts";
import { bagOf, keepBag, type Named, type NumberBags, numberBags } from "./number-bags.ts";
import { type Rate, rateOf } from "./rate.ts";
import { addRework, type ReworkFigures, reworkFigures, reworkSum } from "./rework.ts";

/** What is known of the checks of one type. */
export interface CheckFigures extends PairingFigures {
  readonly check_type: string;
  readonly started: number;
  /** Ran to their end, by what they said of the gate. */
  readonly passed: number;
  readonly not_passed: number;
  readonly no_verdict: number;
  /** Broke off, or found what must not be. */
  readonly failed: number;
  readonly open: number;
  /** Passed of passed, not passed and failed. */
  readonly success: Rate;
  readonly score: ScoreFigures | null;
  readonly issues_found: number;
  readonly duration: DurationFigures;
}

/** What is known of the runs of one test suite. */
export interface SuiteFigures extends PairingFigures {
  readonly test_suite: string;
  readonly runs: number;
  /** Runs without a failed test, and with some. */
  readonly passed: number;
  readonly not_passed: number;
  /** Could not be run to their end. */
  readonly failed: number;
  readonly open: number;
  readonly success: Rate;
  /** Tests, summed over all runs. */
  readonly tests: {
    readonly total: number;
    readonly passed: number;
    readonly failed: number;
    readonly skipped: number;
  };
  /** Times that the outcome changed at one and the same commit: the suite is flaky. */
  readonly flips: number;
  /** By measure, such as `lines`: the newest value, and its change since the first one. */
  readonly coverage: Readonly<Record<string, { readonly latest: number; readonly change: number }>>;
  readonly duration: DurationFigures;
}

export interface QualityMetrics {
  readonly checks: readonly CheckFigures[];
  readonly suites: readonly SuiteFigures[];
  /** Issues that checks found, by severity. */
  readonly issues_by_severity: Readonly<Record<string, number>>;
  readonly gaps: { readonly identified: number; readonly resolved: number; readonly open: number };
  readonly rework: ReworkFigures;
}

const VERDICTS = ["passed", "not_passed", "no_verdict", "failed"] as const;
type Verdict = (typeof VERDICTS)[number];

/** Measures of coverage are named by whoever reports them, so they bear a mark. */
const COVERAGE = "coverage.";

export interface QualityFold {
  readonly log: IntervalLog;
  /** What checks and test runs said at their end. */
  readonly outcomes: NumberBags;
  readonly severities: Map<string, number>;
  /** Of each suite of a stream, the newest outcome at a commit. */
  readonly newest: Map<string, { sha: string; passed: boolean }>;
  readonly flips: Map<string, number>;
}

/**
 * What checks and tests say, and how often work had to be done again.
 *
 * @example
 * ```ts
 * const { suites, rework } = await store.project(qualityMetrics, { fromTimestamp: "2026-11-01" });
 * console.log(suites.map(({ test_suite, passed, runs }) => `${test_suite}: ${passed} of ${runs}`));
 * console.log(rework.first_pass.successes, "of", rework.first_pass.n, "runs passed at once");
 * ```
 */
export const qualityMetrics: Projection<QualityFold, QualityMetrics> = {
  name: "quality-metrics",
  version: 1,
  initial: () => ({
    log: intervalLog("check", "test", "gap", "phase"),
    outcomes: numberBags(),
    severities: new Map(),
    newest: new Map(),
    flips: new Map(),
  }),
  apply(fold, event) {
    const outcome = outcomeOf(event);
    noteEvent(fold.log, event, outcome.length === 0 ? undefined : keepBag(fold.outcomes, outcome));
    if (isEventOf(event, "QualityCheckCompleted")) noteSeverities(fold.severities, event.metadata);
    if (isEventOf(event, "TestRunCompleted")) noteFlip(fold, event);
    return fold;
  },
  result: resultOf,
};

function outcomeOf(event: StoredEvent): Named {
  if (isEventOf(event, "QualityCheckCompleted")) {
    const { passed_quality_gate: gate, overall_score, issues_found, issues } = event.metadata;
    const verdict = gate === undefined ? "no_verdict" : gate ? "passed" : "not_passed";
    const found = issues_found ?? issues?.length ?? 0;
    return [
      said(verdict),
      ["issues_found", found],
      ...(overall_score === undefined ? [] : [["score", overall_score] as const]),
    ];
  }
  if (isEventOf(event, "QualityCheckFailed") || isEventOf(event, "TestRunFailed")) return [said("failed")];
  if (!isEventOf(event, "TestRunCompleted")) return [];
  const { total_tests, passed = 0, failed = 0, skipped = 0, coverage } = event.metadata;
  return [
    said(isPassed(event.metadata) ? "passed" : "not_passed"),
    ["tests.total", total_tests ?? passed + failed + skipped],
    ["tests.passed", passed],
    ["tests.failed", failed],
    ["tests.skipped", skipped],
    ...numbersIn(coverage).map(([measure, value]) => [COVERAGE + measure, value] as const),
  ];
}

function said(verdict: Verdict): readonly [string, number] {
  return ["verdict", VERDICTS.indexOf(verdict)];
}

function isPassed({ failed, failed_tests }: EventOf<"TestRunCompleted">["metadata"]): boolean {
  return (failed ?? failed_tests?.length ?? 0) === 0;
}

function noteSeverities(
  severities: Map<string, number>,
  { issues_by_severity, issues = [] }: EventOf<"QualityCheckCompleted">["metadata"],
): void {
  for (const [severity, found] of numbersIn(issues_by_severity)) count(severities, severity, found);
  if (issues_by_severity !== undefined) return;
  for (const { severity } of issues) if (typeof severity === "string") count(severities, severity);
}

function noteFlip({ newest, flips }: QualityFold, event: EventOf<"TestRunCompleted">): void {
  const { git_sha: sha, issue_key = GLOBAL_STREAM, metadata } = event;
  if (sha === undefined) return;
  const key = `${issue_key} ${metadata.test_suite}`;
  const before = newest.get(key);
  const passed = isPassed(metadata);
  if (before?.sha === sha && before.passed !== passed) count(flips, metadata.test_suite);
  newest.set(key, { sha, passed });
}

interface Sum extends Pairings {
  started: number;
  open: number;
  readonly verdicts: Record<Verdict, number>;
  score: Scores | undefined;
  issues_found: number;
  readonly tests: Map<string, number>;
  readonly coverage: Map<string, Scores>;
  readonly duration: Durations;
}

function resultOf({ log, outcomes, severities, flips }: QualityFold): QualityMetrics {
  const checks = new Map<string, Sum>();
  const suites = new Map<string, Sum>();
  const gaps = { identified: 0, resolved: 0, open: 0 };
  const rework = reworkSum();
  for (const run of intervalsByRun(log)) {
    for (const interval of run) {
      if (interval.kind === "check")
        add(sumOf(checks, interval.name), interval, bagOf(outcomes, interval.end));
      else if (interval.kind === "test")
        add(sumOf(suites, interval.name), interval, bagOf(outcomes, interval.end));
      else if (interval.kind === "gap") addGap(gaps, interval);
    }
    addRework(rework, run, ({ end }) => isRed(bagOf(outcomes, end)));
  }
  return {
    checks: sorted(checks).map(([type, sum]) => checkFigures(type, sum)),
    suites: sorted(suites).map(([suite, sum]) => suiteFigures(suite, sum, flips.get(suite) ?? 0)),
    issues_by_severity: countsOf(severities),
    gaps,
    rework: reworkFigures(rework),
  };
}

function addGap(
  gaps: { identified: number; resolved: number; open: number },
  { outcome, status }: Interval,
): void {
  if (status !== "orphan_end") gaps.identified++;
  if (outcome !== null) gaps.resolved++;
  else if (status !== "abandoned") gaps.open++;
}

/** Those with most ends first. */
function sorted(sums: ReadonlyMap<string, Sum>): (readonly [string, Sum])[] {
  return [...sums].sort(([a, one], [b, other]) => endsOf(other) - endsOf(one) || (a < b ? -1 : 1));
}

function endsOf({ verdicts }: Sum): number {
  return verdicts.passed + verdicts.not_passed + verdicts.no_verdict + verdicts.failed;
}

function sumOf(sums: Map<string, Sum>, name: string): Sum {
  const sum: Sum = sums.get(name) ?? {
    ...pairings(),
    started: 0,
    open: 0,
    verdicts: { passed: 0, not_passed: 0, no_verdict: 0, failed: 0 },
    score: undefined,
    issues_found: 0,
    tests: new Map(),
    coverage: new Map(),
    duration: durations(),
  };
  sums.set(name, sum);
  return sum;
}

function add(sum: Sum, interval: Interval, outcome: Named): void {
  const { status, wall_ms, ended_ms: at_ms } = interval;
  if (status !== "orphan_end") sum.started++;
  if (status === "open") sum.open++;
  addDuration(sum.duration, interval, wall_ms);
  addPairing(sum, interval);
  for (const [name, value] of outcome) {
    if (name === "verdict") sum.verdicts[VERDICTS[value]!]++;
    else if (name === "issues_found") sum.issues_found += value;
    else if (name === "score") sum.score = addScore(sum.score, value, at_ms);
    else if (name.startsWith(COVERAGE)) {
      const measure = name.slice(COVERAGE.length);
      sum.coverage.set(measure, addScore(sum.coverage.get(measure), value, at_ms));
    } else count(sum.tests, name, value);
  }
}

/** Whether a test run broke off, or tests failed in it. */
function isRed(outcome: Named): boolean {
  const verdict = VERDICTS[outcome[0]?.[1] ?? -1];
  return verdict === "failed" || verdict === "not_passed";
}

function rateIn({ passed, not_passed, failed }: Readonly<Record<Verdict, number>>): Rate {
  return rateOf(passed, passed + not_passed + failed);
}

function pairingIn({ inferred, ambiguous, unmatched_ends, clock_skew }: Sum): PairingFigures {
  return { inferred, ambiguous, unmatched_ends, clock_skew };
}

function checkFigures(check_type: string, sum: Sum): CheckFigures {
  return {
    check_type,
    started: sum.started,
    ...sum.verdicts,
    open: sum.open,
    success: rateIn(sum.verdicts),
    score: scoreFigures(sum.score),
    issues_found: sum.issues_found,
    duration: durationFigures(sum.duration),
    ...pairingIn(sum),
  };
}

function suiteFigures(test_suite: string, sum: Sum, flips: number): SuiteFigures {
  const { passed, not_passed, failed } = sum.verdicts;
  const tests = (name: string): number => sum.tests.get(`tests.${name}`) ?? 0;
  return {
    test_suite,
    runs: sum.started + sum.unmatched_ends,
    passed,
    not_passed,
    failed,
    open: sum.open,
    success: rateIn(sum.verdicts),
    tests: {
      total: tests("total"),
      passed: tests("passed"),
      failed: tests("failed"),
      skipped: tests("skipped"),
    },
    flips,
    coverage: Object.fromEntries(
      [...sum.coverage].map(([measure, { first, last }]) => [
        measure,
        { latest: last, change: rounded(last - first) },
      ]),
    ),
    duration: durationFigures(sum.duration),
    ...pairingIn(sum),
  };
}
