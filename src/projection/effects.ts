import { type EventType, isEventType, isStoreEventType } from "../event/registry.ts";

/**
 * What happens outside when an event is acted on again. `pure`: nothing that lasts. `idempotent`: the same as the
 * first time. `once`: a second time does harm. `forbidden`: must not be, whoever asks. `none`: the event is about
 * the record itself, there is nothing to act on.
 */
export type EffectClass = "none" | "pure" | "idempotent" | "once" | "forbidden";

/** Gives the effect class of a type, also of one that is not in the catalogue. */
export type EffectOf = (eventType: string) => EffectClass;

/** Types whose class differs from the default; named in several lists, the strictest holds. */
export interface EffectLists {
  readonly pure?: readonly string[];
  readonly idempotent?: readonly string[];
  readonly once?: readonly string[];
  readonly forbidden?: readonly string[];
}

/** The effect class of every type, where the configuration does not say otherwise. */
export const EFFECTS: { readonly [T in EventType]: EffectClass } = {
  OrchestrationStarted: "pure",
  OrchestrationCompleted: "pure",
  OrchestrationFailed: "pure",
  OrchestrationPaused: "pure",
  OrchestrationResumed: "pure",
  PhaseStarted: "pure",
  PhaseCompleted: "pure",
  PhaseFailed: "pure",
  AgentSpawned: "pure",
  AgentCompleted: "pure",
  AgentFailed: "pure",
  AgentBlocked: "pure",
  GapIdentified: "pure",
  GapResolved: "pure",
  GapEscalated: "pure",
  CommitCreated: "once",
  PRCreated: "once",
  PRMerged: "once",
  PRClosed: "once",
  IssueTransitioned: "once",
  CommentPosted: "once",
  WorklogAdded: "once",
  DocumentationCreated: "idempotent",
  ConfluencePageCreated: "once",
  QualityCheckStarted: "pure",
  QualityCheckCompleted: "pure",
  QualityCheckFailed: "pure",
  TestRunStarted: "pure",
  TestRunCompleted: "pure",
  TestRunFailed: "pure",
  CheckpointCreated: "pure",
  CheckpointRestored: "pure",
  PhaseSummaryCreated: "none",
  OrchestrationSummaryCreated: "none",
  ErrorOccurred: "pure",
  RecoveryAttempted: "pure",
  RecoverySucceeded: "pure",
  RecoveryFailed: "pure",
  EventsReplayed: "none",
};

const STRICTEST_FIRST = ["forbidden", "once", "idempotent", "pure"] as const;

/**
 * The effect classes with some types set otherwise. What is about the record itself stays `none`; types of the
 * user's own are `pure` unless a list names them.
 *
 * @example
 * ```ts
 * const effectOf = effectRules({ idempotent: ["IssueTransitioned"], forbidden: ["PRMerged"] });
 * effectOf("PRMerged"); // "forbidden"
 * ```
 */
export function effectRules(lists: EffectLists = {}): EffectOf {
  const named = STRICTEST_FIRST.map((effect) => [effect, new Set(lists[effect])] as const);
  return (eventType) => {
    const usual = isEventType(eventType) ? EFFECTS[eventType] : "pure";
    if (usual === "none" || isStoreEventType(eventType)) return "none";
    return named.find(([, types]) => types.has(eventType))?.[0] ?? usual;
  };
}
