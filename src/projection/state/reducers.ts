import type { StoredEvent } from "../../event/envelope.ts";
import type { EventType } from "../../event/registry.ts";
import { agentReducers } from "./agents.ts";
import { checkpointReducers } from "./checkpoints.ts";
import { gapReducers } from "./gaps.ts";
import { phaseReducers } from "./phases.ts";
import { qualityReducers } from "./quality.ts";
import type { Reducer } from "./reducer.ts";
import { runReducers } from "./runs.ts";
import { sourceControlReducers } from "./source-control.ts";
import type { StateEdit } from "./state-edit.ts";
import { trackerReducers } from "./tracker.ts";
import { troubleReducers } from "./trouble.ts";

/** Every type of the catalogue, also the one that changes nothing. */
const REDUCERS: { readonly [T in EventType]: Reducer<T> } = {
  ...runReducers,
  ...phaseReducers,
  ...agentReducers,
  ...gapReducers,
  ...sourceControlReducers,
  ...trackerReducers,
  ...qualityReducers,
  ...checkpointReducers,
  ...troubleReducers,
  // A replay does things outside; what came of them is logged by those who do them.
  EventsReplayed: () => undefined,
};

const BY_TYPE: ReadonlyMap<string, Reducer<never>> = new Map(Object.entries(REDUCERS));

/** What events of a type change; undefined for types that are not of the catalogue. */
export function reducerOf(type: string): ((edit: StateEdit, event: StoredEvent) => void) | undefined {
  return BY_TYPE.get(type) as ((edit: StateEdit, event: StoredEvent) => void) | undefined;
}
