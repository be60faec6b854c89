import { EXIT_CODES } from "./exit-codes.ts";

/** A page of `eso help` that is about no single command. */
export interface Topic {
  readonly title: string;
  readonly rows: readonly (readonly [term: string, meaning: string])[];
}

/** The pages by name. */
export const TOPICS: Readonly<Record<string, Topic>> = {
  "exit-codes": {
    title: "Exit codes",
    rows: Object.entries(EXIT_CODES),
  },
  moments: {
    title: "Moments: how a point in time is written",
    rows: [
      ["2026-11-24T14:00:00Z", "ISO 8601 with a zone"],
      ["2026-11-24T14:00", "Local time, or UTC with --utc; a space instead of T will do in quotes"],
      ["2026-11-24", "That UTC day: --from begins with it, --to includes it, --at means its end"],
      ["14:00", "Today, local time, or UTC with --utc; 14:00:30 too"],
      ["-2h", "Two hours ago; s, m, h, d and w, also together: -1h30m"],
      ["now", "The present"],
      ["seq:412", "Behind event 412 of the issue"],
      ["@start", "Behind the first event of the issue's current run"],
      ["@end", "Behind the run's last event"],
      ["@error", "Behind the run's first error or failure"],
    ],
  },
  environment: {
    title: "Environment variables",
    rows: [
      ["ESO_STORE", "The store's folder, when --store is not given"],
      ["ESO_CONFIG", "The configuration file, when --config is not given"],
      ["ESO_SESSION", "The session of events that name none"],
      ["ESO_ISSUE", "The issue of events that name none"],
      ["ESO_DEBUG", "Set: errors show where they happened"],
      ["NO_COLOR", "Set: no colour"],
      ["FORCE_COLOR", "Set, and not 0: colour also where there is no terminal"],
    ],
  },
};
