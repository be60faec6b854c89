import type { ConfigValue } from "./key.ts";

/**
 * A key of jira-orchestrator's `config/event-sourcing.yaml` that is no key here. It loads, and unless its
 * value asks for what happens anyway, its reader is told what to use instead.
 */
export interface OriginalKey {
  /** What happens here, in sentences. */
  readonly message: string;
  /** The key, command, field or function to use instead, where there is one. */
  readonly replacement?: string;
  /** True for values that are fulfilled without any setting. */
  readonly isMet?: (value: unknown) => boolean;
  /** The key that means the same, and the value there; `undefined` when the value makes no sense. */
  readonly renamed?: {
    readonly path: string;
    readonly valueOf: (value: unknown) => ConfigValue | undefined;
    /** What the value must be, for people. */
    readonly words: string;
  };
}

/** The original wraps most of its sections in this key; here it may be left out. */
export const ORIGINAL_WRAPPER = "event_sourcing";

const TOP_FIELDS = "event_type issue_key phase session_id correlation_id causation_id branch timestamp".split(
  " ",
);
const INDEXED = [...TOP_FIELDS, "actor.id", "agent_name"];
const REQUIRED = "event_id event_type timestamp session_id actor".split(" ");

const ONE_FILE = "A file holds the events of one issue and one day, and is never split by size.";
const VALIDATED = "Every event is validated before it is written; this cannot be switched off.";
const NO_CACHE = "Reads go through the index and the operating system's cache; there is no cache to size.";
const NO_WAITING =
  "Appends that wait at the same moment share a flush; none waits for a batch or a buffer to fill.";
const NOT_BY_ITSELF =
  "Nothing is archived by itself or on a schedule; run the command when it suits, from cron too.";
const FRESH = "Every answer is read afresh, so that none is stale.";
const ON_REQUEST = "Reports are written on request, in the format asked for, and kept until you delete them.";
const NO_DAEMON =
  "Nothing runs in the background that could be watched: a failure is the error of the call it hit.";
const SHAPES = "Older events are brought to the newest shape while they are read; stored bytes never change.";

const isTrue = (value: unknown): boolean => value === true;
const isFalse = (value: unknown): boolean => value === false;
const isOneOf =
  (value: unknown): ((other: unknown) => boolean) =>
  (other) =>
    value === other;
const isSubsetOf =
  (names: readonly string[]) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every((item) => typeof item === "string" && names.includes(item));

