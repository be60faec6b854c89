import {
  ITEM_ID,
  type ItemOf,
  type ListKey,
  notStarted,
  type OrchestrationState,
} from "../state/orchestration-state.ts";
import { longestRising } from "./longest-rising.ts";
import { sameValue } from "./same-value.ts";
import type { StateChange } from "./state-change.ts";

const STATE_KEYS = Object.keys(notStarted(null)) as (keyof OrchestrationState)[];

/** Says of an item that no event put it elsewhere, so that it is not the one to be called moved. */
export type Steady = (key: ListKey, id: string) => boolean;

/**
 * What differs between two states, key by key. Of items that changed places among each other, as few as possible
 * count as moved.
 */
export function stateChanges(
  before: OrchestrationState,
  after: OrchestrationState,
  steady: Steady = () => false,
): StateChange[] {
  return STATE_KEYS.flatMap((key): readonly StateChange[] => {
    if (isList(key)) return listChanges(key, { before, after }, steady);
    if (before[key] === after[key]) return [];
    const change = { kind: "set", key, path: `/${key}`, before: before[key], after: after[key] };
    return [change as StateChange];
  });
}

export function isList(key: keyof OrchestrationState): key is ListKey {
  return Object.hasOwn(ITEM_ID, key);
}

/** An item and where it stands. */
interface Placed {
  readonly id: string;
  readonly index: number;
  readonly item: ItemOf<ListKey>;
}

/** The items of a list by id. */
function placedItems(key: ListKey, state: OrchestrationState): ReadonlyMap<string, Placed> {
  const idOf = ITEM_ID[key] as (item: ItemOf<ListKey>) => string;
  const items = new Map<string, Placed>();
  for (const [index, item] of state[key].entries()) items.set(idOf(item), { id: idOf(item), index, item });
  return items;
}

interface States {
  readonly before: OrchestrationState;
  readonly after: OrchestrationState;
}

interface Pair {
  readonly was: Placed;
  readonly is: Placed;
  readonly steady: boolean;
}

function listChanges(key: ListKey, { before, after }: States, steady: Steady): StateChange[] {
  if (before[key].length === 0 && after[key].length === 0) return [];
  const [was, is] = [placedItems(key, before), placedItems(key, after)];
  const pairs: Pair[] = [];
  for (const [id, now] of is) {
    const then = was.get(id);
    if (then !== undefined) pairs.push({ was: then, is: now, steady: steady(key, id) });
  }
  const staying = stay(pairs);
  const changes: object[] = [];
  for (const [id, then] of was) {
    if (is.has(id)) continue;
    changes.push({ kind: "removed", ...placeOf(key, then), from: then.index, before: then.item });
  }
  for (const [id, now] of is) {
    const place = placeOf(key, now);
    const { index: to, item } = now;
    const then = was.get(id);
    if (then === undefined) changes.push({ kind: "added", ...place, to, after: item });
    else if (!staying.has(to) || !sameValue(then.item, item)) {
      const kind = staying.has(to) ? "changed" : "moved";
      changes.push({ kind, ...place, from: then.index, to, before: then.item, after: item });
    }
  }
  return changes as StateChange[];
}

function placeOf(key: ListKey, { id, index }: Placed): object {
  return { key, path: `/${key}/${index}`, id };
}

/** The indexes, in the list after, of items that kept their place among those that stay; all steady ones do. */
function stay(pairs: readonly Pair[]): ReadonlySet<number> {
  const fitting = betweenSteady(pairs);
  const places = longestRising(fitting.map(({ was }) => was.index));
  return new Set(fitting.filter((_, place) => places.has(place)).map(({ is }) => is.index));
}

/** The pairs that stand between the same steady ones before and after. */
function betweenSteady(pairs: readonly Pair[]): readonly Pair[] {
  const above: number[] = [];
  let next = Number.POSITIVE_INFINITY;
  for (let at = pairs.length - 1; at >= 0; at--) {
    above[at] = next;
    if (pairs[at]!.steady) next = pairs[at]!.was.index;
  }
  let last = -1;
  return pairs.filter((pair, at) => {
    const fits = pair.was.index > last && pair.was.index < above[at]!;
    if (pair.steady) last = pair.was.index;
    return fits;
  });
}
