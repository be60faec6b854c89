import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { ConfigNote } from "./check.ts";
import { CONFIG_KEYS, DEFAULT_CONFIG } from "./config.ts";
import { parseConfig } from "./load.ts";
import { ORIGINAL_KEYS } from "./original.ts";

const FIXTURE = readFileSync(new URL("testdata/original-shaped.yaml", import.meta.url), "utf8");

test("a file with all of the original's keys loads; what means the same applies", async () => {
  const { config, given } = await parseConfig(FIXTURE, "original.yaml");
  expect(config).toEqual({
    ...DEFAULT_CONFIG,
    storage: { ...DEFAULT_CONFIG.storage, base_path: "../records", durability: "os" },
    indexing: { enabled: false },
    query: { default_page_size: 40, max_page_size: 400, max_query_time_seconds: 12 },
    snapshots: {
      enabled: true,
      frequency: 75,
      min_events_for_snapshot: 12,
      compression: false,
      retention_days: 14,
    },
    // delete_after_days of that file deletes nothing.
    retention: { archive_after_days: 45, prune: false, prune_after_days: 0 },
    replay: { ...DEFAULT_CONFIG.replay, max_replay_events: 500, forbidden: ["PRCreated"] },
  });
  expect([...given].sort()).toEqual([
    "indexing.enabled",
    "query.default_page_size",
    "query.max_page_size",
    "query.max_query_time_seconds",
    "replay.forbidden",
    "replay.max_replay_events",
    "replay.skip_non_idempotent",
    "retention.archive_after_days",
    "snapshots.compression",
    "snapshots.enabled",
    "snapshots.frequency",
    "snapshots.min_events_for_snapshot",
    "snapshots.retention_days",
    "storage.base_path",
    "storage.durability",
  ]);
});

test("every key that means something else is answered, once", async () => {
  const { notes } = await parseConfig(FIXTURE, "original.yaml");
  expect(notes.map(({ path }) => path).sort()).toEqual([...ORIGINAL_KEYS.keys()].sort());
});

test.each([...ORIGINAL_KEYS])("%s: is answered in a sentence, and is no key here", (path, row) => {
  expect(row.message).toMatch(/^[A-Z].*\.$/);
  expect(CONFIG_KEYS.has(path)).toBe(false);
  if (row.replacement?.includes(".")) expect([...CONFIG_KEYS.keys()]).toContain(row.replacement);
});

test.each([
  ["cleanup: { delete_after_days: 365 }", "cleanup.delete_after_days", "retention.prune_after_days"],
  ["performance: { batch_write_size: 5 }", "performance.batch_write_size", "performance.max_batch_bytes"],
  [
    "validation: { allow_unknown_event_types: true }",
    "validation.allow_unknown_event_types",
    "validation.unknown_events",
  ],
  ["audit: { compliance_mode: true }", "audit.compliance_mode", "eso keys new"],
  ["correlation_rules: []", "correlation_rules", "agent_run_id"],
])("%s is answered with its replacement", async (text, path, replacement) => {
  expect(await notesOf(text)).toEqual([expect.objectContaining({ path, replacement })]);
});

test("a value that asks for what happens anyway needs no answer", async () => {
  const text = `
event_sourcing:
  storage: { partition_by: date, format: jsonl, compression: false, rotate_on_size: false }
  indexing: { index_fields: [event_type, actor.id], index_update_mode: realtime, rebuild_on_startup: false }
  validation: { strict_mode: true, validate_on_write: true, validate_on_read: false }
  replay: { enabled: true, dry_run_default: true, emit_replay_markers: true }
  audit: { compliance_mode: false }
  event_types: { PRMerged: { indexable: true } }
  cleanup: { enabled: false, archive_after_days: }
migrations: { enabled: true }
`;
  expect(await notesOf(text)).toEqual([]);
});

test.each([
  ["true", "os"],
  ["false", "group"],
])("async_writes: %s is read as durability %s", async (given, durability) => {
  const { config, notes } = await parseConfig(`performance: { async_writes: ${given} }`, "c.yaml");
  expect(config.storage.durability).toBe(durability);
  expect(notes).toEqual([
    expect.objectContaining({ path: "performance.async_writes", replacement: "storage.durability" }),
  ]);
});

test("types that the original never replays are forbidden here", async () => {
  const { config, notes } = await parseConfig(
    "replay: { non_replayable_events: [PRMerged, MyType] }",
    "c.yaml",
  );
  expect(config.replay.forbidden).toEqual(["PRMerged", "MyType"]);
  expect(notes).toEqual([expect.objectContaining({ replacement: "replay.forbidden" })]);
  await expect(parseConfig("replay: { non_replayable_events: PRMerged }", "c.yaml")).rejects.toThrow(
    'replay.non_replayable_events must be a list of event types, not "PRMerged"; better, set replay.forbidden',
  );
});

test.each([
  "performance: { async_writes: true }\nstorage: { durability: sync }",
  "storage: { durability: sync }\nperformance: { async_writes: true }",
])("the key of the new name wins, wherever it stands", async (text) => {
  const { config } = await parseConfig(text, "c.yaml");
  expect(config.storage.durability).toBe("sync");
});

test("a renamed key with a senseless value is an error", async () => {
  await expect(parseConfig("performance: { async_writes: often }", "c.yaml")).rejects.toThrow(
    'performance.async_writes must be true or false, not "often"; better, set storage.durability',
  );
});

test("a key may not stand both inside and outside of event_sourcing", async () => {
  const text = "storage: { durability: os }\nevent_sourcing:\n  storage:\n    durability: sync\n";
  await expect(parseConfig(text, "c.yaml")).rejects.toThrow("c.yaml:4: storage.durability is set twice");
});

test("an unknown key among the original's is an error all the same", async () => {
  const text = "event_sourcing:\n  event_types:\n    PRMerged:\n      retention_day: 3\n";
  await expect(parseConfig(text, "c.yaml")).rejects.toThrow(
    "c.yaml:4: event_types.PRMerged.retention_day is not a configuration key",
  );
  await expect(parseConfig("cleanup: { delete_after_day: 3 }", "c.yaml")).rejects.toThrow(
    "did you mean cleanup.delete_after_days?",
  );
});

async function notesOf(text: string): Promise<readonly ConfigNote[]> {
  return (await parseConfig(text, "c.yaml")).notes;
}
