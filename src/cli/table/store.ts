import type { CommandGroup, OptionSpec } from "../command.ts";
import { FILTER_OPTIONS, JSON_OPTION, UTC_OPTION } from "../options.ts";

const CUSTOM_TYPES =
  "A type of your own is registered by a file: put the JSON Schema (2020-12 or draft-07) of its metadata into the " +
  "store as schemas/custom/<Type>.json, or <Type>@<version>.json; of several versions the newest validates.";

const ALWAYS_VOIDED: OptionSpec = {
  name: "include-voided",
  summary: "Always so: an export leaves nothing out",
};

/** Commands about the store itself. */
export const STORE: CommandGroup = {
  title: "Keep",
  commands: [
    {
      name: "init",
      summary: "Make the store, with a README.md and the schemas in it",
      details: "Safe to run again: what is there stays, and missing or outdated texts are written anew.",
      options: [
        { name: "issue", value: "KEY", summary: "The issue to show in the first steps", completes: "issue" },
        JSON_OPTION,
      ],
      examples: [
        { command: "eso init", says: "In sessions/events of this repository" },
        { command: "eso init --store ~/events", says: "Somewhere else" },
      ],
      load: async () => (await import("../commands/init.ts")).init,
    },
    {
      name: "doctor",
      summary: "Look for what could go wrong, without changing anything",
      details: "Each line is ok, warn or fail, with what to do. Exit code 1 when something failed.",
      options: [JSON_OPTION],
      examples: [
        { command: "eso doctor", says: "The store, the machine and the configuration" },
        { command: "eso doctor --json | jq '.findings[] | select(.verdict != \"ok\")'", says: "For scripts" },
      ],
      load: async () => (await import("../commands/doctor.ts")).doctor,
    },
    {
      name: "export",
      summary: "Give stored lines, byte for byte",
      details:
        "In order of record, nothing left out: voided events and the store's own housekeeping too. With -o the file " +
        "is replaced only when everything has been written.",
      arguments: [{ name: "format", optional: true, completes: ["jsonl"] }],
      options: [
        {
          name: "output",
          short: "o",
          value: "FILE",
          summary: "Write to this file instead of standard output",
          completes: "file",
        },
        ...FILTER_OPTIONS.map((option) => (option.name === "include-voided" ? ALWAYS_VOIDED : option)),
        {
          name: "order",
          value: "asc|desc",
          summary: "Oldest first (default), or newest first",
          completes: ["asc", "desc"],
        },
        { name: "limit", value: "N", summary: "Lines at most" },
        UTC_OPTION,
        { ...JSON_OPTION, summary: "With -o: print one JSON document about the export" },
      ],
      examples: [
        { command: "eso export -o all.jsonl", says: "Everything" },
        {
          command: "eso export --issue PROJ-123 --from 2026-11-01 | jq .event_type",
          says: "One issue, lately",
        },
        { command: "eso export | zstd > events.jsonl.zst", says: "Through another program" },
      ],
      load: async () => (await import("../commands/export.ts")).exportEvents,
    },
    {
      name: "snapshot create",
      summary: "Keep an issue's state, so that it is found sooner",
      details:
        "Snapshots are made by themselves every snapshots.frequency events and thinned out as they age. They change " +
        "no answer, and may be deleted at any time.",
      arguments: [{ name: "issue", completes: "issue" }],
      options: [{ name: "at", value: "N", summary: "Behind this event (default the last)" }, JSON_OPTION],
      examples: [
        { command: "eso snapshot create PROJ-123", says: "As it stands" },
        { command: "eso snapshot create PROJ-123 --at 100", says: "Behind event 100" },
      ],
      load: async () => (await import("../commands/snapshot-create.ts")).snapshotCreate,
    },
    {
      name: "snapshot list",
      summary: "List an issue's snapshots, each checked against the log",
      arguments: [{ name: "issue", completes: "issue" }],
      options: [UTC_OPTION, JSON_OPTION],
      examples: [{ command: "eso snapshot list PROJ-123", says: "What is kept, and whether it can be used" }],
      load: async () => (await import("../commands/snapshot-list.ts")).snapshotList,
    },
    {
      name: "index rebuild",
      summary: "Make the query index anew from the log",
      options: [JSON_OPTION],
      examples: [{ command: "eso index rebuild", says: "After trouble, or to have text search ready" }],
      load: async () => (await import("../commands/index-rebuild.ts")).indexRebuild,
    },
    {
      name: "index check",
      summary: "Compare the query index with the log",
      details: "Exit code 1 when they differ. The index is derived: eso index rebuild always helps.",
      options: [JSON_OPTION],
      examples: [{ command: "eso index check", says: "Reads all of it" }],
      load: async () => (await import("../commands/index-check.ts")).indexCheck,
    },
    {
      name: "schema list",
      summary: "List the event types",
      details: CUSTOM_TYPES,
      options: [JSON_OPTION],
      examples: [{ command: "eso schema list", says: "The catalogue and the types of your own" }],
      load: async () => (await import("../commands/schema-list.ts")).schemaList,
    },
    {
      name: "schema show",
      summary: "Show the fields of an event type",
      details: `--json gives the JSON Schema of its metadata.\n\n${CUSTOM_TYPES}`,
      arguments: [{ name: "type", completes: "type" }],
      options: [JSON_OPTION],
      examples: [
        { command: "eso schema show AgentFailed", says: "What to give with --meta" },
        { command: "eso schema show AgentFailed --json > AgentFailed.json", says: "The JSON Schema" },
      ],
      load: async () => (await import("../commands/schema-show.ts")).schemaShow,
    },
    {
      name: "schema validate",
      summary: "Check events without recording them",
      details: `Takes what eso import jsonl takes, or one event in a .json file. Exit code 6 when something is wrong.\n\n${CUSTOM_TYPES}`,
      arguments: [{ name: "file", completes: "file" }],
      options: [JSON_OPTION],
      examples: [
        { command: "eso schema validate events.jsonl", says: "Names every wrong line and the JSON path" },
        { command: "eso schema validate event.json", says: "One event" },
      ],
      load: async () => (await import("../commands/schema-validate.ts")).schemaValidate,
    },
    {
      name: "schema migrate",
      summary: "Show which versions of event types are stored, and what reading makes of them",
      details:
        "Stored events are never rewritten: older versions are brought to the newest shape whenever they are read. " +
        "So there is only --dry-run. It reads the whole store; first and last are positions.",
      options: [{ name: "dry-run", summary: "Needed: nothing is ever written" }, JSON_OPTION],
      examples: [
        { command: "eso schema migrate --dry-run", says: "Counts by type and version" },
        {
          command: "eso schema migrate --dry-run --json | jq '.versions[] | select(.read != \"as-is\")'",
          says: "Only what is old, newer or unknown",
        },
      ],
      load: async () => (await import("../commands/schema-migrate.ts")).schemaMigrate,
    },
    {
      name: "config list",
      summary: "List the configuration: every key, its value and where it comes from",
      options: [JSON_OPTION],
      examples: [{ command: "eso config list", says: "All keys" }],
      load: async () => (await import("../commands/config.ts")).configList,
    },
    {
      name: "config get",
      summary: "Show one key of the configuration",
      arguments: [{ name: "key" }],
      options: [JSON_OPTION],
      examples: [{ command: "eso config get storage.durability", says: "The value alone, for scripts" }],
      load: async () => (await import("../commands/config.ts")).configGet,
    },
    {
      name: "config path",
      summary: "Show which configuration file and which store are used",
      options: [JSON_OPTION],
      examples: [{ command: "eso config path", says: "The file; nothing when everything is at its default" }],
      load: async () => (await import("../commands/config.ts")).configPath,
    },
    {
      name: "stats store",
      summary: "Show counts, latencies and sizes of the store",
      options: [JSON_OPTION],
      examples: [{ command: "eso stats store --json", says: "Exact numbers, for monitoring" }],
      load: async () => (await import("../commands/stats-store.ts")).statsStore,
    },
  ],
};
