import type { ItemOf, ListKey, OrchestrationState } from "../state/orchestration-state.ts";

export type ScalarKey = Exclude<keyof OrchestrationState, ListKey>;

interface Place<K extends keyof OrchestrationState> {
  readonly key: K;
  /** JSON pointer into the state after; of what was removed, into the state before. */
  readonly path: string;
}

/** A value that is another one now. */
export interface SetChange<K extends ScalarKey = ScalarKey> extends Place<K> {
  readonly kind: "set";
  readonly before: OrchestrationState[K];
  readonly after: OrchestrationState[K];
}

interface Item<K extends ListKey> extends Place<K> {
  /** What tells the item apart in its list. */
  readonly id: string;
}

/** An item that a list has now; `to` is its index. */
export interface AddedItem<K extends ListKey = ListKey> extends Item<K> {
  readonly kind: "added";
  readonly to: number;
  readonly after: ItemOf<K>;
}

/** An item that a list no longer has; `from` was its index. */
export interface RemovedItem<K extends ListKey = ListKey> extends Item<K> {
  readonly kind: "removed";
  readonly from: number;
  readonly before: ItemOf<K>;
}

/** An item that says something else now, or stands elsewhere among the others, or both (`moved`). */
export interface ChangedItem<K extends ListKey = ListKey> extends Item<K> {
  readonly kind: "changed" | "moved";
  readonly from: number;
  readonly to: number;
  readonly before: ItemOf<K>;
  readonly after: ItemOf<K>;
}

type SetChanges = { [K in ScalarKey]: SetChange<K> }[ScalarKey];
type ItemChanges = { [K in ListKey]: AddedItem<K> | RemovedItem<K> | ChangedItem<K> }[ListKey];

/** One difference between two states. */
export type StateChange = SetChanges | ItemChanges;
