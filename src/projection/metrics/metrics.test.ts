import { describe, expect, test } from "vitest";

import type { JsonObject, StoredEvent } from "../../event/envelope.ts";
import { fold } from "../projection.ts";
import { HISTORY_ISSUE, randomHistory } from "../testdata/random-history.ts";
import { type AgentFigures, agentMetrics } from "./agent-metrics.ts";
import { errorMetrics } from "./error-metrics.ts";
import { maskedMessage } from "./masked-message.ts";
import { phaseMetrics } from "./phase-metrics.ts";
import { qualityMetrics } from "./quality-metrics.ts";
import { SeededRandom } from "../../testing/seeded-random.ts";
import { independentlyShuffled } from "./testdata/independently-shuffled.ts";
import { type PlainInterval, plainIntervals } from "./testdata/plain-intervals.ts";

const SEEDS = Array.from({ length: 40 }, (_, seed) => seed);
const ALL = { agent: agentMetrics, phase: phaseMetrics, quality: qualityMetrics, error: errorMetrics };

/** What agents report besides; the same for the same event. */
function enriched(history: readonly StoredEvent[]): StoredEvent[] {
  return history.map((event, index) => {
    if (event.event_type !== "AgentCompleted" || index % 3 === 0) return event;
    const more = {
      cost_usd: (index % 7) / 10,
      tokens: { input: index * 10, output: index },
      tests_written: index % 4,
      tests_passed: index % 3,
      outputs_created: ["a.ts", "b.ts"].slice(index % 3),
      quality_metrics: { score: (index % 10) / 10, coverage: { pct: index % 100 } },
    };
    return { ...event, metadata: { ...event.metadata, ...more } };
  });
}

function histories(): StoredEvent[][] {
  return SEEDS.map((seed) => enriched(randomHistory(seed, 250)));
}

function sum(values: Iterable<number | undefined>): number {
  return [...values].reduce<number>((all, value) => all + (value ?? 0), 0);
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  if (sorted.length === 0) return null;
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)]!;
  return (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function inSeconds(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms) / 1000;
}

const isFinished = ({ status }: PlainInterval): boolean => status === "complete" || status === "failed";

describe("agent metrics", () => {
  test("equal what a plain recount gives", () => {
    for (const history of histories()) {
      const { agents, total } = fold(agentMetrics, history);
      const all = plainIntervals(history, ["agent"]).filter(({ kind }) => kind === "agent");
      const names = new Set(
        history
          .filter(({ event_type }) => event_type.startsWith("Agent"))
          .map(({ metadata }) => metadata["agent_name"]),
      );
      for (const { agent_name } of agents) expect(names).toContain(agent_name);
      for (const figures of agents) {
        const own = all.filter(({ name }) => name === figures.agent_name);
        expectFigures(figures, own, history);
        const blocked = history.filter(
          ({ event_type, metadata }) =>
            event_type === "AgentBlocked" && metadata["agent_name"] === figures.agent_name,
        );
        expect(figures.blocked).toBe(blocked.length);
        for (const model of figures.models)
          expectFigures(
            model,
            own.filter(({ tag }) => tag === model.model),
            history,
          );
      }
      expectFigures(total, all, history);
      expect(total.spawned).toBe(history.filter(({ event_type }) => event_type === "AgentSpawned").length);
    }
  });

  test("no run is lost: it ended, is open, or was cut short", () => {
    for (const history of histories()) {
      for (const one of fold(agentMetrics, history).agents) {
        const ended = one.completed + one.failed - one.unmatched_ends;
        expect(one.spawned).toBe(ended + one.open + one.abandoned + one.truncated);
        expect(one.duration).toMatchObject({
          finished: ended,
          open: one.open,
          cut_short: one.abandoned + one.truncated,
        });
      }
    }
  });

  test("checks that an agent made count for its score, whoever logged them", () => {
    const agent = { agent_name: "reviewer" };
    const events = recorded(
      ["AgentSpawned", agent],
      ["QualityCheckStarted", { check_type: "review", check_id: "c", checker_agent: "reviewer" }],
      ["QualityCheckCompleted", { check_type: "review", check_id: "c", overall_score: 0.5 }],
      ["AgentCompleted", { ...agent, quality_metrics: { quality_score: 1, coverage: 80 } }],
    );
    const { agents } = fold(agentMetrics, events);
    expect(agents).toMatchObject([
      { agent_name: "reviewer", score: { n: 2, mean: 0.75, min: 0.5, last: 1 } },
    ]);
    expect(agents[0]?.quality_metrics).toMatchObject({ coverage: { mean: 80 }, quality_score: { mean: 1 } });
  });
});

