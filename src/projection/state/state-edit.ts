import { ITEM_ID, type ItemOf, type ListKey, type OrchestrationState } from "./orchestration-state.ts";

type ScalarKey = Exclude<keyof OrchestrationState, ListKey>;

/** Told of every place of the state that an event changed: a key, and the item where the key holds a list. */
export type Touched = (key: keyof OrchestrationState, itemId: string | undefined) => void;

/** The one way in which events change a state; says what it changes, so that every change has its event. */
export class StateEdit {
  readonly state: OrchestrationState;
  readonly #touched: Touched | undefined;

  constructor(state: OrchestrationState, touched?: Touched) {
    this.state = state;
    this.#touched = touched;
  }

  set<K extends ScalarKey>(key: K, value: OrchestrationState[K]): void {
    if (this.state[key] === value) return;
    this.state[key] = value;
    this.#touched?.(key, undefined);
  }

  find<K extends ListKey>(key: K, id: string): ItemOf<K> | undefined {
    const idOf = ITEM_ID[key] as (item: ItemOf<K>) => string;
    return (this.state[key] as readonly ItemOf<K>[]).findLast((item) => idOf(item) === id);
  }

  /** Puts an item in the place of the one with its id, else at the end. */
  put<K extends ListKey>(key: K, item: ItemOf<K>): void {
    const list = this.state[key] as ItemOf<K>[];
    const idOf = ITEM_ID[key] as (item: ItemOf<K>) => string;
    const id = idOf(item);
    const index = list.findLastIndex((one) => idOf(one) === id);
    if (index === -1) list.push(item);
    else list[index] = item;
    this.#touched?.(key, id);
  }

  /** Takes an item out and gives it back. */
  take<K extends ListKey>(key: K, id: string): ItemOf<K> | undefined {
    const list = this.state[key] as ItemOf<K>[];
    const idOf = ITEM_ID[key] as (item: ItemOf<K>) => string;
    const index = list.findLastIndex((one) => idOf(one) === id);
    if (index === -1) return undefined;
    this.#touched?.(key, id);
    return list.splice(index, 1)[0];
  }

  /** Empties a list. */
  clear(key: ListKey): void {
    const list = this.state[key] as unknown[];
    if (list.length === 0) return;
    const idOf = ITEM_ID[key] as (item: unknown) => string;
    for (const item of list) this.#touched?.(key, idOf(item));
    list.length = 0;
  }
}
