import type { StoredEvent } from "../../event/envelope.ts";
import { commitOf, type EventRef, refOf } from "./event-ref.ts";
import { sameValue } from "./same-value.ts";
import type { StateChange } from "./state-change.ts";
import { stateChanges } from "./state-changes.ts";
import type { Trace } from "./trace.ts";

/** Which event made a change. */
export interface Blame {
  readonly event: EventRef;
  /** The commit that the event is about, or was logged at. */
  readonly commit?: string;
  /**
   * `gained`: the event belongs to the past of the state after and not to that of the state before. `lost`: the
   * other way round; the state after does not know the event. `shared`: it belongs to both, but did something
   * else in one of them; `because` names the event that one of them lacks.
   */
  readonly direction: "gained" | "lost" | "shared";
  readonly because?: EventRef;
}

/** A difference between two states, and the event that made it. */
export type BlamedChange = StateChange & Blame;

/** The two pasts, from their common beginning on. */
export interface Pasts {
  readonly before: Trace;
  readonly after: Trace;
  readonly onlyBefore: (event: StoredEvent) => boolean;
  readonly onlyAfter: (event: StoredEvent) => boolean;
  /** For a change by an event of both pasts: the event whose presence made the difference. */
  readonly because: (change: StateChange) => StoredEvent | undefined;
}

/** The differences between the states that two pasts lead to, each with its event. */
export function blamedChanges(pasts: Pasts): BlamedChange[] {
  const { before, after } = pasts;
  const changes = stateChanges(
    before.state,
    after.state,
    (key, id) => !before.touches(key, id) && !after.touches(key, id),
  );
  return changes.map((change) => ({ ...change, ...blameOf(change, pasts) }));
}

function blameOf(change: StateChange, pasts: Pasts): Blame {
  const after = maker(change, pasts.after);
  if (after !== undefined && pasts.onlyAfter(after)) return { ...named(after), direction: "gained" };
  const before = maker(change, pasts.before);
  if (before !== undefined && pasts.onlyBefore(before)) return { ...named(before), direction: "lost" };
  const event = after ?? before;
  if (event === undefined) throw new Error(`no event touched ${change.path}`);
  const because = pasts.because(change);
  return {
    ...named(event),
    direction: "shared",
    ...(because === undefined ? {} : { because: refOf(because) }),
  };
}

function named(event: StoredEvent): Pick<Blame, "event" | "commit"> {
  const commit = commitOf(event);
  return { event: refOf(event), ...(commit === undefined ? {} : { commit }) };
}

/** The event of a past that made the place what it is there. */
function maker(change: StateChange, past: Trace): StoredEvent | undefined {
  if (change.kind === "set") return past.writer(change.key, undefined);
  const { key, id } = change;
  if (change.kind !== "moved") return past.writer(key, id);
  const written = sameValue(change.before, change.after) ? undefined : past.writer(key, id);
  return written ?? past.mover(key, id);
}
