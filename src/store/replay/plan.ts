import type { StoredEvent } from "../../event/envelope.ts";
import { type AnyEvent, isEventType, isStoreEventType } from "../../event/registry.ts";
import type { EffectClass, EffectOf } from "../../projection/effects.ts";
import { summarise } from "../../projection/event-summary.ts";
import type { HandlerOf } from "./handlers.ts";
import type { ReplayProgress } from "./progress.ts";
import { eventsOfRange, type ReplaySource, type SequenceRange } from "./range.ts";
import type { ReplayCounts, ReplayReason, ReplayStep } from "./replay-options.ts";

/** What decides about each event. */
export interface PlanRules {
  readonly effectOf: EffectOf;
  readonly maxEvents: number;
  /** Undefined: every type counts as handled. */
  readonly handlerOf: HandlerOf | undefined;
  readonly eventTypes: ReadonlySet<string> | undefined;
  readonly eventFilter: ((event: AnyEvent) => boolean) | undefined;
  readonly allowOnce: ReadonlySet<string>;
  readonly skipNonIdempotent: boolean;
  /** Of the replay that is resumed. */
  readonly progress: ReplayProgress;
}

/** The steps in order, and why a real run would not begin. */
export interface Steps {
  readonly steps: readonly ReplayStep[];
  readonly refusals: readonly string[];
}

type Verdict = Pick<ReplayStep, "action"> & Partial<Pick<ReplayStep, "reason" | "outcome" | "error">>;

/** Decides about every event of a range. Writes nothing and calls no handler. */
export async function planSteps(
  source: ReplaySource,
  range: SequenceRange,
  rules: PlanRules,
): Promise<Steps> {
  const chosen = rules.progress.begin === undefined ? undefined : new Set(rules.progress.begin.chosen);
  const steps: ReplayStep[] = [];
  let latest: StoredEvent | undefined;
  for await (const { event, voided } of eventsOfRange(source, range)) {
    const effect = rules.effectOf(event.event_type);
    const verdict = verdictOn(event, { voided, effect, chosen }, rules);
    const { event_id, event_sequence, event_type, timestamp } = event;
    const warnings = warningsAbout(event, { effect, latest, verdict, rules });
    const { text } = summarise(event);
    steps.push({ event_id, event_sequence, event_type, timestamp, text, effect, ...verdict, warnings });
    if (latest === undefined || timestamp >= latest.timestamp) latest = event;
  }
  return { steps, refusals: refusalsOf(steps, rules.maxEvents) };
}

function verdictOn(
  event: StoredEvent,
  about: { voided: boolean; effect: EffectClass; chosen: ReadonlySet<number> | undefined },
  rules: PlanRules,
): Verdict {
  const { event_type, event_sequence } = event;
  const { voided, effect, chosen } = about;
  const before = rules.progress.outcomes.get(event_sequence);
  if (before?.outcome === "done") return { ...skip("done_before"), outcome: "done" };
  if (before?.outcome === "failed") return { ...skip("failed_before"), ...before, outcome: "failed" };
  // Whether there was a first time, nobody knows; what must not be is a second one.
  const isUnknown = before !== undefined && (effect === "once" || effect === "forbidden");
  if (isUnknown || before?.outcome === "unknown") return { ...skip("outcome_unknown"), outcome: "unknown" };
  if (rules.eventTypes?.has(event_type) === false) return skip("not_chosen");
  if (voided) return skip("voided");
  if (effect === "none") return skip("about_the_record");
  const isChosen = chosen?.has(event_sequence) ?? rules.eventFilter?.(event as AnyEvent) ?? true;
  if (!isChosen) return skip("not_chosen");
  if (rules.handlerOf !== undefined && rules.handlerOf(event_type) === undefined) return skip("no_handler");
  const unsafe = effect === "forbidden" || (effect === "once" && !rules.allowOnce.has(event_type));
  if (!unsafe) return { action: "run" };
  return { action: rules.skipNonIdempotent ? "skip" : "refuse", reason: effect };
}

function skip(reason: ReplayReason): Verdict {
  return { action: "skip", reason };
}

function warningsAbout(
  { event_type, event_sequence, timestamp }: StoredEvent,
  about: { effect: EffectClass; latest: StoredEvent | undefined; verdict: Verdict; rules: PlanRules },
): readonly string[] {
  const { effect, latest, verdict, rules } = about;
  const warnings: string[] = [];
  if (!isEventType(event_type) && !isStoreEventType(event_type))
    warnings.push(`not a type of the catalogue, taken as ${effect}`);
  if (latest !== undefined && timestamp < latest.timestamp)
    warnings.push(`late: happened before #${latest.event_sequence}, which was recorded earlier`);
  if (verdict.action === "run" && rules.progress.outcomes.has(event_sequence))
    warnings.push("was under way when the replay was interrupted, and is done again");
  return warnings;
}

function refusalsOf(steps: readonly ReplayStep[], maxEvents: number): readonly string[] {
  const forbidden = refused(steps, "forbidden");
  const once = refused(steps, "once");
  const count = steps.filter(({ action }) => action !== "skip").length;
  return [
    ...(forbidden.length === 0 ? [] : [`forbidden types are never replayed: ${forbidden.join(", ")}`]),
    ...(once.length === 0 ? [] : [`types whose effect must happen once: ${once.join(", ")}`]),
    ...(count <= maxEvents ? [] : [`${count} events, and replay.max_replay_events is ${maxEvents}`]),
  ];
}

/** The types that are refused for a reason. */
export function refused(steps: readonly ReplayStep[], reason: "once" | "forbidden"): readonly string[] {
  const types = steps.filter((step) => step.action === "refuse" && step.reason === reason);
  return [...new Set(types.map(({ event_type }) => event_type))];
}

/** Steps by what is, or was, done about them. */
export function countsOf(steps: readonly ReplayStep[]): ReplayCounts {
  const acting = (action: ReplayStep["action"]): number =>
    steps.filter((one) => one.action === action).length;
  const ended = (outcome: ReplayStep["outcome"]): number =>
    steps.filter((one) => one.outcome === outcome).length;
  return {
    events: steps.length,
    run: acting("run"),
    skip: acting("skip"),
    refuse: acting("refuse"),
    done: ended("done"),
    failed: ended("failed"),
    unknown: ended("unknown"),
    not_reached: ended("not_reached"),
  };
}
