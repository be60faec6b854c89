import type { CommandGroup, OptionSpec } from "../command.ts";
import { JSON_OPTION, JSONL_OPTION, TYPE_OPTION, UTC_OPTION } from "../options.ts";

const ACTOR_OPTIONS: readonly OptionSpec[] = [
  {
    name: "actor",
    value: "TYPE:NAME",
    summary: "Who does it: agent:NAME, user:NAME or system:NAME (default user:<you>)",
  },
  { name: "model", value: "M", summary: "The actor's model" },
];

/** Commands that act on the record: again, back to a point, or against a mistake. */
export const REPLAY: CommandGroup = {
  title: "Replay and correct",
  commands: [
    {
      name: "replay",
      summary: "Show what acting on an issue's events again would do; with --run, do it",
      details:
        "Without --run nothing is done: the plan says of each event whether it would run, and if not, why. With --run " +
        "each event is handed to a command or module, in order of sequence. Events whose effect must happen once " +
        "(comments, worklogs, pages, commits, pull requests, transitions) make the replay refuse to begin unless " +
        "their types are allowed by name. Void events and what is about the record itself are never replayed.\n\n" +
        "--exec starts the command once an event, without a shell: words are separated by spaces and may be quoted; " +
        "for pipes and variables write --exec \"sh -c '…'\". The event is one line of JSON on its standard input; " +
        "ESO_EVENT_ID, ESO_EVENT_TYPE, ESO_EVENT_SEQUENCE and ESO_REPLAY_ID are in its environment. Any exit code but " +
        "0 is a failure. --handler loads a module that exports a function as default, or functions named like types.\n\n" +
        "Ctrl-C stops behind the event at hand. An interrupted replay goes on with --resume; no effect that must " +
        "happen once is repeated. Exit code 1 when an event failed or its outcome is unknown.",
      arguments: [{ name: "issue", completes: "issue" }],
      options: [
        { name: "from", value: "N", summary: "The first event's sequence (default 1)" },
        { name: "to", value: "N", summary: "The last event's sequence, inclusive (default the last one)" },
        TYPE_OPTION,
        { name: "run", summary: "Do it; without, only the plan is shown" },
        { name: "exec", value: "COMMAND", summary: "Start this once an event" },
        {
          name: "handler",
          value: "FILE",
          summary: "Call the functions of this JavaScript module",
          completes: "file",
        },
        {
          name: "allow-once",
          value: "A,B",
          summary: "Have these effects once more, though they must happen once",
          repeats: true,
          completes: "type",
        },
        { name: "skip-non-idempotent", summary: "Pass over what must not be repeated instead of refusing" },
        {
          name: "on-failure",
          value: "WHAT",
          summary: "stop (default) or continue",
          completes: ["stop", "continue"],
        },
        { name: "resume", value: "ID", summary: "Go on with an interrupted replay" },
        ...ACTOR_OPTIONS,
        JSON_OPTION,
        JSONL_OPTION,
      ],
      examples: [
        { command: "eso replay PROJ-123 --from 50", says: "What would happen" },
        {
          command: "eso replay PROJ-123 --type DocumentationCreated --run --exec ./publish.sh",
          says: "Publish the documents again",
        },
        {
          command: "eso replay PROJ-123 --run --handler ./handlers.js --skip-non-idempotent",
          says: "Everything that may be repeated",
        },
      ],
      load: async () => (await import("../commands/replay.ts")).replay,
    },
    {
      name: "checkpoint create",
      summary: "Record where an issue's work stands: state, phase, commit",
      details:
        "The event holds a digest of the state, which eso checkpoint restore compares, and the commit of the working copy.",
      arguments: [{ name: "issue", completes: "issue" }],
      options: [
        { name: "reason", value: "TEXT", summary: "Why" },
        { name: "id", value: "NAME", summary: "The checkpoint's name (default a short random one)" },
        ...ACTOR_OPTIONS,
        JSON_OPTION,
      ],
      examples: [
        { command: "eso checkpoint create PROJ-123 --reason 'before the refactoring'", says: "Here and now" },
      ],
      load: async () => (await import("../commands/checkpoint-create.ts")).checkpointCreate,
    },
    {
      name: "checkpoint list",
      summary: "List an issue's checkpoints",
      arguments: [{ name: "issue", completes: "issue" }],
      options: [UTC_OPTION, JSON_OPTION],
      examples: [{ command: "eso checkpoint list PROJ-123", says: "Oldest first" }],
      load: async () => (await import("../commands/checkpoint-list.ts")).checkpointList,
    },
    {
      name: "checkpoint restore",
      summary: "Check a checkpoint's state against the log, and record going back to it",
      details:
        "Changes no file: the git command for the code is printed. Exit code 4, and nothing recorded, when the log no " +
        "longer leads to the recorded state.",
      arguments: [{ name: "issue", completes: "issue" }, { name: "checkpoint" }],
      options: [{ name: "reason", value: "TEXT", summary: "Why" }, ...ACTOR_OPTIONS, JSON_OPTION],
      examples: [
        {
          command: "eso checkpoint restore PROJ-123 cp-1f0c2b9a --reason 'tests cannot pass this way'",
          says: "Back to it",
        },
      ],
      load: async () => (await import("../commands/checkpoint-restore.ts")).checkpointRestore,
    },
    {
      name: "void",
      summary: "Say of a wrongly logged event that it does not count",
      details:
        "The line stays; states, queries and reports leave the event out from now on. --include-voided shows it all " +
        "the same. An event that was voided by mistake is logged again.",
      arguments: [{ name: "event" }],
      options: [
        { name: "why", value: "TEXT", summary: "What is wrong with the event; required" },
        ...ACTOR_OPTIONS,
        JSON_OPTION,
      ],
      examples: [
        {
          command: "eso void 5f0e6a0c-94b1-4a3e-9d0a-2f6a6f2f3c11 --why 'logged for the wrong issue'",
          says: "By its event_id",
        },
      ],
      load: async () => (await import("../commands/void.ts")).voidOne,
    },
    {
      name: "forget",
      summary: "Make what was recorded of a person unreadable for ever",
      details:
        "Works for the fields that personal.fields declares: these were encrypted with a key of that person, which is " +
        "destroyed, together with snapshots and generated reports. Lines and proofs stay as they are, and verification " +
        "still passes. There is no way back.",
      arguments: [{ name: "subject" }],
      options: [
        { name: "why", value: "TEXT", summary: "What it is done for" },
        { name: "yes", summary: "Needed: a destroyed key cannot be brought back" },
        ...ACTOR_OPTIONS,
        JSON_OPTION,
      ],
      examples: [
        {
          command: "eso forget ada@example.com --why 'request 118' --yes",
          says: "By the name in the events",
        },
      ],
      load: async () => (await import("../commands/forget.ts")).forget,
    },
  ],
};
