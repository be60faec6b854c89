import type { CommandGroup, OptionSpec } from "../command.ts";
import { JSON_OPTION } from "../options.ts";

const ACTOR_OPTIONS: readonly OptionSpec[] = [
  {
    name: "actor",
    value: "TYPE:NAME",
    summary: "Who does it: agent:NAME, user:NAME or system:NAME (default user:<you>)",
  },
  { name: "model", value: "M", summary: "The actor's model" },
];

const ISSUE_OPTION: OptionSpec = {
  name: "issue",
  value: "KEY",
  summary: "Only this issue; global for events without one",
  completes: "issue",
};

/** Commands that keep the record for years, and copies of it elsewhere. */
export const KEEP: CommandGroup = {
  title: "Archive and back up",
  commands: [
    {
      name: "archive run",
      summary: "Compress the files of old days; every answer stays the same",
      details:
        "Files of days older than the window are compressed byte for byte and moved to archive/. Queries, time travel " +
        "and verification read them there. An interrupted run loses nothing; the next one finishes it. Nothing runs " +
        "by itself: put the command into cron.\n\n" +
        "--prune deletes archived events that are older than --older-than, for good: hashes, ids and a StorePruned " +
        "record stay, so that the rest can still be proven. Held issues are left out. retention.prune together with " +
        "retention.prune_after_days does the same without the options.",
      options: [
        {
          name: "older-than",
          value: "N",
          summary:
            "Days that must have passed (default retention.archive_after_days); 0: every day that is over",
        },
        ISSUE_OPTION,
        { name: "prune", summary: "Also delete archived events of that age; needs --older-than and --yes" },
        { name: "yes", summary: "Yes, delete them" },
        { name: "dry-run", summary: "Say what would be done, do nothing" },
        ...ACTOR_OPTIONS,
        JSON_OPTION,
      ],
      examples: [
        { command: "eso archive run", says: "Everything older than the window" },
        { command: "eso archive run --older-than 0 --issue PROJ-123", says: "One issue, up to yesterday" },
        { command: "eso archive run --prune --older-than 3650 --dry-run", says: "What ten years would take" },
      ],
      load: async () => (await import("../commands/archive-run.ts")).archiveRun,
    },
    {
      name: "archive list",
      summary: "List the files of closed days: where each lies, and what is held",
      options: [
        ISSUE_OPTION,
        { name: "archived", summary: "Leave out files that lie in their places" },
        JSON_OPTION,
      ],
      examples: [{ command: "eso archive list --issue PROJ-123", says: "One issue's days" }],
      load: async () => (await import("../commands/archive-list.ts")).archiveList,
    },
    {
      name: "archive restore",
      summary: "Bring an issue's archived files back to their places, byte for byte",
      details:
        "For work with jq and grep; eso itself reads archived files as they are. Files that were brought back stay for " +
        "as long as the window says.",
      arguments: [{ name: "issue", completes: "issue" }],
      options: [
        { name: "day", value: "DAY", summary: "Only this day, such as 2026-11-24 (UTC)" },
        ...ACTOR_OPTIONS,
        JSON_OPTION,
      ],
      examples: [{ command: "eso archive restore PROJ-123 --day 2026-11-24", says: "One day" }],
      load: async () => (await import("../commands/archive-restore.ts")).archiveRestore,
    },
    {
      name: "archive hold",
      summary: "Keep an issue from being pruned, whatever the policy, until it is released",
      arguments: [{ name: "issue", completes: "issue" }],
      options: [
        { name: "why", value: "TEXT", summary: "The reason; recorded" },
        { name: "release", summary: "End the hold" },
        ...ACTOR_OPTIONS,
        JSON_OPTION,
      ],
      examples: [
        { command: "eso archive hold PROJ-123 --why 'claim 2026-114'", says: "Set" },
        { command: "eso archive hold PROJ-123 --release --why 'claim settled'", says: "End" },
      ],
      load: async () => (await import("../commands/archive-hold.ts")).archiveHold,
    },
    {
      name: "backup",
      summary: "Copy the store, consistently, while others go on writing",
      details:
        "Into a folder: what an earlier backup there has already is not copied again, and the earlier one stays. Into " +
        "a file that ends with .tar: one file with everything. Private keys and derived data are never in a backup.",
      arguments: [{ name: "target", completes: "folder" }],
      options: [...ACTOR_OPTIONS, JSON_OPTION],
      examples: [
        { command: "eso backup /mnt/backup/events", says: "Into a folder, night for night" },
        { command: "eso backup events.tar", says: "Into one file" },
      ],
      load: async () => (await import("../commands/backup.ts")).backup,
    },
    {
      name: "restore",
      summary: "Make a store from a backup, every file checked first",
      details:
        "The store is made in --store, which must be empty or not there. It goes on under a name of its own (a new " +
        "incarnation), so that one name never signs two histories; cursors of the old store are invalid.",
      arguments: [{ name: "backup", completes: "folder" }],
      options: [
        { name: "at", value: "NAME", summary: "Which of the folder's backups (default the newest)" },
        ...ACTOR_OPTIONS,
        JSON_OPTION,
      ],
      examples: [{ command: "eso restore /mnt/backup/events --store ./events", says: "The newest one" }],
      load: async () => (await import("../commands/restore.ts")).restore,
    },
  ],
};
