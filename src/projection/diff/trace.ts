import type { StoredEvent } from "../../event/envelope.ts";
import { applyEvent } from "../state/apply-event.ts";
import { itemWithId } from "../state/list-index.ts";
import { ITEM_ID, type ItemOf, type ListKey, type OrchestrationState } from "../state/orchestration-state.ts";
import { sameValue } from "./same-value.ts";
import { isList } from "./state-changes.ts";

type Key = keyof OrchestrationState;

/** What a trace knows of a place of the state: the value under a key, or the item of a list. */
interface Place {
  value: unknown;
  /** The event that made the value what it is, the one that put it in its list, the last one that touched it. */
  changed?: StoredEvent;
  entered?: StoredEvent;
  touched?: StoredEvent;
}

/** A fold that remembers which event made each place what it is. */
export class Trace {
  readonly state: OrchestrationState;
  readonly #base: OrchestrationState;
  readonly #places = new Map<string, Place>();

  /** Begins at a state, which is left as it is. */
  constructor(base: OrchestrationState) {
    this.#base = base;
    this.state = copied(base);
  }

  apply(event: StoredEvent): void {
    const touched = new Map<string, readonly [Key, string | undefined]>();
    applyEvent(this.state, event, (key, id) => touched.set(nameOf(key, id), [key, id]));
    for (const [name, [key, id]] of touched) {
      let place = this.#places.get(name);
      if (place === undefined) {
        place = { value: valueAt(this.#base, key, id) };
        this.#places.set(name, place);
      }
      note(place, valueAt(this.state, key, id), event);
    }
  }

  /** Whether an event touched the place at all. */
  touches(key: Key, id: string | undefined): boolean {
    return this.#places.has(nameOf(key, id));
  }

  /** The event that gave the place the value that it has; undefined when it is still the base's. */
  writer(key: Key, id: string | undefined): StoredEvent | undefined {
    return this.#places.get(nameOf(key, id))?.changed;
  }

  /** The event that put an item where it stands now. */
  mover(key: ListKey, id: string): StoredEvent | undefined {
    const place = this.#places.get(nameOf(key, id));
    return place?.entered ?? place?.touched;
  }
}

function note(place: Place, value: unknown, event: StoredEvent): void {
  if (!sameValue(place.value, value)) place.changed = event;
  if (place.value === undefined && value !== undefined) place.entered = event;
  place.touched = event;
  place.value = value;
}

/** What a state says at a place; undefined for an item that is not there. */
export function valueAt(state: OrchestrationState, key: Key, id: string | undefined): unknown {
  if (id === undefined || !isList(key)) return state[key];
  const idOf = ITEM_ID[key] as (item: ItemOf<ListKey>) => string;
  return itemWithId(state[key] as readonly ItemOf<ListKey>[], idOf, id);
}

function nameOf(key: Key, id: string | undefined): string {
  return id === undefined ? key : `${key} ${id}`;
}

/** A state of its own: lists are changed in place, their items never. */
export function copied(state: OrchestrationState): OrchestrationState {
  const entries = Object.entries(state).map(([key, value]) => [
    key,
    Array.isArray(value) ? [...(value as readonly unknown[])] : value,
  ]);
  return Object.fromEntries(entries) as OrchestrationState;
}
