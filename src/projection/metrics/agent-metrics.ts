import type { StoredEvent } from "../../event/envelope.ts";
import { isEventOf } from "../../event/registry.ts";
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
  mergedScores,
  numbersIn,
  type PairingFigures,
  type Pairings,
  pairings,
  rounded,
  type ScoreFigures,
  scoreFigures,
  type Scores,
} from "./figures.ts";
import { constructIntervals, type Interval, type IntervalLog, intervalLog, noteEvent } from "./intervals.ts";
import { groupedBy } from "./pairing.ts";
import { bagOf, keepBag, type Named, type NumberBags, numberBags } from "./number-bags.ts";
import { type Rate, rateOf } from "./rate.ts";

/** What is known of the runs of an agent, of a model, or of all. */
export interface AgentFigures extends PairingFigures {
  readonly spawned: number;
  readonly completed: number;
  readonly failed: number;
  /** Spawned, and neither ended nor overtaken by the end of the run. */
  readonly open: number;
  /** Spawned again under the same id before they ended. */
  readonly abandoned: number;
  /** Still at work when their orchestration ended. */
  readonly truncated: number;
  /** Completed of completed and failed. */
  readonly success: Rate;
  readonly duration: DurationFigures;
  /** Without the pauses of the orchestration. */
  readonly active: DurationFigures;
  /** Scores of `quality_metrics` named so, and of the quality checks that the agent made. */
  readonly score: ScoreFigures | null;
  /** All numbers of `quality_metrics`, by name. */
  readonly quality_metrics: Readonly<Record<string, ScoreFigures>>;
  readonly outputs: number;
  readonly tests_written: number;
  readonly tests_passed: number;
  /** By kind, as reported; empty where nobody reported any. */
  readonly tokens: Readonly<Record<string, number>>;
  /** Null where nobody reported any. */
  readonly cost_usd: number | null;
  /** How many runs the cost is of. */
  readonly cost_reported: number;
}

/** The runs of one model. */
export interface ModelFigures extends AgentFigures {
  readonly model: string;
}

/** The runs of one agent. */
export interface NamedAgentFigures extends AgentFigures {
  readonly agent_name: string;
  /** Times that it said it was blocked. */
  readonly blocked: number;
  /** Its runs by model, as far as the model is known. */
  readonly models: readonly ModelFigures[];
}

export interface AgentMetrics {
  /** Those with most runs first. */
  readonly agents: readonly NamedAgentFigures[];
  readonly models: readonly ModelFigures[];
  readonly total: AgentFigures & { readonly blocked: number };
}

/** What the fold keeps. */
export interface AgentFold {
  readonly log: IntervalLog;
  /** What agents and checks reported at their end. */
  readonly work: NumberBags;
  readonly blocked: Map<string, number>;
}

/**
 * How agents did: runs, success, durations, quality, output, tokens and cost, by agent and by model.
 *
 * @example
 * ```ts
 * const { agents, total } = await store.project(agentMetrics, { issueKey: "PROJ-123" });
 * for (const { agent_name, success } of agents) console.log(agent_name, success.successes, "of", success.n);
 * console.log(total.open, "still at work");
 * ```
 */
export const agentMetrics: Projection<AgentFold, AgentMetrics> = {
  name: "agent-metrics",
  version: 1,
  initial: () => ({ log: intervalLog("agent", "check"), work: numberBags(), blocked: new Map() }),
  apply(fold, event) {
    const work = workOf(event);
    noteEvent(fold.log, event, work.length === 0 ? undefined : keepBag(fold.work, work));
    if (isEventOf(event, "AgentBlocked")) count(fold.blocked, event.metadata.agent_name);
    return fold;
  },
  result: resultOf,
};

/** Kinds of tokens and quality metrics are named by whoever reports them, so they bear a mark. */
const TOKENS = "tokens.";
const QUALITY = "quality.";

function workOf(event: StoredEvent): Named {
  if (isEventOf(event, "QualityCheckCompleted")) return given("score", event.metadata.overall_score);
  if (!isEventOf(event, "AgentCompleted")) return [];
  const { outputs_created, tests_written, tests_passed, cost_usd, quality_metrics, tokens } = event.metadata;
  return [
    ...given("outputs", outputs_created?.length),
    ...given("tests_written", tests_written),
    ...given("tests_passed", tests_passed),
    ...given("cost_usd", cost_usd),
    ...numbersIn(tokens).map(([kind, value]) => [TOKENS + kind, value] as const),
    ...numbersIn(quality_metrics).map(([name, value]) => [QUALITY + name, value] as const),
  ];
}

function given(name: string, value: number | undefined): Named {
  return value === undefined ? [] : [[name, value]];
}

/** Figures as they are gathered. */
interface Sum extends Pairings {
  spawned: number;
  completed: number;
  failed: number;
  open: number;
  abandoned: number;
  truncated: number;
  readonly duration: Durations;
  readonly active: Durations;
  score: Scores | undefined;
  readonly quality: Map<string, Scores>;
  outputs: number;
  tests_written: number;
  tests_passed: number;
  readonly tokens: Map<string, number>;
  cost_usd: number;
  cost_reported: number;
}

function emptySum(): Sum {
  return {
    ...pairings(),
    spawned: 0,
    completed: 0,
    failed: 0,
    open: 0,
    abandoned: 0,
    truncated: 0,
    duration: durations(),
    active: durations(),
    score: undefined,
    quality: new Map(),
    outputs: 0,
    tests_written: 0,
    tests_passed: 0,
    tokens: new Map(),
    cost_usd: 0,
    cost_reported: 0,
  };
}

