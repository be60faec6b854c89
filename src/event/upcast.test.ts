import { expect, test } from "vitest";

import { createDecoder } from "./decode.ts";
import type { JsonObject } from "./envelope.ts";
import type { Migration } from "./migration.ts";
import { createReadPlanner } from "./upcast.ts";

const lineOf = (event_type: string, event_version: string, metadata: object): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({ event_id: "e1", event_type, event_version, metadata, position: 1 }),
  );

const splitName: Migration = {
  type: "DeployRequested",
  from: "1.0.0",
  to: "2.0.0",
  migrate: ({ who, ...rest }) => ({ ...rest, requested_by: who ?? null }),
};
const addRegion: Migration = {
  type: "DeployRequested",
  from: "2.1.0",
  to: "3.0.0",
  migrate: (metadata) => ({ ...metadata, region: "eu" }),
};
const customVersions = new Map([["DeployRequested", "3.0.1"]]);
const decoder = createDecoder({ migrations: [addRegion, splitName], customVersions });

test.each([
  ["1.0.0", { who: "ada", n: 1 }, { n: 1, requested_by: "ada", region: "eu" }],
  ["1.0.3", { who: "ada" }, { requested_by: "ada", region: "eu" }],
  ["2.0.0", { requested_by: "ada" }, { requested_by: "ada", region: "eu" }],
  ["2.1.0", { requested_by: "ada" }, { requested_by: "ada", region: "eu" }],
  ["3.0.0", { requested_by: "ada", region: "us" }, { requested_by: "ada", region: "us" }],
  ["3.0.1", { requested_by: "ada", region: "us" }, { requested_by: "ada", region: "us" }],
])("a stored %s is read in the newest shape", (version, stored, newest) => {
  const event = decoder.decode(lineOf("DeployRequested", version, stored));
  expect(event).toMatchObject({ event_version: "3.0.1", position: 1 });
  expect(event.metadata).toEqual(newest);
});

test("a field that is renamed moves with its value, before the rest of the step, and nothing else changes", () => {
  const renaming: Migration = {
    type: "DeployRequested",
    from: "1.0.0",
    to: "2.0.0",
    renames: { who: "requested_by", absent: "elsewhere", constructor: "made_by" },
    migrate: (metadata) => ({ ...metadata, asked: metadata["requested_by"] ?? null }),
  };
  const renamed = createDecoder({ migrations: [renaming], customVersions });
  const event = renamed.decode(lineOf("DeployRequested", "1.0.0", { n: 1, who: "ada" }));
  expect(event.metadata).toEqual({ n: 1, requested_by: "ada", asked: "ada" });
});

test("a step cannot change the event that it is given", () => {
  const seen: JsonObject[] = [];
  const looking: Migration = {
    ...splitName,
    migrate: (metadata) => (seen.push(metadata), { ...metadata, x: 1 }),
  };
  const line = lineOf("DeployRequested", "1.0.0", { who: "ada" });
  const reader = createDecoder({ migrations: [looking], customVersions });
  reader.decode(line);
  expect(seen).toEqual([reader.decodeRaw(line).metadata]);
});

test.each([
  ["DeployRequested", "3.0.1", { read: "as-is", newest: "3.0.1" }],
  ["DeployRequested", "3.0.0", { read: "as-is", newest: "3.0.1" }],
  ["DeployRequested", "2.4.0", { read: "migrated", newest: "3.0.1", steps: 1 }],
  ["DeployRequested", "1.0.3", { read: "migrated", newest: "3.0.1", steps: 2 }],
  ["DeployRequested", "3.1.0", { read: "newer", newest: "3.0.1" }],
  ["DeployRequested", "not a version", { read: "newer", newest: "3.0.1" }],
  ["AgentFailed", "1.0.0", { read: "as-is", newest: "1.0.0" }],
  ["Teleported", "1.0.0", { read: "unknown" }],
])("the plan for %s %s says what reading does", (type, version, plan) => {
  const planOf = createReadPlanner({ migrations: [addRegion, splitName], customVersions });
  expect(planOf(type, version)).toEqual(plan);
});

test("stored bytes stay as they are, and raw reading shows them", () => {
  const line = lineOf("DeployRequested", "1.0.0", { who: "ada" });
  const before = line.slice();
  decoder.decode(line);
  expect(line).toEqual(before);
  expect(decoder.decodeRaw(line)).toMatchObject({ event_version: "1.0.0", metadata: { who: "ada" } });
});

test("unknown types and newer versions are handled as the reader chose", () => {
  const unknown = lineOf("Teleported", "1.0.0", { to: "x" });
  const newer = lineOf("AgentFailed", "99.0.0", { agent_name: "x" });
  const failing = createDecoder({ unknownEvents: "fail" });
  expect(() => failing.decode(unknown)).toThrow(/Teleported 1.0.0 \(event e1\) is not in the catalogue/);
  expect(() => failing.decode(newer)).toThrow(/is newer than 1.0.0/);
  expect(failing.decodeRaw(unknown).metadata).toEqual({ to: "x" });

  const warnings: string[] = [];
  const warning = createDecoder({ unknownEvents: "warn", onWarning: (message) => warnings.push(message) });
  for (let read = 0; read < 3; read++) expect(warning.decode(unknown).metadata).toEqual({ to: "x" });
  warning.decode(newer);
  expect(warnings).toHaveLength(2);

  const silent = createDecoder({ unknownEvents: "ignore", onWarning: (message) => warnings.push(message) });
  expect(silent.decode(newer)).toMatchObject({ event_version: "99.0.0" });
  expect(warnings).toHaveLength(2);
});

test.each<[string, Migration[], RegExp]>([
  ["overlap", [splitName, { ...splitName, from: "1.5.0", to: "2.5.0" }], /overlaps/],
  ["come twice", [splitName, splitName], /overlaps/],
  ["lead backwards", [{ ...splitName, to: "0.9.0" }], /newer version/],
  ["lead beyond the newest version", [{ ...splitName, to: "4.0.0" }], /newest version is 3.0.1/],
  ["are of unknown types", [{ ...splitName, type: "Teleported" }], /unknown/],
])("steps that %s are refused", (_, migrations, message) => {
  expect(() => createDecoder({ migrations, customVersions })).toThrow(message);
});
