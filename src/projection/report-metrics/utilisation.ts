import { seconds } from "../metrics/durations.ts";
import { rounded } from "../metrics/figures.ts";
import type { Interval } from "../metrics/intervals.ts";
import type { AuditFold } from "./audit-fold.ts";

/** How busy an agent was between the first and the last event. */
export interface UtilisationFigures {
  readonly agent_name: string;
  /** Of all its runs, those side by side counted each. */
  readonly busy_seconds: number;
  /** Share of the time in which at least one of its runs was under way; null for a moment without length. */
  readonly occupancy: number | null;
  /** Runs under way at once, on average over the time. */
  readonly concurrency: number | null;
  readonly blocked_seconds: number;
  /** Of the time with a run under way. */
  readonly blocked_share: number | null;
}

type Span = readonly [from_ms: number, to_ms: number];

/** A block ends with the next event of the agent in its stream; without one it lasts to the end of the record. */
export function utilisationOf(fold: AuditFold, agents: readonly Interval[]): UtilisationFigures[] {
  const { first_timestamp, log } = fold;
  if (first_timestamp === null) return [];
  const from = Date.parse(first_timestamp);
  const window = log.last_ms - from;
  return [...Map.groupBy(agents, ({ name }) => name)]
    .map(([agent_name, own]) => figuresOf(agent_name, { fold, own, window }))
    .sort((a, b) => b.busy_seconds - a.busy_seconds || (a.agent_name < b.agent_name ? -1 : 1));
}

function figuresOf(
  agent_name: string,
  { fold, own, window }: { fold: AuditFold; own: readonly Interval[]; window: number },
): UtilisationFigures {
  const spans = own.flatMap(({ started_ms, ended_ms }): Span[] =>
    started_ms === null || ended_ms <= started_ms ? [] : [[started_ms, ended_ms]],
  );
  const busy_ms = spans.reduce((sum, [from, to]) => sum + to - from, 0);
  const union_ms = lengthOf(joined(spans));
  let blocked_ms = 0;
  for (const [stream, runs] of Map.groupBy(own, (one) => one.stream)) {
    const blocks = blocksIn(fold.moments.get(`${stream} ${agent_name}`) ?? [], fold.log.last_ms);
    const within = runs.flatMap(({ started_ms, ended_ms }): Span[] =>
      started_ms === null || ended_ms <= started_ms ? [] : [[started_ms, ended_ms]],
    );
    blocked_ms += overlap(joined(within), joined(blocks));
  }
  return {
    agent_name,
    busy_seconds: seconds(busy_ms),
    occupancy: window <= 0 ? null : rounded(union_ms / window),
    concurrency: window <= 0 ? null : rounded(busy_ms / window),
    blocked_seconds: seconds(blocked_ms),
    blocked_share: union_ms === 0 ? null : rounded(Math.min(1, blocked_ms / union_ms)),
  };
}

function blocksIn(moments: readonly { at_ms: number; blocked: boolean }[], last_ms: number): Span[] {
  const sorted = moments.toSorted((a, b) => a.at_ms - b.at_ms);
  return sorted.flatMap(({ at_ms, blocked }, at): Span[] =>
    blocked ? [[at_ms, sorted[at + 1]?.at_ms ?? last_ms]] : [],
  );
}

/** Spans that touch or overlap made one. */
function joined(spans: readonly Span[]): Span[] {
  const all: [number, number][] = [];
  for (const [from, to] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = all.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else all.push([from, to]);
  }
  return all;
}

function lengthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, [from, to]) => sum + to - from, 0);
}

/** How long two lists of spans, each in order and without overlaps, hold at once. */
function overlap(some: readonly Span[], others: readonly Span[]): number {
  let [a, b, sum] = [0, 0, 0];
  while (a < some.length && b < others.length) {
    const [one, other] = [some[a]!, others[b]!];
    sum += Math.max(0, Math.min(one[1], other[1]) - Math.max(one[0], other[0]));
    if (one[1] < other[1]) a++;
    else b++;
  }
  return sum;
}