function expectFigures(
  figures: AgentFigures,
  own: readonly PlainInterval[],
  history: readonly StoredEvent[],
): void {
  const count = (of: (interval: PlainInterval) => boolean): number => own.filter(of).length;
  expect(figures).toMatchObject({
    spawned: count(({ started_ms }) => started_ms !== null),
    completed: count(({ outcome }) => outcome === "complete"),
    failed: count(({ outcome }) => outcome === "failed"),
    open: count(({ status }) => status === "open"),
    abandoned: count(({ status }) => status === "abandoned"),
    truncated: count(({ status }) => status === "truncated"),
    inferred: count(({ inferred }) => inferred),
    ambiguous: count(({ ambiguous }) => ambiguous),
    clock_skew: count(({ clock_skew }) => clock_skew),
  });
  const finished = own.filter(isFinished).map(({ wall_ms }) => wall_ms);
  expect(figures.duration.median_seconds).toBe(inSeconds(median(finished)));
  expect(figures.duration.total_seconds).toBe(inSeconds(sum(finished)));
  expect(figures.active.total_seconds).toBe(
    inSeconds(sum(own.filter(isFinished).map(({ active_ms }) => active_ms))),
  );
  const ids = new Set(own.map(({ end }) => end));
  const ends = history.filter(({ event_id }) => ids.has(event_id)).map(({ metadata }) => metadata);
  const numbers = (key: string): number => sum(ends.map((one) => one[key] as number | undefined));
  expect(figures.tests_written).toBe(numbers("tests_written"));
  expect(figures.cost_usd ?? 0).toBeCloseTo(numbers("cost_usd"), 6);
  expect(figures.outputs).toBe(
    sum(ends.map((one) => (one["outputs_created"] as unknown[] | undefined)?.length)),
  );
  const tokens = ends.map((one) => one["tokens"] as { readonly input: number } | undefined);
  expect(figures.tokens["input"] ?? 0).toBe(sum(tokens.map((one) => one?.input)));
}

describe("phase metrics", () => {
  test("equal what a plain recount gives", () => {
    for (const history of histories()) {
      const { phases, runs, hand_offs } = fold(phaseMetrics, history);
      const all = plainIntervals(history, ["phase"]);
      for (const one of phases) {
        const own = all.filter(({ kind, name }) => kind === "phase" && name === one.phase);
        const visits = own.filter(({ started_ms }) => started_ms !== null);
        expect(one.visits).toBe(visits.length);
        expect(one.revisits).toBe(
          visits.length - new Set(visits.map(({ correlation_id }) => correlation_id)).size,
        );
        expect(one.completed).toBe(own.filter(({ outcome }) => outcome === "complete").length);
        const active = own.filter(isFinished).map(({ active_ms }) => active_ms);
        expect(one.active.median_seconds).toBe(inSeconds(median(active)));
      }
      const shares = phases.map(({ share }) => share ?? 0);
      if (phases.some(({ share }) => share !== null)) expect(sum(shares)).toBeCloseTo(1, 4);
      expect(runs.started).toBe(
        history.filter(({ event_type }) => event_type === "OrchestrationStarted").length,
      );
      const ended = all.filter(({ kind, outcome }) => kind === "phase" && outcome !== null);
      expect(sum(hand_offs.map(({ count }) => count))).toBeLessThanOrEqual(ended.length);
      for (const { total_seconds } of hand_offs) expect(total_seconds).toBeGreaterThanOrEqual(0);
    }
  });

  test("a hand-off lasts from the end of a phase to the next start", () => {
    const events = recorded(
      ["OrchestrationStarted", { issue_summary: "x", initial_phase: "PLAN" }],
      ["PhaseStarted", { phase: "PLAN" }],
      ["PhaseCompleted", { phase: "PLAN" }],
      ["CommentPosted", { comment_id: "1" }],
      ["PhaseStarted", { phase: "CODE" }],
      ["PhaseFailed", { phase: "CODE", failure_reason: "x" }],
    );
    const { hand_offs, waiting } = fold(phaseMetrics, events);
    expect(hand_offs).toMatchObject([{ from: "PLAN", to: "CODE", count: 1, total_seconds: 120 }]);
    expect(waiting).toBe(1);
  });
});

const visit = (phase: string, ...within: [string, JsonObject][]): [string, JsonObject][] => [
  ["PhaseStarted", { phase }],
  ...within,
  ["PhaseCompleted", { phase }],
];

const run = (id: string, ...steps: [string, JsonObject][]): StoredEvent[] =>
  recorded(["OrchestrationStarted", { issue_summary: "x", initial_phase: "CODE" }], ...steps, [
    "OrchestrationCompleted",
    {},
  ]).map((event) => ({ ...event, issue_key: `PROJ-${id}`, correlation_id: id, git_sha: "a".repeat(40) }));

