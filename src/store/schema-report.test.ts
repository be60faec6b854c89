import { expect, test } from "vitest";

import type { Migration } from "../event/migration.ts";
import { createReadPlanner } from "../event/upcast.ts";
import type { EventLogReader, StoredLine } from "../log/event-log.ts";
import { openStore } from "../open.ts";
import { schemaReport } from "./schema-report.ts";

const step = (from: string, to: string): Migration => ({ type: "Deployed", from, to, renames: { a: "b" } });
const planOf = createReadPlanner({
  migrations: [step("1.0.0", "2.0.0"), step("2.0.0", "3.0.0")],
  customVersions: new Map([["Deployed", "3.0.0"]]),
});

/** A log of lines that only a made-up past could hold. */
function logOf(lines: readonly string[]): Pick<EventLogReader, "readAll"> {
  return {
    async *readAll() {
      for (const [at, text] of lines.entries()) {
        const bytes = new TextEncoder().encode(text);
        const line: StoredLine = { stream: "PROJ-1", sequence: at + 1, position: at + 1, bytes };
        yield await Promise.resolve([line]);
      }
    },
  };
}

const line = (event_version: string): string => JSON.stringify({ event_type: "Deployed", event_version });

test("old versions are counted apart, oldest first, with the steps that reading takes", async () => {
  const log = logOf(["2.0.0", "1.0.0", "10.0.0", "3.0.0", "1.0.0"].map(line)) as EventLogReader;
  let seen = 0;
  const report = await schemaReport(log, { planOf, onProgress: (events) => (seen += events) });
  expect(seen).toBe(5);
  expect(report.totals).toEqual({ "as-is": 1, migrated: 3, newer: 1, unknown: 0 });
  expect(report.versions).toMatchObject([
    { event_version: "1.0.0", events: 2, first_position: 2, last_position: 5, read: "migrated", steps: 2 },
    { event_version: "2.0.0", read: "migrated", steps: 1 },
    { event_version: "3.0.0", read: "as-is", steps: 0 },
    { event_version: "10.0.0", read: "newer", newest: "3.0.0" },
  ]);
});

test.each(["{", "{}", '{"event_type":"Deployed"}'])(
  "a line that is no event (%s) is damage",
  async (text) => {
    await expect(schemaReport(logOf([text]) as EventLogReader, { planOf })).rejects.toMatchObject({
      code: "ESO_LOG_DAMAGED",
    });
  },
);

test("every event of a store is counted, and a stopped count stops", async () => {
  await using store = await openStore({ engine: "memory" });
  const event = {
    event_type: "PhaseStarted",
    actor: { type: "user", id: "a" },
    metadata: { phase: "PLAN" },
  } as const;
  for (let at = 0; at < 5; at++) await store.logEvent(event);
  expect(await schemaReport(store.log, { planOf })).toMatchObject({ events: 5, totals: { "as-is": 5 } });
  await expect(schemaReport(store.log, { planOf, signal: AbortSignal.abort() })).rejects.toThrow();
});