/** By path; `*` stands for any one name, and a row covers everything below it. */
export const ORIGINAL_KEYS: ReadonlyMap<string, OriginalKey> = new Map<string, OriginalKey>([
  [
    "storage.partition_by",
    {
      message: "Folders are always by day, then by issue; queries do not depend on them.",
      isMet: isOneOf("date"),
    },
  ],
  [
    "storage.format",
    { message: "Events are stored as JSON Lines.", replacement: "eso export", isMet: isOneOf("jsonl") },
  ],
  [
    "storage.compression",
    {
      message: "Live files stay plain text, readable with jq and grep; archiving compresses.",
      replacement: "eso archive run",
      isMet: isFalse,
    },
  ],
  ["storage.max_file_size_mb", { message: ONE_FILE }],
  ["storage.rotate_on_size", { message: ONE_FILE, isMet: isFalse }],

  [
    "snapshots.auto_cleanup",
    {
      message: "Snapshots are always thinned; how old they may get is said by a number of days.",
      replacement: "snapshots.retention_days",
      isMet: isTrue,
    },
  ],

  [
    "indexing.index_fields",
    { message: `These fields are indexed, always: ${INDEXED.join(", ")}.`, isMet: isSubsetOf(INDEXED) },
  ],
  ["indexing.full_text_search", { message: "Text can always be searched for.", isMet: isTrue }],
  [
    "indexing.index_update_mode",
    {
      message: "The index is brought up to date before each query that uses it.",
      isMet: isOneOf("realtime"),
    },
  ],
  [
    "indexing.rebuild_on_startup",
    {
      message: "A missing, old or damaged index is rebuilt by itself; a good one is not.",
      replacement: "eso index rebuild",
      isMet: isFalse,
    },
  ],

  ["validation.strict_mode", { message: VALIDATED, isMet: isTrue }],
  ["validation.validate_on_write", { message: VALIDATED, isMet: isTrue }],
  [
    "validation.schema_version",
    {
      message: "Every event type has a version of its own, which the store writes to event_version.",
      replacement: "eso schema list",
    },
  ],
  [
    "validation.validate_on_read",
    { message: "Reading does not validate again.", replacement: "eso verify", isMet: isFalse },
  ],
  [
    "validation.allow_unknown_event_types",
    {
      message:
        "A type of your own is registered with a JSON Schema before it is logged. What a reader does with a type " +
        "that it does not know is a setting.",
      replacement: "validation.unknown_events",
      isMet: isFalse,
    },
  ],
  [
    "validation.required_fields",
    {
      message: "The required fields are fixed; an event without issue_key goes to the global stream.",
      isMet: isSubsetOf(REQUIRED),
    },
  ],

  ["performance.cache_recent_events", { message: NO_CACHE }],
  ["performance.cache_snapshots", { message: NO_CACHE }],
  [
    "performance.async_writes",
    {
      message: "Read as storage.durability: true as os, false as group.",
      replacement: "storage.durability",
      renamed: { path: "storage.durability", valueOf: durabilityOf, words: "true or false" },
    },
  ],
  ["performance.batch_write_size", { message: NO_WAITING, replacement: "performance.max_batch_bytes" }],
  ["performance.write_buffer_size_mb", { message: NO_WAITING, replacement: "performance.max_batch_bytes" }],

  ["cleanup.enabled", { message: NOT_BY_ITSELF, replacement: "eso archive run", isMet: isFalse }],
  [
    "cleanup.archive_after_days",
    {
      message: `Read as retention.archive_after_days. ${NOT_BY_ITSELF}`,
      replacement: "retention.archive_after_days",
      renamed: { path: "retention.archive_after_days", valueOf: daysOf, words: "a whole number of days" },
    },
  ],
  ["cleanup.cleanup_schedule", { message: NOT_BY_ITSELF, replacement: "eso archive run" }],
  [
    "cleanup.archive_path",
    { message: "The archive lies in the store, in its folder archive/.", replacement: "storage.base_path" },
  ],
  [
    "cleanup.delete_after_days",
    {
      message:
        "No event is deleted because of this key: that takes retention.prune and retention.prune_after_days.",
      replacement: "retention.prune_after_days",
    },
  ],
  [
    "cleanup.preserve_completed_orchestrations",
    { message: "Completed orchestrations are kept, like all others.", isMet: isTrue },
  ],

  ["query.enable_pagination", { message: "Queries can always be read in pages.", isMet: isTrue }],
  ["query.cache_query_results", { message: FRESH, isMet: isFalse }],
  ["query.cache_ttl_seconds", { message: FRESH }],

  ["replay.enabled", { message: "A replay happens only when it is called for.", isMet: isTrue }],
  [
    "replay.dry_run_default",
    { message: "A replay is a dry run unless the call says otherwise.", isMet: isTrue },
  ],
  [
    "replay.non_replayable_events",
    {
      message: "Read as replay.forbidden: these types are never replayed.",
      replacement: "replay.forbidden",
      renamed: { path: "replay.forbidden", valueOf: typesOf, words: "a list of event types" },
    },
  ],
  [
    "replay.emit_replay_markers",
    { message: "A real replay always leaves EventsReplayed behind.", isMet: isTrue },
  ],

  ["audit.generate_reports", { message: ON_REQUEST, replacement: "eso audit" }],
  ["audit.report_formats", { message: ON_REQUEST, replacement: "eso audit -f" }],
  ["audit.report_retention_days", { message: ON_REQUEST }],
  [
    "audit.include_sensitive_data",
    { message: "A report shows what the log holds, so that what must not be shown must not be logged." },
  ],
  [
    "audit.compliance_mode",
    {
      message:
        "Stored lines never change and are chained by hash for everyone; signing needs keys, not a switch.",
      replacement: "eso keys new",
      isMet: isFalse,
    },
  ],

  ["monitoring.enabled", { message: NO_DAEMON, replacement: "eso status", isMet: isFalse }],
  ["monitoring.log_level", { message: "Messages go to stderr; events are the only log." }],
  ["monitoring.metrics_enabled", { message: NO_DAEMON, replacement: "eso stats", isMet: isFalse }],
  ["monitoring.metrics_export_interval_seconds", { message: NO_DAEMON, replacement: "eso stats" }],
  ["monitoring.alert_on_write_failures", { message: NO_DAEMON }],
  ["monitoring.alert_on_validation_failures", { message: NO_DAEMON }],
  ["monitoring.health_check_interval_seconds", { message: NO_DAEMON, replacement: "eso doctor" }],

  [
    "event_types.*.category",
    { message: "The catalogue says to which family a type belongs.", replacement: "eso schema list" },
  ],
  ["event_types.*.severity", { message: "Events have no severity: the type says what happened." }],
  [
    "event_types.*.retention_days",
    {
      message: "Events are kept whatever their type; archiving goes by day.",
      replacement: "eso archive run",
    },
  ],
  ["event_types.*.indexable", { message: "Events of every type are indexed.", isMet: isTrue }],
  ["event_types.*.alert", { message: "No alert is sent; follow the log instead.", replacement: "eso tail" }],

  [
    "correlation_rules",
    {
      message:
        "Starts and ends pair by the ids that events carry (agent_run_id, gap_id) and runs by correlation_id. " +
        "Pairing by session mixes up agents that work in parallel.",
      replacement: "agent_run_id",
    },
  ],
  [
    "state_projections",
    {
      message:
        "Orchestration state, agent metrics, timeline and quality metrics are built in; others are code.",
      replacement: "defineProjection",
    },
  ],

  ["migrations.enabled", { message: SHAPES, isMet: isTrue }],
  ["migrations.auto_migrate", { message: SHAPES }],
  ["migrations.backup_before_migration", { message: SHAPES, replacement: "eso backup" }],
  ["migrations.migration_path", { message: SHAPES }],
  [
    "migrations.schema_versions",
    {
      message: "Versions and what changed in them stand in the schema history.",
      replacement: "eso schema list",
    },
  ],
]);

function durabilityOf(value: unknown): "os" | "group" | undefined {
  if (typeof value !== "boolean") return undefined;
  return value ? "os" : "group";
}

function daysOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function typesOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every(isTypeName) ? [...new Set(value)] : undefined;
}

function isTypeName(item: unknown): item is string {
  return typeof item === "string" && /^[A-Z][A-Za-z0-9]{0,127}$/.test(item);
}
