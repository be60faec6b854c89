import type { CommandGroup } from "../command.ts";
import { CONDITION_OPTIONS, FILTER_OPTIONS, JSON_OPTION, JSONL_OPTION, UTC_OPTION } from "../options.ts";

/** Commands that show events. */
export const LOOK: CommandGroup = {
  title: "Look",
  commands: [
    {
      name: "ls",
      summary: "List the issues in the store, last active first",
      options: [
        {
          name: "status",
          value: "A,B",
          summary: "Only these: not_started, in_progress, paused, completed, failed",
          repeats: true,
          completes: ["not_started", "in_progress", "paused", "completed", "failed"],
        },
        { name: "limit", value: "N", summary: "Issues to show (default 50)" },
        { name: "all", summary: "Show every issue" },
        UTC_OPTION,
        JSON_OPTION,
        JSONL_OPTION,
      ],
      examples: [
        { command: "eso ls", says: "What happened lately" },
        { command: "eso ls --status in_progress,paused", says: "What is still open" },
        { command: "eso ls --json | jq '.issues[].issue_key'", says: "For scripts" },
      ],
      load: async () => (await import("../commands/ls.ts")).ls,
    },
    {
      name: "show",
      summary: "Show an issue's timeline in plain words",
      arguments: [{ name: "issue", completes: "issue" }],
      options: [
        { name: "last", short: "n", value: "N", summary: "Events to show, the newest ones (default 50)" },
        { name: "all", summary: "Show every event" },
        ...CONDITION_OPTIONS,
        UTC_OPTION,
        JSON_OPTION,
        JSONL_OPTION,
      ],
      examples: [
        { command: "eso show PROJ-123", says: "How the work went" },
        { command: "eso show PROJ-123 --all | less -R", says: "From the first event on" },
        { command: "eso show PROJ-123 --phase TEST --from -2h", says: "One phase, lately" },
      ],
      load: async () => (await import("../commands/show.ts")).show,
    },
    {
      name: "query",
      summary: "Find events",
      details:
        "Filters are joined by “and”, the values of one filter by “or”. Results come in the order of record, " +
        "one page at a time; the command for the next page is printed on stderr.",
      options: [
        ...FILTER_OPTIONS,
        {
          name: "order",
          value: "asc|desc",
          summary: "Oldest first (default), or newest first",
          completes: ["asc", "desc"],
        },
        {
          name: "limit",
          value: "N",
          summary: "Events to give (default query.default_page_size; all with --jsonl)",
        },
        { name: "after", value: "CURSOR", summary: "Go on behind an earlier page" },
        UTC_OPTION,
        JSON_OPTION,
        JSONL_OPTION,
      ],
      examples: [
        { command: "eso query --issue PROJ-123 --type AgentFailed,ErrorOccurred", says: "What went wrong" },
        {
          command: "eso query --from -2h --agent test-engineer",
          says: "What one agent did in the last two hours",
        },
        {
          command: 'eso query --text "login timeout" --order desc --limit 5',
          says: "The newest five about a topic",
        },
        {
          command: "eso query --commit 4f2a9c1 --jsonl | jq .event_type",
          says: "Everything about a commit, for scripts",
        },
      ],
      load: async () => (await import("../commands/query.ts")).query,
    },
    {
      name: "tail",
      summary: "Show the newest events, and follow new ones",
      arguments: [{ name: "issue", optional: true, completes: "issue" }],
      options: [
        { name: "last", short: "n", value: "N", summary: "Events to begin with (default 20; 0 for none)" },
        { name: "follow", short: "f", summary: "Go on as events are recorded, until Ctrl-C" },
        ...FILTER_OPTIONS,
        UTC_OPTION,
        JSONL_OPTION,
      ],
      examples: [
        { command: "eso tail -f", says: "Watch everything" },
        { command: "eso tail PROJ-123 -n 50", says: "The newest fifty of one issue" },
        {
          command: "eso tail -f --type AgentFailed,ErrorOccurred --jsonl",
          says: "Feed failures to another program",
        },
      ],
      load: async () => (await import("../commands/tail.ts")).tail,
    },
  ],
};
