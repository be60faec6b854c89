import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { recordFuture } from "../../store/unknown-events.fixture.ts";
import type { SchemaReport } from "../../store/schema-report.ts";
import { recordEvents, runCli, temporaryFolder } from "../run-cli.fixture.ts";

const folder = temporaryFolder();
const store = join(folder.path, "store");
const HOSTILE = "Evil\u001b[2J";

beforeAll(async () => {
  await recordEvents(store, [{}, {}, {}]);
  const custom = join(store, "schemas", "custom");
  mkdirSync(custom, { recursive: true });
  writeFileSync(join(custom, "Deployed@2.0.0.json"), "{}");
  await recordEvents(store, [{ event_type: "Deployed", metadata: {} }]);
  rmSync(join(custom, "Deployed@2.0.0.json"));
  writeFileSync(join(custom, "Deployed@1.0.0.json"), "{}");
  await recordEvents(store, [{ event_type: "Deployed", metadata: {} }]);
  await recordFuture(store, [{ event_type: HOSTILE, event_version: "1.0.0", metadata: {} }]);
});
afterAll(() => folder[Symbol.dispose]());

const migrate = (...words: string[]) => runCli(["schema", "migrate", "--store", store, ...words]);

const once = (position: number) => ({ events: 1, first_position: position, last_position: position });

test("eso schema migrate --dry-run counts what is stored by type and version", async () => {
  const { code, stdout } = await migrate("--dry-run", "--json");
  expect(code).toBe(0);
  const report = JSON.parse(stdout) as SchemaReport;
  expect(report).toMatchObject({
    schema: "eso.schema-migrate/1",
    unknown_events: "warn",
    events: 7,
    totals: { "as-is": 5, migrated: 0, newer: 1, unknown: 1 },
  });
  const read = { newest: "1.0.0", read: "as-is", steps: 0 };
  expect(report.versions).toEqual([
    { event_type: "Deployed", event_version: "1.0.0", ...once(5), ...read },
    { event_type: "Deployed", event_version: "2.0.0", ...once(4), ...read, read: "newer" },
    { event_type: HOSTILE, event_version: "1.0.0", ...once(7), ...read, newest: null, read: "unknown" },
    { event_type: "OrchestrationCompleted", event_version: "1.0.0", ...once(6), ...read },
    {
      event_type: "PhaseStarted",
      event_version: "1.0.0",
      events: 3,
      first_position: 1,
      last_position: 3,
      ...read,
    },
  ]);
});

test("in a pipe it is rows for programs, and what to do stands on stderr", async () => {
  const { code, stdout, stderr } = await migrate("--dry-run");
  expect(code).toBe(0);
  expect(stdout.split("\n").slice(0, 3)).toEqual([
    "Deployed\t1.0.0\t1\t5\t5\t1.0.0\tas stored",
    "Deployed\t2.0.0\t1\t4\t4\t1.0.0\tnewer version",
    "Evil\\u001b[2J\t1.0.0\t1\t7\t7\t\tunknown type",
  ]);
  expect(stderr).toContain("7 events: 5 read as stored, 1 of newer versions, 1 of unknown types.");
  expect(stderr).toContain("validation.unknown_events is warn");
  expect(stderr).toContain("schemas/custom/");
});

test("without --dry-run it says that nothing is ever rewritten, and changes no byte", async () => {
  const day = readdirSync(store).find((name) => /^\d{4}-/.test(name)) ?? "";
  const file = join(store, day, "PROJ-1", "events.jsonl");
  const before = readFileSync(file);
  const { code, stdout, stderr } = await migrate();
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain("stored events are never rewritten");
  expect(stderr).toContain("eso schema migrate --dry-run");
  expect(readFileSync(file)).toEqual(before);
});

test("an empty store and none at all", async () => {
  const empty = join(folder.path, "empty");
  await recordEvents(empty, []);
  const { code, stderr } = await runCli(["schema", "migrate", "--dry-run", "--store", empty]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "The store is empty.\n" });
  expect((await runCli(["schema", "migrate", "--dry-run", "--store", join(folder.path, "no")])).code).toBe(3);
});

test("a command that meets unknown events says so once and goes on, or stops where it was told to", async () => {
  const { code, stdout, stderr } = await runCli(["query", "--store", store, "--jsonl"]);
  expect(code).toBe(0);
  expect(stdout.split("\n").filter((line) => line !== "")).toHaveLength(7);
  expect(stderr.match(/^warning: /gm)).toHaveLength(2);
  expect(stderr).toContain("Evil\\u001b[2J 1.0.0");
  const config = join(folder.path, "strict.yaml");
  writeFileSync(config, "validation:\n  unknown_events: fail\n");
  const strict = await runCli(["query", "--store", store, "--config", config]);
  expect(strict.code).toBe(6);
  expect(strict.stderr).toContain("ESO_UNKNOWN_EVENT_TYPE");
});
