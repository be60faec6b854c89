import type { JsonObject } from "./envelope.ts";
import type { RunEffect } from "./prepared.ts";
import { definitionOf, isStoreEventType } from "./registry.ts";

const ASIDE: RunEffect = { kind: "aside" };

/** What an event does to its stream's run; undefined for the many that do nothing to it. */
export function runEffect(eventType: string, metadata: JsonObject): RunEffect | undefined {
  return isStoreEventType(eventType) ? ASIDE : definitionOf(eventType)?.effect?.(metadata);
}
