import type { CommandGroup, OptionSpec } from "../command.ts";
import { JSON_OPTION } from "../options.ts";

const DRY_RUN_OPTION: OptionSpec = { name: "dry-run", summary: "Check everything, write nothing" };

const LOG_OPTIONS: readonly OptionSpec[] = [
  {
    name: "issue",
    value: "KEY",
    summary:
      "The issue; global for none (else metadata.issue_key, ESO_ISSUE, the session's orchestration, the branch)",
    completes: "issue",
  },
  {
    name: "actor",
    value: "TYPE:NAME",
    summary: "Who did it: agent:NAME, user:NAME or system:NAME (default user:<you>)",
  },
  { name: "model", value: "M", summary: "The actor's model" },
  {
    name: "meta",
    short: "m",
    value: "K=V",
    summary: "A field of the metadata, or @FILE or - for a JSON object of them",
    repeats: true,
  },
  {
    name: "attach",
    value: "FIELD=@FILE",
    summary: "A long text or file, kept beside the log and referred to",
    repeats: true,
  },
  { name: "timestamp", value: "T", summary: "When it happened: ISO, 14:00, -2h (default now)" },
  { name: "phase", value: "PHASE", summary: "The phase (default the run's current one)" },
  { name: "session", value: "ID", summary: "The session (default ESO_SESSION, else the run's)" },
  { name: "correlation", value: "ID", summary: "The run (default the issue's open one)" },
  { name: "causation", value: "EVENT", summary: "The event_id of the cause" },
  { name: "event-id", value: "UUID", summary: "The event's id; the same one again is the same event" },
  {
    name: "idempotency-key",
    value: "K",
    summary: "A natural key such as commit:<sha>; the same fact is logged once",
  },
  {
    name: "on-duplicate",
    value: "WHAT",
    summary: "conflict (default) or same-fact",
    completes: ["conflict", "same-fact"],
  },
  {
    name: "expect",
    value: "N",
    summary: "The issue's last sequence, or none, exists, any; else nothing is written",
  },
  {
    name: "durability",
    value: "HOW",
    summary: "group (default), sync or os",
    completes: ["group", "sync", "os"],
  },
  JSON_OPTION,
];

/** Commands that put events into the store. */
export const RECORD: CommandGroup = {
  title: "Record",
  commands: [
    {
      name: "log",
      summary: "Record one event",
      details:
        "Metadata is given field by field, --meta k=v. A value is read as what the type's schema says of the field: " +
        "numbers, true or false, lists (a,b without spaces behind the commas, a JSON array, or the option again), " +
        "JSON for objects, anything else as text. Fields that the schema does not name are read as JSON where they " +
        "are JSON, else as text. Dots in names are part of the name.\n\n" +
        "eso log - reads a whole event from standard input, one JSON object; options fill and replace its fields.\n\n" +
        "git_sha, branch and codebase_state are filled from the working copy. A retry with the same --event-id or " +
        "--idempotency-key is answered with the first acknowledgement.",
      arguments: [{ name: "type", completes: "type" }],
      options: LOG_OPTIONS,
      examples: [
        {
          command:
            "eso log AgentSpawned --issue PROJ-123 --actor agent:planner -m agent_name=coder -m assigned_task='Write it'",
          says: "An agent starts another one",
        },
        {
          command: "eso log TestRunCompleted -m test_suite=unit -m passed=41 -m failed=0",
          says: "The issue comes from the branch",
        },
        {
          command: "eso log CommentPosted -m comment_id=7 --attach comment_body=@review.md",
          says: "A text that is too long for a line",
        },
        {
          command:
            'jq -n \'{event_type:"PhaseStarted",metadata:{phase:"PLAN"}}\' | eso log - --issue PROJ-123',
          says: "A whole event",
        },
      ],
      load: async () => (await import("../commands/log.ts")).log,
    },
    {
      name: "import git",
      summary: "Record a repository's commits as CommitCreated events",
      details:
        "Every commit is recorded once, whatever is imported how often: it has the natural key commit:<sha>. Its " +
        "issue is the first key that its branch, subject, trailers or body names; commits without one go to global.",
      arguments: [{ name: "repository", optional: true, completes: "folder" }],
      options: [
        {
          name: "projects",
          value: "A,B",
          summary: "The only projects whose keys count (default the configuration's)",
        },
        {
          name: "branch",
          value: "B",
          summary: "Only the commits of this branch, and note it in the events (default all refs)",
        },
        {
          name: "since",
          value: "REV",
          summary: "Only commits that this revision does not hold (of HEAD, or --branch)",
        },
        JSON_OPTION,
      ],
      examples: [
        { command: "eso import git", says: "This repository" },
        {
          command: "eso import git ../api --projects PROJ,OPS",
          says: "Another one; only keys of these projects count",
        },
        { command: "eso import git . --branch main --since v1.0", says: "What came to main since a release" },
      ],
      load: async () => (await import("../commands/import-git.ts")).importGit,
    },
    {
      name: "import jsonl",
      summary: "Record the events of a file, one JSON object a line",
      details:
        "Takes events as eso log - does and lines as eso export gives them; what only a store can set is set anew. " +
        "Lines without event_id and idempotency_key get an id made from their text, so that importing a file again " +
        "adds nothing. The first line that is rejected ends the import; the lines before it are kept.",
      arguments: [{ name: "file", completes: "file" }],
      options: [
        DRY_RUN_OPTION,
        { name: "keep-going", summary: "Go on behind rejected lines; all of them are named" },
        JSON_OPTION,
      ],
      examples: [
        { command: "eso import jsonl events.jsonl", says: "A file" },
        {
          command: "eso export --store old | eso import jsonl - --store new",
          says: "From one store into another",
        },
        {
          command: "eso import jsonl events.jsonl --dry-run --keep-going",
          says: "What is wrong with a file",
        },
      ],
      load: async () => (await import("../commands/import-jsonl.ts")).importJsonl,
    },
  ],
};
