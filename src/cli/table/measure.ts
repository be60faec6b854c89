import type { CommandGroup, OptionSpec } from "../command.ts";
import { FROM_OPTION, ISSUE_OPTION, JSON_OPTION, TO_OPTION, UTC_OPTION } from "../options.ts";

/**
 * What figures can be narrowed to: whole runs. Filters that take single events out of runs would take ends from
 * starts, and pauses from what they interrupt.
 */
const STATS_OPTIONS: readonly OptionSpec[] = [
  ISSUE_OPTION,
  FROM_OPTION,
  TO_OPTION,
  { name: "session", value: "ID", summary: "Only events of this session", repeats: true },
  { name: "correlation", value: "ID", summary: "Only events of this run", repeats: true },
  { name: "recorded-to", value: "T", summary: "Only what the store had accepted before T" },
  UTC_OPTION,
  JSON_OPTION,
];

const CENSORED =
  "Averages and medians are of what has ended; how much is still open or was cut short is shown beside them. " +
  "Pauses of the run do not count as time at work.\n\n" +
  "--from and --to choose events by when they happened: what began before --from is seen as an end without a start.";

/** Commands that count and compare. */
export const MEASURE: CommandGroup = {
  title: "Measure",
  commands: [
    {
      name: "stats agents",
      summary: "Show how agents did: runs, success, time, quality, cost",
      details:
        "With ten ends or more, success is a rate with its 95 % interval; with fewer it is the counts. " +
        CENSORED,
      options: [
        { name: "agent", value: "NAME", summary: "Only these agents", repeats: true },
        { name: "models", summary: "By model instead of by agent" },
        ...STATS_OPTIONS,
      ],
      examples: [
        { command: "eso stats agents --issue PROJ-123", says: "Who worked on an issue, and how well" },
        { command: "eso stats agents --from 2026-11-01 --models", says: "Models compared, this month" },
        { command: "eso stats agents --json | jq '.agents[] | {agent_name, success}'", says: "For scripts" },
      ],
      load: async () => (await import("../commands/stats-agents.ts")).statsAgents,
    },
    {
      name: "stats phases",
      summary: "Show how long phases took, and the waits between them",
      details: CENSORED,
      options: [
        { name: "phase", value: "PHASE", summary: "Only these phases", repeats: true },
        ...STATS_OPTIONS,
      ],
      examples: [
        { command: "eso stats phases --issue PROJ-123", says: "Where the time went" },
        { command: "eso stats phases --from 2026-11-01", says: "In all runs of a month" },
      ],
      load: async () => (await import("../commands/stats-phases.ts")).statsPhases,
    },
    {
      name: "stats quality",
      summary: "Show checks, tests, coverage, and what had to be done again",
      details:
        "A suite is flaky where its outcome changed at one and the same commit. First pass: runs that ended, whose " +
        "first visit to TEST was completed without a red test run, and that never came to FIX.",
      options: STATS_OPTIONS,
      examples: [
        { command: "eso stats quality --issue PROJ-123", says: "One issue" },
        { command: "eso stats quality --json | jq .rework.first_pass", says: "For scripts" },
      ],
      load: async () => (await import("../commands/stats-quality.ts")).statsQuality,
    },
    {
      name: "stats errors",
      summary: "Show what went wrong most, and whether the work recovered",
      details:
        "Errors are the same when their error_fingerprint is; without one, when type and message are, numbers, " +
        "paths, ids and times apart.",
      options: [
        { name: "limit", value: "N", summary: "Kinds of errors to show (default 20)" },
        { name: "all", summary: "Show every kind" },
        ...STATS_OPTIONS,
      ],
      examples: [
        { command: "eso stats errors --from -7d", says: "The last week" },
        { command: "eso stats errors --issue PROJ-123", says: "One issue" },
      ],
      load: async () => (await import("../commands/stats-errors.ts")).statsErrors,
    },
    {
      name: "compare",
      summary: "Show two runs side by side, and where they first went apart",
      details:
        "A run is named by its issue and #number in the order in which runs started, #last, or the beginning of its " +
        "id (correlation_id); without # it is the last one. With one issue only, its last two runs are compared.\n\n" +
        "Runs go apart at the first event whose type, phase or agent differs; summaries and the store's own events " +
        "are passed over.",
      arguments: [
        { name: "run", completes: "issue" },
        { name: "other", optional: true, completes: "issue" },
      ],
      options: [UTC_OPTION, JSON_OPTION],
      examples: [
        { command: "eso compare PROJ-123", says: "The last run with the one before" },
        { command: "eso compare PROJ-123#1 PROJ-123#3", says: "Two runs of one issue" },
        { command: "eso compare PROJ-123 PROJ-124", says: "The last runs of two issues" },
      ],
      load: async () => (await import("../commands/compare.ts")).compare,
    },
  ],
};
