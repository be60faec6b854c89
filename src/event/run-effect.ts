import type { JsonObject } from "./envelope.ts";
import type { RunEffect } from "./prepared.ts";
import { definitionOf } from "./registry.ts";

/** Whether events of this type can open, close or move a run. */
export function mayChangeRun(eventType: string): boolean {
  return definitionOf(eventType)?.effect !== undefined;
}

/** What an event does to its stream's run; undefined for the many that do nothing to it. */
export function runEffect(eventType: string, metadata: JsonObject): RunEffect | undefined {
  return definitionOf(eventType)?.effect?.(metadata);
}