const COUNTS = [
  "spawned",
  "completed",
  "failed",
  "open",
  "abandoned",
  "truncated",
  "outputs",
  "tests_written",
  "tests_passed",
  "cost_usd",
  "cost_reported",
  "inferred",
  "ambiguous",
  "unmatched_ends",
  "clock_skew",
] as const;
type Count = (typeof COUNTS)[number];

/** By agent, then by model; runs of a model that nobody named are under undefined. */
type Sums = Map<string, Map<string | undefined, Sum>>;

function resultOf({ log, work, blocked }: AgentFold): AgentMetrics {
  const sums = sumsOf(log, work);
  for (const name of blocked.keys()) known(sums, name, () => new Map());
  const all = [...sums.values()].flatMap((models) => [...models]);
  const agents = [...sums].map(([agent_name, models]) => ({
    agent_name,
    ...figuresOf([...models.values()]),
    blocked: blocked.get(agent_name) ?? 0,
    models: byModel([...models]),
  }));
  return {
    agents: agents.sort((a, b) => mostFirst(a, b) || (a.agent_name < b.agent_name ? -1 : 1)),
    models: byModel(all),
    total: {
      ...figuresOf(all.map(([, sum]) => sum)),
      blocked: [...blocked.values()].reduce((total, one) => total + one, 0),
    },
  };
}

/** The sums that all others are made of, so that nothing is kept twice. */
function sumsOf(log: IntervalLog, work: NumberBags): Sums {
  const sums: Sums = new Map();
  const checks: Interval[] = [];
  for (const interval of constructIntervals(log)) {
    const { kind, name, tag, end, ended_ms } = interval;
    if (kind === "check" && end !== undefined) checks.push(interval);
    if (kind !== "agent") continue;
    const sum = known(
      known(sums, name, () => new Map<string | undefined, Sum>()),
      tag,
      emptySum,
    );
    add(sum, interval);
    addWork(sum, bagOf(work, end), ended_ms);
  }
  for (const { tag = "", end, ended_ms } of checks) {
    const agent = sums.get(tag);
    if (agent !== undefined) addWork(known(agent, undefined, emptySum), bagOf(work, end), ended_ms);
  }
  return sums;
}

function known<K, T>(map: Map<K, T>, key: K, make: () => T): T {
  const there = map.get(key) ?? make();
  map.set(key, there);
  return there;
}

function byModel(sums: readonly (readonly [string | undefined, Sum])[]): ModelFigures[] {
  const groups = groupedBy(sums, ([model]) => model);
  groups.delete(undefined);
  return [...groups]
    .map(([model = "", own]) => ({ model, ...figuresOf(own.map(([, sum]) => sum)) }))
    .sort((a, b) => mostFirst(a, b) || (a.model < b.model ? -1 : 1));
}

function mostFirst(a: AgentFigures, b: AgentFigures): number {
  return b.spawned - a.spawned || b.success.n - a.success.n;
}

/** Names under which a quality metric is the agent's score. */
const SCORE_NAMES: ReadonlySet<string> = new Set(["score", "overall_score", "quality_score"]);

function add(sum: Sum, interval: Interval): void {
  const { status, outcome, wall_ms, active_ms } = interval;
  if (status !== "orphan_end") sum.spawned++;
  if (status === "open" || status === "abandoned" || status === "truncated") sum[status]++;
  else if (outcome === "failed") sum.failed++;
  else sum.completed++;
  addDuration(sum.duration, interval, wall_ms);
  addDuration(sum.active, interval, active_ms);
  addPairing(sum, interval);
}

function addWork(sum: Sum, reported: Named, at_ms: number): void {
  for (const [name, value] of reported) {
    if (name === "outputs" || name === "tests_written" || name === "tests_passed") sum[name] += value;
    else if (name === "score") sum.score = addScore(sum.score, value, at_ms);
    else if (name.startsWith(TOKENS)) count(sum.tokens, name.slice(TOKENS.length), value);
    else if (name.startsWith(QUALITY)) addQuality(sum, name.slice(QUALITY.length), { value, at_ms });
    else {
      sum.cost_usd += value;
      sum.cost_reported++;
    }
  }
}

function addQuality(
  sum: Sum,
  name: string,
  { value, at_ms }: { readonly value: number; readonly at_ms: number },
): void {
  sum.quality.set(name, addScore(sum.quality.get(name), value, at_ms));
  if (SCORE_NAMES.has(name)) sum.score = addScore(sum.score, value, at_ms);
}

function figuresOf(sums: readonly Sum[]): AgentFigures {
  const all = emptySum();
  const quality = new Map<string, Scores>();
  for (const sum of sums) {
    for (const key of COUNTS) all[key] += sum[key];
    all.score = mergedScores(all.score, sum.score);
    for (const [name, scores] of sum.quality) quality.set(name, mergedScores(quality.get(name), scores)!);
    for (const [kind, tokens] of sum.tokens) count(all.tokens, kind, tokens);
  }
  const counts = Object.fromEntries(COUNTS.map((key) => [key, all[key]])) as Record<Count, number>;
  return {
    ...counts,
    cost_usd: all.cost_reported === 0 ? null : rounded(all.cost_usd),
    success: rateOf(all.completed, all.completed + all.failed),
    duration: durationFigures(...sums.map(({ duration }) => duration)),
    active: durationFigures(...sums.map(({ active }) => active)),
    score: scoreFigures(all.score),
    quality_metrics: Object.fromEntries([...quality].map(([name, one]) => [name, scoreFigures(one)!])),
    tokens: countsOf(all.tokens),
  };
}
