import { defineEventType } from "../definition.ts";

const StoreRecovered = defineEventType({
  type: "StoreRecovered",
  version: "1.0.0",
  description: "The store repaired itself after a crash.",
  required: () => ({}),
  optional: (f) => ({
    found: f.objects("What was found and what was done about it."),
    recovered_by_pid: f.count("The process that did it."),
  }),
});

const StoreFactSeen = defineEventType({
  type: "StoreFactSeen",
  version: "1.0.0",
  description: "A later sighting of a recorded fact knew more than the first.",
  required: (f) => ({ fact: f.name("The event_id of the first record.") }),
  optional: (f) => ({
    fact_type: f.name("The event_type of the first record."),
    adds: f.object("The metadata fields that the first record lacks."),
  }),
});

const StoreEventVoided = defineEventType({
  type: "StoreEventVoided",
  version: "1.0.0",
  description: "A wrongly logged event is left out of folds, queries and reports.",
  required: (f) => ({ voided_event_id: f.name("The event_id of the wrong event.") }),
  optional: (f) => ({ why: f.text("What is wrong with it.") }),
});

const StoreArchived = defineEventType({
  type: "StoreArchived",
  version: "1.0.0",
  description: "A closed day's file was compressed, byte for byte, and moved into the archive.",
  required: (f) => ({
    file: f.name("The file, relative to the store."),
    archive: f.name("Where it lies now."),
  }),
  optional: (f) => ({
    day: f.name("The day that the events were recorded on, UTC."),
    first_sequence: f.ordinal("Of the file's first event."),
    last_sequence: f.ordinal("Of its last event."),
    first_position: f.ordinal("Of the file's first event."),
    last_position: f.ordinal("Of its last event."),
    events: f.count("Lines in the file."),
    bytes: f.count("Of the text."),
    sha256: f.name("Of the text, hex."),
    archive_bytes: f.count("Of the compressed file."),
    archive_sha256: f.name("Of the compressed file, hex."),
  }),
});

const StoreArchiveRestored = defineEventType({
  type: "StoreArchiveRestored",
  version: "1.0.0",
  description: "An archived file was brought back to its place, byte for byte.",
  required: (f) => ({ file: f.name("The file, relative to the store.") }),
  optional: (f) => ({
    archive: f.name("Where it lay."),
    day: f.name("The day that the events were recorded on, UTC."),
    first_sequence: f.ordinal("Of the file's first event."),
    last_sequence: f.ordinal("Of its last event."),
    bytes: f.count("Of the text."),
    sha256: f.name("Of the text, hex."),
  }),
});

const StorePruned = defineEventType({
  type: "StorePruned",
  version: "1.0.0",
  description:
    "A closed day's events were deleted by an explicit policy; the hashes of their lines are kept.",
  required: (f) => ({
    file: f.name("The file, relative to the store."),
    first_sequence: f.ordinal("Of the first event that is gone."),
    last_sequence: f.ordinal("Of the last event that is gone."),
    range_root: f.name("RFC 6962 tree hash over the lines' leaf hashes, in order of sequence, hex."),
  }),
  optional: (f) => ({
    day: f.name("The day that the events were recorded on, UTC."),
    first_position: f.ordinal("Of the first event that is gone."),
    last_position: f.ordinal("Of the last event that is gone."),
    events: f.count("How many are gone."),
    bytes: f.count("Of the text that is gone."),
    sha256: f.name("Of the text that is gone, hex."),
    leaves: f.name("The file that keeps the leaf hashes, relative to the store."),
    leaves_sha256: f.name("Of that file's text, hex."),
    policy: f.object(
      "What asked for it: `prune_after_days`, and whether the configuration or a command said so.",
    ),
  }),
});

const StoreHoldSet = defineEventType({
  type: "StoreHoldSet",
  version: "1.0.0",
  description: "A legal hold: nothing of this issue is pruned until it is released.",
  required: (f) => ({ why: f.text("The reason.") }),
  optional: () => ({}),
});

const StoreHoldReleased = defineEventType({
  type: "StoreHoldReleased",
  version: "1.0.0",
  description: "A legal hold ended.",
  required: (f) => ({ why: f.text("The reason.") }),
  optional: () => ({}),
});

const StoreBackedUp = defineEventType({
  type: "StoreBackedUp",
  version: "1.0.0",
  description: "A backup of the store was made.",
  required: (f) => ({
    backup: f.name("The name of its folder or file."),
    last_position: f.count("How far it reaches."),
  }),
  optional: (f) => ({
    files: f.count("In the backup."),
    bytes: f.count("In the backup."),
    copied_bytes: f.count("Those that an earlier backup in the same place did not have."),
    manifest_sha256: f.name("Of the list of its files, hex."),
  }),
});

const StoreRestored = defineEventType({
  type: "StoreRestored",
  version: "1.0.0",
  description: "This store was made from a backup; it goes on under a name of its own.",
  required: (f) => ({
    backup: f.name("The name of its folder or file."),
    origin: f.name("The name that seals carry from now on."),
  }),
  optional: (f) => ({
    previous_origin: f.name("The name that they carried before."),
    incarnation: f.name("Changes with every restore; cursors of another one are invalid."),
    last_position: f.count("How far the backup reaches."),
    backup_created_at: f.time("When the backup was made."),
    files: f.count("In the backup."),
    bytes: f.count("In the backup."),
    manifest_sha256: f.name("Of the list of its files, hex."),
  }),
});

const StoreReportGenerated = defineEventType({
  type: "StoreReportGenerated",
  version: "1.0.0",
  description: "An audit report was made; its hash tells it from a changed one.",
  required: (f) => ({
    file: f.name("The report's file name."),
    sha256: f.name("Of the file, hex; of a folder of tables that of its SHA256SUMS."),
  }),
  optional: (f) => ({
    format: f.name("html, json, csv or md."),
    events: f.count("That the report is made of."),
    bytes: f.count("Of the file."),
    scope: f.object("What was asked for: issues, times, types."),
    last_position: f.count("How far the record reached."),
    generator: f.name("The version that made it."),
  }),
});

const StoreSubjectForgotten = defineEventType({
  type: "StoreSubjectForgotten",
  version: "1.0.0",
  description: "A person's key was destroyed: what was encrypted with it cannot be read again.",
  required: (f) => ({ subject: f.name("The pseudonym that stands for the person in the log.") }),
  optional: (f) => ({
    key_destroyed: f.yesNo("Whether there was a key."),
    snapshots_removed: f.count("Snapshots that were removed with it."),
    reports_removed: f.count("Reports that were removed with it."),
    why: f.text("What it was done for."),
  }),
});

export const storeTypes = {
  StoreRecovered,
  StoreFactSeen,
  StoreEventVoided,
  StoreArchived,
  StoreArchiveRestored,
  StorePruned,
  StoreHoldSet,
  StoreHoldReleased,
  StoreBackedUp,
  StoreRestored,
  StoreReportGenerated,
  StoreSubjectForgotten,
} as const;