describe("quality metrics", () => {
  test("equal what a plain recount gives", () => {
    for (const history of histories()) {
      const { checks, suites, rework } = fold(qualityMetrics, history);
      const of = (type: string): StoredEvent[] => history.filter(({ event_type }) => event_type === type);
      const completed = of("TestRunCompleted").map(({ metadata }) => metadata);
      expect(sum(suites.map(({ passed }) => passed))).toBe(completed.filter(({ failed }) => !failed).length);
      expect(sum(suites.map(({ not_passed }) => not_passed))).toBe(
        completed.filter(({ failed }) => failed).length,
      );
      expect(sum(suites.map(({ failed }) => failed))).toBe(of("TestRunFailed").length);
      expect(sum(suites.map(({ tests }) => tests.passed))).toBe(
        sum(completed.map(({ passed }) => passed as number)),
      );
      expect(sum(checks.map(({ started }) => started))).toBe(of("QualityCheckStarted").length);
      const done = of("QualityCheckCompleted").map(({ metadata }) => metadata);
      for (const one of checks) {
        const own = done.filter(({ check_type }) => check_type === one.check_type);
        expect(one.passed).toBe(own.filter(({ passed_quality_gate: gate }) => gate === true).length);
        expect(one.not_passed).toBe(own.filter(({ passed_quality_gate: gate }) => gate === false).length);
        const scores = own.flatMap(({ overall_score: score }) => (typeof score === "number" ? [score] : []));
        expect(one.score?.n ?? 0).toBe(scores.length);
        if (one.score !== null) expect(one.score.mean).toBeCloseTo(sum(scores) / scores.length, 5);
      }
      expect(rework.loops).toBe(loopsIn(history));
      expect(rework.share ?? 0).toBeLessThanOrEqual(1);
    }
  });

  test("first pass, loops, coverage, flips and severities", () => {
    const red: [string, JsonObject] = [
      "TestRunCompleted",
      { test_suite: "unit", failed: 2, coverage: { lines: 80 } },
    ];
    const green: [string, JsonObject] = [
      "TestRunCompleted",
      { test_suite: "unit", failed: 0, coverage: { lines: 83.5 } },
    ];
    const check: [string, JsonObject] = [
      "QualityCheckCompleted",
      { check_type: "lint", issues_by_severity: { high: 2, low: 1 } },
    ];
    const events = [
      ...run("1", ...visit("TEST", green)),
      ...run("2", ...visit("TEST", red), ...visit("FIX"), ...visit("TEST", green), check),
      ...run("3", ...visit("CODE")),
      ...run("4", ...visit("TEST")).slice(0, -1),
    ];
    const { rework, suites, issues_by_severity } = fold(qualityMetrics, events);
    expect(rework).toMatchObject({
      first_pass: { successes: 1, n: 2 },
      loops: 1,
      most_loops: 1,
      runs_with_loops: 1,
    });
    expect(suites).toMatchObject([
      {
        passed: 2,
        not_passed: 1,
        flips: 1,
        unmatched_ends: 3,
        coverage: { lines: { latest: 83.5, change: 3.5 } },
      },
    ]);
    expect(issues_by_severity).toEqual({ high: 2, low: 1 });
  });
});

/** TEST entered after FIX, in each run. */
function loopsIn(history: readonly StoredEvent[]): number {
  const visits = plainIntervals(history, ["phase"])
    .filter(
      ({ kind, started_ms, name }) =>
        kind === "phase" && started_ms !== null && (name === "TEST" || name === "FIX"),
    )
    .sort((a, b) => (a.started_ms ?? 0) - (b.started_ms ?? 0) || a.ended_ms - b.ended_ms);
  return visits.filter(({ name, correlation_id }, index) => {
    const before = visits.slice(0, index).findLast((other) => other.correlation_id === correlation_id);
    return name === "TEST" && before?.name === "FIX";
  }).length;
}

