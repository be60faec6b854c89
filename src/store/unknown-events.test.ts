import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DEFAULT_CONFIG } from "../config/config.ts";
import type { JsonObject, StoredEvent } from "../event/envelope.ts";
import { EVENT_TYPE_NAMES } from "../event/registry.ts";
import { jsonValues, metadataOf } from "../event/testdata/sample-metadata.ts";
import type { UnknownEvents } from "../event/upcast.ts";
import { openStore } from "../open.ts";
import { defineProjection, fold } from "../projection/projection.ts";
import { summarise } from "../projection/event-summary.ts";
import { agentMetrics } from "../projection/metrics/agent-metrics.ts";
import { errorMetrics } from "../projection/metrics/error-metrics.ts";
import { phaseMetrics } from "../projection/metrics/phase-metrics.ts";
import { qualityMetrics } from "../projection/metrics/quality-metrics.ts";
import { timeline } from "../projection/timeline.ts";
import { orchestrationState } from "../projection/state/apply-event.ts";
import type { EventStore } from "./event-store.ts";
import { recordFuture } from "./unknown-events.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "eso-unknown-"));
const path = join(folder, "store");
const TELEPORTED = { event_type: "Teleported", event_version: "1.0.0", metadata: { to: "the moon" } };
const NEWER = {
  event_type: "AgentSpawned",
  event_version: "2.0.0",
  metadata: { agent: { called: "coder" }, agent_name: ["not", "a", "name"] },
};

beforeAll(() => recordFuture(path, [TELEPORTED, NEWER, TELEPORTED, NEWER]));
afterAll(() => rmSync(folder, { recursive: true }));

const types = defineProjection<string[]>({
  name: "types",
  version: 1,
  initial: () => [],
  apply: (seen, event) => [...seen, event.event_type],
});

/** Every way in which stored events are read. */
const READS: Readonly<Record<string, (store: EventStore) => Promise<unknown>>> = {
  queryEvents: (store) => Array.fromAsync(store.queryEvents()),
  queryPage: (store) => store.queryPage({ issueKey: "PROJ-1" }),
  readStream: (store) => Array.fromAsync(store.readStream("PROJ-1")),
  reconstructState: (store) => store.reconstructState("PROJ-1"),
  project: (store) => store.project(types),
  subscribe: (store) => Array.fromAsync(store.subscribe({ stopAtEnd: true })),
};

async function opened(
  unknown_events: UnknownEvents,
  warnings: string[],
  enabled = true,
): Promise<EventStore> {
  const { validation } = DEFAULT_CONFIG;
  return openStore({
    path,
    config: { ...DEFAULT_CONFIG, validation: { ...validation, unknown_events }, indexing: { enabled } },
    onWarning: (message) => warnings.push(message),
  });
}

describe.each([true, false])("with an index: %s", (index) => {
  it.each(Object.entries(READS))("%s ignores, warns or fails as it was told", async (_, read) => {
    const warnings: string[] = [];
    await using ignoring = await opened("ignore", warnings, index);
    const ignored = await read(ignoring);
    expect(warnings).toEqual([]);

    await using warning = await opened("warn", warnings, index);
    expect(JSON.stringify(await read(warning))).toBe(JSON.stringify(ignored));
    await read(warning);
    expect(warnings).toHaveLength(2);
    expect(warnings).toContainEqual(expect.stringMatching(/^Teleported 1\.0\.0 .* is not in the catalogue$/));
    expect(warnings).toContainEqual(expect.stringMatching(/^AgentSpawned 2\.0\.0 .* is newer than 1\.0\.0/));

    await using failing = await opened("fail", warnings, index);
    await expect(read(failing)).rejects.toMatchObject({ code: "ESO_UNKNOWN_EVENT_TYPE" });
    expect(warnings).toHaveLength(2);
  });
});

it("unknown events are given as they are stored, in their places", async () => {
  await using store = await opened("ignore", []);
  const events: StoredEvent[] = await Array.fromAsync(store.readStream("PROJ-1"));
  expect(
    events.map(({ event_type }) => event_type).filter((type) => type !== "OrchestrationCompleted"),
  ).toEqual(["Teleported", "AgentSpawned", "Teleported", "AgentSpawned"]);
  expect(events[1]).toMatchObject({ ...TELEPORTED, event_sequence: 2 });
  expect(events[3]).toMatchObject({ ...NEWER, event_sequence: 4 });
});

it("a reader that fails at unknown events still reads the others, and writes", async () => {
  await using store = await opened("fail", []);
  const known = store.queryEvents({ eventTypes: "OrchestrationCompleted" });
  for await (const { event_id } of known) expect(await store.getEvent(event_id)).toBeDefined();
  await using other = await openStore({ engine: "memory" });
  await expect(
    other.logEvent({ event_type: "Teleported", actor: { type: "user", id: "a" }, metadata: {} }),
  ).rejects.toMatchObject({ code: "ESO_UNKNOWN_EVENT_TYPE" });
});

interface Happening {
  readonly type: string;
  readonly version: string;
  readonly metadata: JsonObject;
}

const envelope = ({ type, version, metadata }: Happening, at: number): StoredEvent => ({
  event_id: `00000000-0000-4000-8000-${String(at).padStart(12, "0")}`,
  event_type: type,
  event_version: version,
  timestamp: "2026-11-24T12:00:00.000Z",
  event_sequence: at + 1,
  issue_key: "PROJ-1",
  session_id: "s",
  actor: { type: "agent", id: "coder" },
  metadata,
  recorded_at: "2026-11-24T12:00:00.000Z",
  position: at + 1,
  prev_hash: "0".repeat(64),
});

const anything = fc.dictionary(
  fc.constantFrom(
    "agent_name",
    "agent_run_id",
    "gap_id",
    "phase",
    "initial_phase",
    "checkpoint_id",
    "pr_number",
    "labels",
    "check_type",
    "test_suite",
    "error_type",
    "to_status",
    "severity",
    "counts",
    "highlights",
    "__x",
  ),
  jsonValues,
  { maxKeys: 8 },
);
const unknownEvents = fc
  .tuple(fc.constantFrom(...EVENT_TYPE_NAMES, "Teleported"), anything)
  .map(([type, metadata]) => ({ type, version: type === "Teleported" ? "1.0.0" : "2.0.0", metadata }));
const knownEvents = fc
  .constantFrom(...EVENT_TYPE_NAMES)
  .chain((type) => metadataOf(type).map((metadata) => ({ type, version: "1.0.0", metadata })));

/** What every fold of the product makes of a history. */
const answers = (events: readonly StoredEvent[]): string =>
  JSON.stringify([
    fold(orchestrationState, events),
    fold(agentMetrics, events),
    fold(phaseMetrics, events),
    fold(qualityMetrics, events),
    fold(errorMetrics, events),
  ]);

it("no fold breaks on types that nobody knows, or sees more in a newer version of any shape", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(unknownEvents, knownEvents), { maxLength: 12 }), (history) => {
      const events = history.map(envelope);
      const plain = events.map((event) =>
        event.event_version === "2.0.0" ? { ...event, event_type: "Teleported" } : event,
      );
      expect(answers(events)).toBe(answers(plain));
      expect(fold(orchestrationState, events).last_sequence).toBe(events.length);
      expect(fold(timeline, events)).toHaveLength(events.length);
      for (const event of events) expect(typeof summarise(event).text).toBe("string");
    }),
    { numRuns: 300 },
  );
});
