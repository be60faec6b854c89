import type { StoredEvent } from "../../event/envelope.ts";
import { applyEvent } from "../state/apply-event.ts";
import type { OrchestrationState } from "../state/orchestration-state.ts";
import { type BlamedChange, blamedChanges } from "./blame.ts";
import { sameValue } from "./same-value.ts";
import type { StateChange } from "./state-change.ts";
import { copied, Trace, valueAt } from "./trace.ts";

/** Folds spent at most on finding out why an event of both pasts did something else in one of them. */
const FOLDS_MAX = 64;

/** Two pasts: the state at the end of their common beginning, and the events of each behind it. */
export interface Divergence {
  readonly base: OrchestrationState;
  readonly before: readonly StoredEvent[];
  readonly after: readonly StoredEvent[];
}

/** The states that two pasts lead to, and what made each difference between them. */
export interface PastsDiff {
  readonly before: OrchestrationState;
  readonly after: OrchestrationState;
  readonly changes: readonly BlamedChange[];
}

/** Compares two pasts of which neither need be the continuation of the other. */
export function diffPasts(divergence: Divergence): PastsDiff {
  const { base } = divergence;
  const [before, after] = [new Trace(base), new Trace(base)];
  for (const event of divergence.before) before.apply(event);
  for (const event of divergence.after) after.apply(event);
  const merged = new MergedPasts(divergence);
  const changes = blamedChanges({
    before,
    after,
    onlyBefore: (event) => !merged.after.has(knownAs(event)),
    onlyAfter: (event) => !merged.before.has(knownAs(event)),
    because: (change) => merged.because(change, after.state),
  });
  return { before: before.state, after: after.state, changes };
}

/**
 * An event, its line, and how much is known of it: a fact that was seen again has more metadata, never other, and an
 * event that is only supposed has no line before it.
 */
export function knownAs({ event_id, prev_hash, metadata }: StoredEvent): string {
  return `${event_id} ${prev_hash.slice(0, 8)} ${Object.keys(metadata).length}`;
}

/** A place in the merged pasts: the event of both, or of one, or two versions of it. */
interface Step {
  readonly before: StoredEvent | undefined;
  readonly after: StoredEvent | undefined;
}

/** Two pasts side by side, to be crossed from one to the other difference by difference. */
class MergedPasts {
  readonly before: ReadonlySet<string>;
  readonly after: ReadonlySet<string>;
  readonly #base: OrchestrationState;
  readonly #steps: readonly Step[];
  readonly #differences: readonly Step[];
  readonly #crossed = new Map<number, OrchestrationState>();

  constructor({ base, before, after }: Divergence) {
    this.#base = base;
    this.before = new Set(before.map(knownAs));
    this.after = new Set(after.map(knownAs));
    this.#steps = [...this.#merge(before, after)];
    this.#differences = this.#steps.filter((step) => !isShared(step));
  }

  /** The first difference with which, and not without, the place is what it is in the state after. */
  because(change: StateChange, after: OrchestrationState): StoredEvent | undefined {
    let [low, high] = [0, this.#differences.length];
    const wanted = seenAt(change, after);
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      const state = this.#crossedAt(middle);
      if (state === undefined) break;
      if (sameValue(seenAt(change, state), wanted)) high = middle;
      else low = middle;
    }
    const difference = this.#differences[high - 1];
    return difference?.after ?? difference?.before;
  }

  /** The state when the first so many differences are as in the past after, the others as in the one before. */
  #crossedAt(differences: number): OrchestrationState | undefined {
    const known = this.#crossed.get(differences);
    if (known !== undefined || this.#crossed.size >= FOLDS_MAX) return known;
    const state = copied(this.#base);
    const early = new Set(this.#differences.slice(0, differences));
    for (const step of this.#steps) {
      const event = isShared(step) || early.has(step) ? step.after : step.before;
      if (event !== undefined) applyEvent(state, event);
    }
    this.#crossed.set(differences, state);
    return state;
  }

  *#merge(before: readonly StoredEvent[], after: readonly StoredEvent[]): Generator<Step> {
    let at = 0;
    for (const event of after) {
      while (at < before.length && !this.after.has(knownAs(before[at]!))) {
        yield { before: before[at++], after: undefined };
      }
      if (this.before.has(knownAs(event))) yield { before: before[at++], after: event };
      else yield { before: undefined, after: event };
    }
    for (; at < before.length; at++) yield { before: before[at], after: undefined };
  }
}

function isShared({ before, after }: Step): boolean {
  return before !== undefined && after !== undefined;
}

/** What a state says at the place of a change; of a moved item, where it stands too. */
function seenAt(change: StateChange, state: OrchestrationState): unknown {
  if (change.kind === "set") return state[change.key];
  const item = valueAt(state, change.key, change.id);
  return change.kind === "moved" ? [state[change.key].indexOf(item as never), item] : item;
}
