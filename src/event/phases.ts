/** Phases that an orchestration goes through unless the configuration names others. */
export const DEFAULT_PHASES = ["EXPLORE", "PLAN", "CODE", "TEST", "FIX", "DOCUMENT"] as const;
