import { itemWithId, noteCleared, notePut, noteTaken } from "./list-index.ts";
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
    return itemWithId(this.#list(key), ITEM_ID[key], id);
  }

  /** Puts an item in the place of the one with its id, else at the end; one that says nothing new changes nothing. */
  put<K extends ListKey>(key: K, item: ItemOf<K>): void {
    this.#put(key, item, undefined);
  }

  /** As `put`, but a new item stands in front of those that `isLater` holds for. */
  putInOrder<K extends ListKey>(key: K, item: ItemOf<K>, isLater: (other: ItemOf<K>) => boolean): void {
    this.#put(key, item, isLater);
  }

  #put<K extends ListKey>(
    key: K,
    item: ItemOf<K>,
    isLater: ((other: ItemOf<K>) => boolean) | undefined,
  ): void {
    const list = this.#list(key);
    const id = ITEM_ID[key](item);
    const known = itemWithId(list, ITEM_ID[key], id);
    if (known === undefined) {
      if (isLater === undefined) list.push(item);
      else list.splice(list.findLastIndex((other) => !isLater(other)) + 1, 0, item);
    } else if (saysTheSame(known, item)) return;
    else list[list.lastIndexOf(known)] = item;
    notePut(list, id, item);
    this.#touched?.(key, id);
  }

  /** Takes an item out and gives it back. */
  take<K extends ListKey>(key: K, id: string): ItemOf<K> | undefined {
    const list = this.#list(key);
    const known = itemWithId(list, ITEM_ID[key], id);
    if (known === undefined) return undefined;
    list.splice(list.lastIndexOf(known), 1);
    noteTaken(list, id);
    this.#touched?.(key, id);
    return known;
  }

  /** Empties a list. */
  clear(key: ListKey): void {
    const list: unknown[] = this.#list(key);
    const idOf = ITEM_ID[key] as (item: unknown) => string;
    for (const item of list.splice(0)) this.#touched?.(key, idOf(item));
    noteCleared(list);
  }

  /** Only here are the lists not read-only. */
  #list<K extends ListKey>(key: K): ItemOf<K>[] {
    return this.state[key] as ItemOf<K>[];
  }
}

function saysTheSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => saysTheSame(a[key as keyof typeof a], b[key as keyof typeof b]));
}
