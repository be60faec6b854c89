import { setImmediate as nextTurn } from "node:timers/promises";

import type { StoredEvent } from "../../event/envelope.ts";
import type { ReplayJournal, ReplayOutcome } from "../../log/replay-journal.ts";
import { applyEvent } from "../../projection/state/apply-event.ts";
import type { OrchestrationState } from "../../projection/state/orchestration-state.ts";
import type { HandlerOf } from "./handlers.ts";
import { eventsOfRange, type ReplaySource, type SequenceRange, VoidWatch } from "./range.ts";
import type { GuardedHandler, ReplayContext, ReplayStep } from "./replay-options.ts";

/** A real run's needs besides its plan. */
export interface RunParts {
  readonly source: ReplaySource;
  readonly range: SequenceRange;
  readonly journal: ReplayJournal;
  readonly handlerOf: HandlerOf;
  readonly context: ReplayContext;
  readonly onFailure: "stop" | "continue";
  readonly onStep: ((step: ReplayStep) => void | Promise<void>) | undefined;
  readonly now: () => string;
  /** The stream's end when the plan was made; voids behind it are new. */
  readonly head: number;
  /** Handlers have conditions, so the state before each event has to be at hand. */
  readonly needsState: boolean;
}

/** What became of the steps. */
export interface RunResult {
  readonly steps: readonly ReplayStep[];
  /** The signal came; what is left can be resumed. */
  readonly interrupted: boolean;
}

/**
 * Hands the events of a plan to their handlers, in order of sequence. Before each call, the journal says durably
 * what is about to happen, and afterwards what came of it.
 */
export async function runSteps(steps: readonly ReplayStep[], parts: RunParts): Promise<RunResult> {
  return new Run(parts).all(steps);
}

class Run {
  readonly #parts: RunParts;
  readonly #watch: VoidWatch;
  #state: OrchestrationState | undefined;
  #stopped = false;
  #interrupted = false;

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#watch = new VoidWatch(parts.source, parts.range.stream, parts.head);
  }

  async all(steps: readonly ReplayStep[]): Promise<RunResult> {
    const { source, range, needsState } = this.#parts;
    const done: ReplayStep[] = [];
    if (needsState) {
      const before = { kind: "sequence", sequence: range.from - 1 } as const;
      this.#state = await source.history.stateAt(range.stream, before);
    }
    // The signal ends the run between two events, not the reading in the middle of one.
    const { signal: _signal, ...uninterrupted } = range;
    for await (const { event, voided } of eventsOfRange(source, uninterrupted)) {
      const step = steps[done.length];
      if (step === undefined) break;
      const ended = await this.#step(step, event, voided);
      done.push(ended);
      if (!voided && this.#state !== undefined) applyEvent(this.#state, event);
      if (ended !== step && ended.outcome !== "not_reached") await this.#parts.onStep?.(ended);
    }
    return { steps: done, interrupted: this.#interrupted };
  }

  async #step(step: ReplayStep, event: StoredEvent, voided: boolean): Promise<ReplayStep> {
    if (step.action !== "run") return this.#passedOver(step);
    // So that a signal is heard even where handlers never wait.
    await nextTurn();
    this.#interrupted ||= this.#parts.context.signal?.aborted === true && !this.#stopped;
    if (this.#stopped || this.#interrupted) return { ...step, outcome: "not_reached" };
    if (voided || (await this.#watch.isVoid(event.event_id)))
      return { ...step, action: "skip", reason: "voided" };
    const handler = this.#parts.handlerOf(event.event_type);
    if (handler === undefined) return { ...step, action: "skip", reason: "no_handler" };
    return this.#handOn(step, event, handler);
  }

  /** An effect that may or may not have happened is settled as unknown, once and for all. */
  async #passedOver(step: ReplayStep): Promise<ReplayStep> {
    if (step.reason !== "outcome_unknown") return step;
    await this.#note(step, "unknown");
    return { ...step };
  }

  async #handOn(
    step: ReplayStep,
    event: StoredEvent,
    handler: GuardedHandler<StoredEvent>,
  ): Promise<ReplayStep> {
    const unmet = await this.#unmet(event, handler);
    if (unmet !== undefined) return this.#failed(step, `precondition: ${unmet}`);
    const { event_sequence: sequence, event_id } = event;
    await this.#parts.journal.append({ kind: "intent", sequence, event_id, at: this.#parts.now() });
    try {
      await handler.run(event, this.#parts.context);
    } catch (error) {
      // A handler that gave up because it was told to has neither failed nor succeeded.
      if (this.#parts.context.signal?.aborted === true) {
        this.#interrupted = true;
        return { ...step, outcome: "unknown", error: messageOf(error) };
      }
      return this.#failed(step, messageOf(error));
    }
    await this.#note(step, "done");
    return { ...step, outcome: "done" };
  }

  async #unmet(event: StoredEvent, handler: GuardedHandler<StoredEvent>): Promise<string | undefined> {
    if (handler.precondition === undefined || this.#state === undefined) return undefined;
    try {
      const answer = await handler.precondition(event, { stateBefore: structuredClone(this.#state) });
      return answer === true ? undefined : answer;
    } catch (error) {
      return messageOf(error);
    }
  }

  async #failed(step: ReplayStep, error: string): Promise<ReplayStep> {
    await this.#note(step, "failed", error);
    this.#stopped = this.#parts.onFailure === "stop";
    return { ...step, outcome: "failed", error };
  }

  #note(step: ReplayStep, outcome: ReplayOutcome["outcome"], error?: string): Promise<void> {
    const why = error === undefined ? {} : { error };
    const { event_sequence: sequence } = step;
    return this.#parts.journal.append({
      kind: "outcome",
      sequence,
      outcome,
      ...why,
      at: this.#parts.now(),
    });
  }
}

const MESSAGE_LENGTH_MAX = 1_000;

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.length > MESSAGE_LENGTH_MAX ? `${text.slice(0, MESSAGE_LENGTH_MAX)}…` : text;
}
