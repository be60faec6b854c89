import type { CommandGroup, OptionSpec } from "../command.ts";
import { JSON_OPTION, UTC_OPTION } from "../options.ts";

const ISSUE = { name: "issue", completes: "issue" } as const;
const MOMENTS = ["@start", "@end", "@error", "now"] as const;
const KNOWN_OPTION: OptionSpec = {
  name: "known",
  summary: "What had been recorded by then, instead of what had happened by then",
};
const AT_OPTION: OptionSpec = {
  name: "at",
  value: "T",
  summary: "At this moment (default now): ISO, 14:00, -2h, seq:412, @start, @end, @error",
  completes: MOMENTS,
};

/** Commands that look at an issue's past. */
export const TRAVEL: CommandGroup = {
  title: "Time travel",
  commands: [
    {
      name: "state",
      summary: "Show how the work on an issue stands, or stood at a moment",
      details:
        "A moment is inclusive: what happened at that very time counts. Events that were recorded late count where " +
        "they happened; with --known only what had been recorded by then counts.",
      arguments: [ISSUE],
      options: [AT_OPTION, KNOWN_OPTION, UTC_OPTION, JSON_OPTION],
      examples: [
        { command: "eso state PROJ-123", says: "Where things stand" },
        { command: "eso state PROJ-123 --at @error", says: "When the first thing went wrong" },
        {
          command: "eso state PROJ-123 --at 14:00 --json | jq .state.active_agents",
          says: "Who was at work at two",
        },
      ],
      load: async () => (await import("../commands/state.ts")).state,
    },
    {
      name: "at",
      summary: "Show what was going on at a moment: the state, and the events around it",
      arguments: [ISSUE, { name: "moment", completes: MOMENTS }],
      options: [
        { name: "window", value: "MINUTES", summary: "How far to look on each side (default 5)" },
        KNOWN_OPTION,
        UTC_OPTION,
        JSON_OPTION,
      ],
      examples: [
        { command: "eso at PROJ-123 14:00", says: "What was happening at 2 PM" },
        { command: "eso at PROJ-123 @error --window 10", says: "Ten minutes around the first failure" },
      ],
      load: async () => (await import("../commands/at.ts")).at,
    },
    {
      name: "diff",
      summary: "Show what changed between two moments, and which events did it",
      arguments: [
        ISSUE,
        { name: "from", completes: MOMENTS },
        { name: "to", optional: true, completes: MOMENTS },
      ],
      options: [KNOWN_OPTION, UTC_OPTION, JSON_OPTION],
      examples: [
        { command: "eso diff PROJ-123 -1h", says: "What the last hour brought" },
        { command: "eso diff PROJ-123 seq:20 @error", says: "What led to the failure" },
        {
          command: "eso diff PROJ-123 @start @end --json | jq '.changes[] | [.path, .event.event_id]'",
          says: "For scripts",
        },
      ],
      load: async () => (await import("../commands/diff.ts")).diff,
    },
    {
      name: "why",
      summary: "Explain an event: its causes, its effects, and the state around it",
      details:
        "Causes are followed by causation_id. Where an event names no cause, what it is about tells: the end of an " +
        "agent's run goes back to its start. Such links are marked as inferred.",
      arguments: [{ name: "event" }],
      options: [UTC_OPTION, JSON_OPTION],
      examples: [
        { command: "eso why PROJ-123:38", says: "By issue and sequence" },
        { command: "eso why 6f501648", says: "By the beginning of its id" },
      ],
      load: async () => (await import("../commands/why.ts")).why,
    },
    {
      name: "bisect",
      summary: "Find the event after which a condition holds",
      details:
        "The condition is a CEL expression over the fields of the state, as eso state --json shows them. Up to 20,000 " +
        "events every state is looked at; longer ranges are searched by halves, so that a condition that flips may " +
        "have turned earlier: --exhaustive looks at every state. A state that lacks a field that is asked for does " +
        "not fulfil the condition. Exit code 3 when it never holds.",
      arguments: [ISSUE, { name: "condition" }],
      options: [
        {
          name: "from",
          value: "T",
          summary: "Begin here (default before the first event)",
          completes: MOMENTS,
        },
        { name: "to", value: "T", summary: "End here (default now)", completes: MOMENTS },
        { name: "exhaustive", summary: "Look at every state, however many there are" },
        UTC_OPTION,
        JSON_OPTION,
      ],
      examples: [
        { command: "eso bisect PROJ-123 'size(failed_agents) > 0'", says: "The first agent that failed" },
        {
          command: "eso bisect PROJ-123 '\"CODE\" in completed_phases' --from @start",
          says: "When coding was done, in the current run",
        },
        {
          command: "eso bisect PROJ-123 'errors.exists(e, e.error_type == \"Timeout\")'",
          says: "The first timeout",
        },
      ],
      load: async () => (await import("../commands/bisect.ts")).bisect,
    },
    {
      name: "whatif",
      summary: "Show how things would stand without some events, or with others",
      details:
        "Nothing is written. Added events are checked as eso log checks them; they stand after what happened up to " +
        "their timestamp, at the end without one.",
      arguments: [ISSUE],
      options: [
        {
          name: "without",
          value: "EVENTS",
          summary: "Leave these out: ids, their beginnings, or seq:38, separated by commas",
          repeats: true,
        },
        {
          name: "with",
          value: "FILE",
          summary: "Add the events of this JSONL file; - for standard input",
          completes: "file",
        },
        AT_OPTION,
        KNOWN_OPTION,
        UTC_OPTION,
        JSON_OPTION,
      ],
      examples: [
        { command: "eso whatif PROJ-123 --without seq:38", says: "Had the agent not failed" },
        { command: "eso whatif PROJ-123 --with plan.jsonl", says: "Were this to happen next" },
      ],
      load: async () => (await import("../commands/whatif.ts")).whatif,
    },
  ],
};