describe("error metrics", () => {
  test("equal what a plain recount gives", () => {
    for (const history of histories()) {
      const { errors, total, recoveries, unlinked_recoveries } = fold(errorMetrics, history);
      const all = history.filter(({ event_type }) => event_type === "ErrorOccurred");
      expect(total).toBe(all.length);
      for (const error of errors) {
        const own = all.filter(({ metadata }) =>
          error.error_fingerprint === null
            ? metadata["error_fingerprint"] === undefined &&
              metadata["error_type"] === error.error_type &&
              maskedMessage(metadata["error_message"] as string) === error.message
            : metadata["error_fingerprint"] === error.error_fingerprint,
        );
        const times = own.map(({ timestamp }) => timestamp).toSorted();
        expect(error).toMatchObject({
          count: own.length,
          first_seen: times[0],
          last_seen: times.at(-1),
          issues: 1,
        });
        expect(error.runs).toBe(
          new Set(own.flatMap(({ correlation_id: id }) => (id === undefined ? [] : [id]))).size,
        );
        expect(sum(Object.values(error.phases))).toBe(own.filter(({ phase }) => phase !== undefined).length);
      }
      const of = (type: string): number => history.filter(({ event_type }) => event_type === type).length;
      expect(recoveries).toMatchObject({
        attempted: of("RecoveryAttempted"),
        succeeded: of("RecoverySucceeded"),
        failed: of("RecoveryFailed"),
      });
      const linked = sum(errors.map((error) => error.recoveries.attempted));
      expect(linked + unlinked_recoveries).toBeGreaterThanOrEqual(recoveries.attempted);
    }
  });

  test("messages that differ in numbers are one error, and recoveries find it by type, fingerprint or id", () => {
    const events = recorded(
      ["ErrorOccurred", { error_type: "Timeout", error_message: "no answer in 300 ms" }],
      ["ErrorOccurred", { error_type: "Timeout", error_message: "no answer in 4000 ms" }],
      ["RecoveryAttempted", { recovery_from: "Timeout" }],
      ["RecoverySucceeded", { recovery_from: "Timeout" }],
      ["ErrorOccurred", { error_type: "Lock", error_message: "held", error_fingerprint: "f1" }],
      ["RecoveryAttempted", { recovery_from: "f1" }],
      ["RecoveryAttempted", { recovery_from: "id-1" }],
      ["RecoveryFailed", { recovery_from: "something else" }],
    );
    const { errors, unlinked_recoveries } = fold(errorMetrics, events);
    expect(errors).toMatchObject([
      {
        error_type: "Timeout",
        count: 2,
        recoveries: { attempted: 2, succeeded: 1, duration: { median_seconds: 60 } },
      },
      { error_type: "Lock", count: 1, recoveries: { attempted: 1, open: 1 } },
    ]);
    expect(unlinked_recoveries).toBe(1);
  });
});

describe("all metrics", () => {
  test("an empty fold has an answer, and one state gives its answer again and again", () => {
    for (const projection of Object.values(ALL)) {
      expect(() => JSON.stringify(projection.result(projection.initial() as never))).not.toThrow();
    }
    const history = enriched(randomHistory(7, 200));
    const state = agentMetrics.initial();
    for (const event of history) agentMetrics.apply(state, event);
    const first = agentMetrics.result(state);
    expect(agentMetrics.result(structuredClone(state))).toEqual(first);
    expect(agentMetrics.result(state)).toEqual(first);
  });

  test("are the same in whatever order independent events were recorded", () => {
    for (const [seed, history] of histories().entries()) {
      const shuffled = independentlyShuffled(history, new SeededRandom(seed));
      expect(fold(agentMetrics, shuffled)).toEqual(fold(agentMetrics, history));
      expect(fold(phaseMetrics, shuffled)).toEqual(fold(phaseMetrics, history));
      expect(fold(qualityMetrics, shuffled)).toEqual(fold(qualityMetrics, history));
      const errors = [shuffled, history].map((events) => JSON.stringify(fold(errorMetrics, events)));
      const [one, other] = errors.map((json) => json.replaceAll(/"event_sequence":\d+/g, ""));
      expect(one).toBe(other);
    }
  });

  test("what is asked for is as if nothing else had been recorded", () => {
    for (const seed of SEEDS.slice(0, 10)) {
      const [own, other] = [enriched(randomHistory(seed, 150)), randomHistory(seed + 50, 150)];
      const foreign = other.map((event) => ({ ...event, issue_key: "OTHER-1" }));
      const mixed = own.flatMap((event, index) => [foreign[index]!, event]);
      const wanted = mixed.filter(({ issue_key }) => issue_key === HISTORY_ISSUE);
      expect(fold(agentMetrics, wanted)).toEqual(fold(agentMetrics, own));
      expect(fold(qualityMetrics, wanted)).toEqual(fold(qualityMetrics, own));
    }
  });
});

/** Events of one run, a minute apart. */
function recorded(...steps: readonly (readonly [type: string, metadata: JsonObject])[]): StoredEvent[] {
  return steps.map(([event_type, metadata], index) => ({
    event_id: `id-${index}`,
    event_type,
    event_version: "1.0.0",
    timestamp: new Date(Date.UTC(2026, 0, 5) + index * 60_000).toISOString(),
    event_sequence: index + 1,
    issue_key: "PROJ-1",
    session_id: "s",
    correlation_id: "run-1",
    actor: { type: "system", id: "ci" },
    metadata,
    recorded_at: "2026-01-05T00:00:00.000Z",
    position: index + 1,
    prev_hash: "",
  }));
}
