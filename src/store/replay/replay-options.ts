import type { Actor, StoredEvent } from "../../event/envelope.ts";
import type { AnyEvent, EventOf, EventType } from "../../event/registry.ts";
import type { EffectClass } from "../../projection/effects.ts";
import type { OrchestrationState } from "../../projection/state/orchestration-state.ts";

/** What a handler may want to know besides the event. */
export interface ReplayContext {
  readonly replayId: string;
  /** Aborted when the replay is to stop; the event at hand may still be finished. */
  readonly signal: AbortSignal | undefined;
}

/** Acts on an event again. Throwing or rejecting means that it failed. */
export type ReplayFunction<E = AnyEvent> = {
  // A method, so that a function for one type fits where functions for any type are kept.
  act(event: E, context: ReplayContext): unknown;
}["act"];

/** A handler with a condition that must hold just before the event is handed to it. */
export interface GuardedHandler<E = AnyEvent> {
  run(event: E, context: ReplayContext): unknown;
  /** True, or why not. `stateBefore` is the issue's state just before the event. */
  precondition?(
    event: E,
    context: { readonly stateBefore: OrchestrationState },
  ): true | string | Promise<true | string>;
}

export type ReplayHandler<E = AnyEvent> = ReplayFunction<E> | GuardedHandler<E>;

/** One handler for everything, or handlers by event type; `*` takes the types that are not named. */
export type ReplayHandlers =
  | ReplayHandler
  | ({ readonly [T in EventType]?: ReplayHandler<EventOf<T>> } & {
      readonly "*"?: ReplayHandler<StoredEvent>;
    });

/** What is to be replayed, and how. */
export interface ReplayOptions {
  /** The first sequence, inclusive; default 1. */
  readonly fromSequence?: number | undefined;
  /** The last sequence, inclusive; default the issue's last one. */
  readonly toSequence?: number | undefined;
  /** Only these types. */
  readonly eventTypes?: readonly string[] | undefined;
  /** Only events for which this says true. Asked once an event; must have no effect of its own. */
  readonly eventFilter?: ((event: AnyEvent) => boolean) | undefined;
  /** Default true: gives the plan, writes nothing, calls no handler. */
  readonly dryRun?: boolean | undefined;
  /** Needed for a real run; in a dry run without any, every type counts as handled. */
  readonly handlers?: ReplayHandlers | undefined;
  /** Types of class `once` to be acted on all the same; recorded in EventsReplayed. */
  readonly allowOnce?: readonly string[] | undefined;
  /** Pass over events of class `once` and `forbidden` instead of refusing. Default `replay.skip_non_idempotent`. */
  readonly skipNonIdempotent?: boolean | undefined;
  /** What to do after a handler or precondition has failed; default `stop`. */
  readonly onFailure?: "stop" | "continue" | undefined;
  /** The name of a new replay; default a UUID. */
  readonly replayId?: string | undefined;
  /** Goes on with an interrupted replay: range, choice and overrides are those that it began with. */
  readonly resume?: string | undefined;
  /** Who replays, for EventsReplayed; default the store itself. */
  readonly actor?: Actor | undefined;
  /** Stops between two events; the replay can be resumed. */
  readonly signal?: AbortSignal | undefined;
  /** Told before the first event of a real run, when its id is known and durable. */
  readonly onBegin?: ((plan: ReplayPlan) => void | Promise<void>) | undefined;
  /** Told of each event of a real run as soon as its outcome is known. */
  readonly onStep?: ((step: ReplayStep) => void | Promise<void>) | undefined;
}

/**
 * Why an event is passed over or refused: the caller did not choose it, it is void, it is about the record itself,
 * nobody handles it, its class forbids it, or it was dealt with before this replay was interrupted.
 */
export type ReplayReason =
  | "not_chosen"
  | "voided"
  | "about_the_record"
  | "no_handler"
  | "once"
  | "forbidden"
  | "done_before"
  | "failed_before"
  | "outcome_unknown";

/** What became of an event that was to be handed on. */
export type ReplayOutcomeWord = "done" | "failed" | "unknown" | "not_reached";

/** One event of the range. */
export interface ReplayStep {
  readonly event_id: string;
  readonly event_sequence: number;
  readonly event_type: string;
  readonly timestamp: string;
  /** The event in plain words, event text as it is. */
  readonly text: string;
  readonly effect: EffectClass;
  /** `refuse`: a real run would not begin because of it. */
  readonly action: "run" | "skip" | "refuse";
  readonly reason?: ReplayReason;
  readonly warnings: readonly string[];
  /** Of a real run. */
  readonly outcome?: ReplayOutcomeWord;
  /** Why it failed. */
  readonly error?: string;
}

export interface ReplayCounts {
  readonly events: number;
  readonly run: number;
  readonly skip: number;
  readonly refuse: number;
  readonly done: number;
  readonly failed: number;
  /** Handed on by a process that ended before it could say what came of it; not tried again. */
  readonly unknown: number;
  readonly not_reached: number;
}

/** What a replay would do, or did. */
export interface ReplayPlan {
  readonly issue_key: string;
  readonly from_sequence: number;
  readonly to_sequence: number;
  readonly dry_run: boolean;
  /** `planned`: a dry run. `finished`: EventsReplayed is recorded, failures or not. `interrupted`: to be resumed. */
  readonly status: "planned" | "finished" | "interrupted";
  /** Absent in a dry run. */
  readonly replay_id?: string;
  readonly steps: readonly ReplayStep[];
  readonly counts: ReplayCounts;
  /** Why a real run would be refused; empty when it would begin. */
  readonly refusals: readonly string[];
  readonly warnings: readonly string[];
  /** The sequence of the EventsReplayed event of a finished run. */
  readonly marker_sequence?: number;
}
