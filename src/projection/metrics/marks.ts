import type { StoredEvent } from "../../event/envelope.ts";
import { type AnyEvent, knownEvent } from "../../event/registry.ts";

/** What lasts: it begins with one event and ends with another. */
export type IntervalKind = "run" | "pause" | "phase" | "agent" | "gap" | "test" | "check" | "recovery";

/** A beginning or an end. */
export type Edge = "start" | "complete" | "failed";

/** What one event says about one interval. */
export interface MarkText {
  readonly kind: IntervalKind;
  readonly edge: Edge;
  /** Agent, phase, gap, suite, type of check, or what is recovered from. */
  readonly name: string;
  /** The id that the caller gave to this one run of the agent, suite or check. */
  readonly id?: string | undefined;
  /** The model of an agent, or the agent that checks. */
  readonly tag?: string | undefined;
  /** A phase that another event says has begun; the phase's own start, if there is one, counts instead. */
  readonly implied?: true;
}

/** Kinds that run several times side by side under one name; ids tell them apart, else their order does. */
export const SIDE_BY_SIDE: ReadonlySet<IntervalKind> = new Set(["agent", "test", "check"]);

type Rules = { readonly [E in AnyEvent as E["event_type"]]?: (event: E) => readonly MarkText[] };

const RULES: Rules = {
  OrchestrationStarted: (event) => [
    { kind: "run", edge: "start", name: event.correlation_id ?? "" },
    { kind: "phase", edge: "start", name: event.metadata.initial_phase, implied: true },
  ],
  OrchestrationCompleted: (event) => [{ kind: "run", edge: "complete", name: event.correlation_id ?? "" }],
  OrchestrationFailed: (event) => [{ kind: "run", edge: "failed", name: event.correlation_id ?? "" }],
  OrchestrationPaused: () => [{ kind: "pause", edge: "start", name: "" }],
  OrchestrationResumed: () => [{ kind: "pause", edge: "complete", name: "" }],
  PhaseStarted: ({ metadata: m }) => [{ kind: "phase", edge: "start", name: m.phase }],
  PhaseCompleted: ({ metadata: m }) => [
    { kind: "phase", edge: "complete", name: m.phase },
    ...(m.next_phase === undefined
      ? []
      : [{ kind: "phase", edge: "start", name: m.next_phase, implied: true } as const]),
  ],
  PhaseFailed: ({ metadata: m }) => [{ kind: "phase", edge: "failed", name: m.phase }],
  AgentSpawned: (event) => [agent(event, "start", event.metadata.agent_model)],
  AgentCompleted: (event) => [agent(event, "complete", ownModel(event))],
  AgentFailed: (event) => [agent(event, "failed", ownModel(event))],
  GapIdentified: ({ metadata: m }) => [{ kind: "gap", edge: "start", name: m.gap_id }],
  GapResolved: ({ metadata: m }) => [{ kind: "gap", edge: "complete", name: m.gap_id }],
  TestRunStarted: ({ metadata: m }) => [test(m, "start")],
  TestRunCompleted: ({ metadata: m }) => [test(m, "complete")],
  TestRunFailed: ({ metadata: m }) => [test(m, "failed")],
  QualityCheckStarted: (event) => [check(event, "start", event.metadata.checker_agent)],
  QualityCheckCompleted: (event) => [check(event, "complete")],
  QualityCheckFailed: (event) => [check(event, "failed")],
  RecoveryAttempted: ({ metadata: m }) => [{ kind: "recovery", edge: "start", name: m.recovery_from }],
  RecoverySucceeded: ({ metadata: m }) => [{ kind: "recovery", edge: "complete", name: m.recovery_from }],
  RecoveryFailed: ({ metadata: m }) => [{ kind: "recovery", edge: "failed", name: m.recovery_from }],
};

/** The intervals that an event begins or ends; none for most types. */
export function marksOf(event: StoredEvent): readonly MarkText[] {
  if (!Object.hasOwn(RULES, event.event_type) || knownEvent(event) === undefined) return [];
  const rule = RULES[event.event_type as keyof Rules] as (event: StoredEvent) => readonly MarkText[];
  return rule(event);
}

function agent(
  { metadata }: { readonly metadata: { readonly agent_name: string; readonly agent_run_id?: string } },
  edge: Edge,
  tag: string | undefined,
): MarkText {
  return { kind: "agent", edge, name: metadata.agent_name, id: metadata.agent_run_id, tag };
}

/** The model of an agent that speaks of itself. */
function ownModel({ actor, metadata }: Pick<StoredEvent, "actor" | "metadata">): string | undefined {
  return actor.id === metadata["agent_name"] ? actor.model : undefined;
}

function test(m: { readonly test_suite: string; readonly test_run_id?: string }, edge: Edge): MarkText {
  return { kind: "test", edge, name: m.test_suite, id: m.test_run_id };
}

function check(
  {
    actor,
    metadata: m,
  }: Pick<StoredEvent, "actor"> & {
    readonly metadata: { readonly check_type: string; readonly check_id?: string };
  },
  edge: Edge,
  checker?: string,
): MarkText {
  const tag = checker ?? (actor.type === "agent" ? actor.id : undefined);
  return { kind: "check", edge, name: m.check_type, id: m.check_id, tag };
}
