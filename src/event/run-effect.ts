import type { JsonObject } from "./envelope.ts";
import type { RunEffect } from "./prepared.ts";

function phaseIn(metadata: JsonObject, field: string): string | null {
  const value = metadata[field];
  return typeof value === "string" ? value : null;
}

const EFFECTS: Readonly<Record<string, (metadata: JsonObject) => RunEffect | undefined>> = {
  OrchestrationStarted: (metadata) => ({ kind: "open", phase: phaseIn(metadata, "initial_phase") }),
  OrchestrationCompleted: () => ({ kind: "close" }),
  OrchestrationFailed: () => ({ kind: "close" }),
  OrchestrationResumed(metadata) {
    const phase = phaseIn(metadata, "resume_phase");
    return phase === null ? undefined : { kind: "phase", phase };
  },
  PhaseStarted: (metadata) => ({ kind: "phase", phase: phaseIn(metadata, "phase") }),
  PhaseCompleted: (metadata) => ({ kind: "phase", phase: phaseIn(metadata, "next_phase") }),
};

/** Whether events of this type can open, close or move a run. */
export function mayChangeRun(eventType: string): boolean {
  return Object.hasOwn(EFFECTS, eventType);
}

/** What an event does to its stream's run; undefined for the many that do nothing to it. */
export function runEffect(eventType: string, metadata: JsonObject): RunEffect | undefined {
  return mayChangeRun(eventType) ? EFFECTS[eventType]?.(metadata) : undefined;
}
