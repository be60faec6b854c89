import type { EventTypeDefinition, MetadataInputOf, MetadataOf } from "./definition.ts";
import type { EventInput, StoredEvent } from "./envelope.ts";
import { isCompatible } from "./semver.ts";
import { agentTypes } from "./types/agent.ts";
import { checkpointTypes } from "./types/checkpoint.ts";
import { documentationTypes } from "./types/documentation.ts";
import { gapTypes } from "./types/gap.ts";
import { jiraTypes } from "./types/jira.ts";
import { orchestrationTypes } from "./types/orchestration.ts";
import { phaseTypes } from "./types/phase.ts";
import { qualityTypes } from "./types/quality.ts";
import { recoveryTypes } from "./types/recovery.ts";
import { replayTypes } from "./types/replay.ts";
import { sourceControlTypes } from "./types/source-control.ts";
import { storeTypes } from "./types/store.ts";
import { summaryTypes } from "./types/summary.ts";
import { testRunTypes } from "./types/test-run.ts";

/** The catalogue by family, in the order in which the documentation lists it. */
export const EVENT_FAMILIES = {
  Orchestration: orchestrationTypes,
  Phase: phaseTypes,
  Agent: agentTypes,
  Gap: gapTypes,
  "Source control": sourceControlTypes,
  Jira: jiraTypes,
  Documentation: documentationTypes,
  Quality: qualityTypes,
  Test: testRunTypes,
  Checkpoint: checkpointTypes,
  Summary: summaryTypes,
  "Error and recovery": recoveryTypes,
  Replay: replayTypes,
} as const satisfies Record<string, Readonly<Record<string, EventTypeDefinition>>>;

/** Every event type that callers may log, by name. */
export const EVENT_TYPES = {
  ...orchestrationTypes,
  ...phaseTypes,
  ...agentTypes,
  ...gapTypes,
  ...sourceControlTypes,
  ...jiraTypes,
  ...documentationTypes,
  ...qualityTypes,
  ...testRunTypes,
  ...checkpointTypes,
  ...summaryTypes,
  ...recoveryTypes,
  ...replayTypes,
} as const satisfies Record<string, EventTypeDefinition>;

/** The store's own housekeeping; callers cannot log these. */
export const STORE_EVENT_TYPES = storeTypes satisfies Record<string, EventTypeDefinition>;

type Catalogue = typeof EVENT_TYPES & typeof STORE_EVENT_TYPES;

/** The name of an event type that callers may log. */
export type EventType = keyof typeof EVENT_TYPES;
/** The name of an event type that only the store logs. */
export type StoreEventType = keyof typeof STORE_EVENT_TYPES;

/**
 * A stored event of one type, its metadata typed.
 *
 * @example
 * ```ts
 * function why(event: EventOf<"AgentFailed">): string {
 *   return `${event.metadata.agent_name}: ${event.metadata.failure_reason}`;
 * }
 * ```
 */
export type EventOf<T extends EventType | StoreEventType> = StoredEvent<T, MetadataOf<Catalogue[T]>>;

/** What a caller gives to log an event of one type. */
export type InputOf<T extends EventType> = EventInput<T, MetadataInputOf<Catalogue[T]>>;

/** Any event of the catalogue; `switch` over `event_type` narrows the metadata. */
export type AnyEvent = { [T in EventType | StoreEventType]: EventOf<T> }[EventType | StoreEventType];

/** Any input of the catalogue. */
export type AnyInput = { [T in EventType]: InputOf<T> }[EventType];

const DEFINITIONS: ReadonlyMap<string, EventTypeDefinition> = new Map(
  Object.entries<EventTypeDefinition>({ ...EVENT_TYPES, ...STORE_EVENT_TYPES }),
);

/** The names of all types that callers may log, in catalogue order. */
export const EVENT_TYPE_NAMES: readonly EventType[] = Object.values(EVENT_FAMILIES).flatMap((family) =>
  Object.values<{ readonly type: EventType }>(family).map((definition) => definition.type),
);

/** The definition of a built-in type, also of the store's own ones. */
export function definitionOf(type: string): EventTypeDefinition | undefined {
  return DEFINITIONS.get(type);
}

/** Whether this is a type of the catalogue that callers may log. */
export function isEventType(type: string): type is EventType {
  return Object.hasOwn(EVENT_TYPES, type);
}

/** Whether the name belongs to the store's own housekeeping, known to this version or not. */
export function isStoreEventType(type: string): boolean {
  return /^Store[A-Z]/.test(type);
}

/** Whether the event is of this type, in a version whose shape is known; narrows its metadata. */
export function isEventOf<T extends EventType | StoreEventType>(
  event: StoredEvent,
  type: T,
): event is EventOf<T> {
  return event.event_type === type && knownEvent(event) !== undefined;
}

/**
 * The event as one of the catalogue, when its metadata has the shape that the catalogue says. Undefined for unknown
 * types and for newer major versions, which may look different: a fold that asks here breaks on neither.
 *
 * @example
 * ```ts
 * const known = knownEvent(event);
 * if (known?.event_type === "GapIdentified") console.log(known.metadata.severity);
 * ```
 */
export function knownEvent(event: StoredEvent): AnyEvent | undefined {
  const newest = DEFINITIONS.get(event.event_type)?.version;
  if (newest === undefined || !isCompatible(event.event_version, newest)) return undefined;
  return event as AnyEvent;
}
