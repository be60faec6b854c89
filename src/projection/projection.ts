import type { StoredEvent } from "../event/envelope.ts";

/** A fold over events: where it begins, what an event does to it, and what is read from it in the end. */
export interface Projection<S, R = S> {
  readonly name: string;
  /** Raised whenever the same events would give another state, so that states kept from before are made anew. */
  readonly version: number;
  /** A fresh state, shared with nobody. */
  initial(): S;
  /** The state after an event. May change and return the state it is given: a fold owns its state. */
  apply(state: S, event: StoredEvent): S;
  result(state: S): R;
}

export interface ProjectionDefinition<S, R = S> {
  readonly name?: string;
  readonly version?: number;
  /** The state before any event; a value is copied for every fold. */
  readonly initial: S | (() => S);
  /** Gives the new state, or changes the one it is given and returns nothing. Passes over unknown types. */
  readonly apply: (state: S, event: StoredEvent) => S | void;
  /** Turns the folded state into the answer; default the state itself. */
  readonly result?: (state: S) => R;
}

/**
 * A projection of one's own, for `store.project`.
 *
 * @example
 * ```ts
 * const commitsByAuthor = defineProjection<Record<string, number>>({
 *   initial: {},
 *   apply(counts, event) {
 *     if (event.event_type !== "CommitCreated") return;
 *     counts[event.actor.id] = (counts[event.actor.id] ?? 0) + 1;
 *   },
 * });
 * const counts = await store.project(commitsByAuthor, { issueKey: "PROJ-123" });
 * ```
 */
export function defineProjection<S, R = S>(definition: ProjectionDefinition<S, R>): Projection<S, R> {
  const { name = "projection", version = 1, initial, apply, result } = definition;
  return {
    name,
    version,
    initial: () => (typeof initial === "function" ? (initial as () => S)() : structuredClone(initial)),
    apply(state, event) {
      const next = apply(state, event);
      return next === undefined ? state : next;
    },
    result: (state) => (result === undefined ? (state as unknown as R) : result(state)),
  };
}

/** Folds events that are at hand, in the order given. */
export function fold<S, R>(projection: Projection<S, R>, events: Iterable<StoredEvent>): R {
  let state = projection.initial();
  for (const event of events) state = projection.apply(state, event);
  return projection.result(state);
}
