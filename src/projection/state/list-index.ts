/** Below this a list is read through, which is faster than keeping an index. */
const INDEXED_FROM = 24;

type List = readonly unknown[];

/**
 * Items of long lists by id. It stands beside the lists, not in them, so that a state stays plain JSON; it is made
 * when it is first wanted, and lost with its list.
 */
const INDEXES = new WeakMap<List, Map<string, unknown>>();

/** The item with this id. */
export function itemWithId<T>(list: readonly T[], idOf: (item: T) => string, id: string): T | undefined {
  if (list.length < INDEXED_FROM) {
    for (const item of list) if (idOf(item) === id) return item;
    return undefined;
  }
  return indexOf(list, idOf).get(id) as T | undefined;
}

function indexOf<T>(list: readonly T[], idOf: (item: T) => string): Map<string, unknown> {
  const known = INDEXES.get(list);
  if (known?.size === list.length) return known;
  const index = new Map<string, unknown>();
  for (const item of list) index.set(idOf(item), item);
  INDEXES.set(list, index);
  return index;
}

/** To be called after an item was put into the list or took another one's place. */
export function notePut(list: List, id: string, item: unknown): void {
  if (list.length >= INDEXED_FROM) INDEXES.get(list)?.set(id, item);
}

/** To be called after an item was taken out of the list. */
export function noteTaken(list: List, id: string): void {
  if (list.length >= INDEXED_FROM) INDEXES.get(list)?.delete(id);
  else INDEXES.delete(list);
}

/** To be called after a list was emptied. */
export function noteCleared(list: List): void {
  INDEXES.delete(list);
}
