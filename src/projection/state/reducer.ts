import type { EventOf, EventType } from "../../event/registry.ts";
import type { StateEdit } from "./state-edit.ts";

/** What an event of a type changes in the current run. */
export type Reducer<T extends EventType> = (edit: StateEdit, event: EventOf<T>) => void;

/** A reducer for each type of a family. */
export type Reducers<T extends EventType> = { readonly [K in T]: Reducer<K> };
