import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import {
  BREAKING_CHANGES,
  committedBreakingChanges,
  renderBreakingChanges,
} from "../../scripts/generate-breaking-changes.ts";
import { generateSchemas } from "../../scripts/generate-schemas.ts";
import {
  digestOf,
  recordReleased,
  releasedSchemas,
  releaseFaults,
  retractions,
  type VersionHistory,
} from "../../scripts/released-schemas.ts";
import { isBreaking, levelOf, schemaChanges } from "../../scripts/schema-changes.ts";
import type { JsonObject } from "../../src/event/envelope.ts";

const ROOT = join(import.meta.dirname, "../..");
let copy = "";

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), "eso-released-"));
  cpSync(join(ROOT, "schemas"), join(copy, "schemas"), { recursive: true });
});
afterEach(() => rmSync(copy, { recursive: true }));

const schemaFile = (path: string): string => join(copy, "schemas", path);
const AGENT_FAILED = "1.0.0/AgentFailed.json";

/** Releases a further version of AgentFailed in the copy. */
async function release(version: string, schema: JsonObject): Promise<void> {
  const path = `${version}/AgentFailed.json`;
  const text = JSON.stringify(schema);
  cpSync(schemaFile("1.0.0"), schemaFile(version), {
    recursive: true,
    filter: (from) => !from.endsWith(".json"),
  });
  writeFileSync(schemaFile(path), text);
  const historyFile = schemaFile("version-history.json");
  const history = JSON.parse(readFileSync(historyFile, "utf8")) as { types: VersionHistory };
  const types = {
    ...history.types,
    AgentFailed: [...(history.types["AgentFailed"] ?? []), { version, change: "Anew.", schema: path }],
  };
  writeFileSync(historyFile, JSON.stringify({ types }));
  await recordReleased(copy, { ...(await releasedSchemas(copy)), [path]: digestOf(text) });
}

const agentFailed = (): JsonObject =>
  JSON.parse(readFileSync(schemaFile(AGENT_FAILED), "utf8")) as JsonObject;

test("the committed schemas are as they were released", async () => {
  expect(await releaseFaults(ROOT)).toEqual([]);
});

test("an edited, deleted or added schema file is found, and generating does not hide it", async () => {
  const before = await releasedSchemas(copy);
  writeFileSync(
    schemaFile(AGENT_FAILED),
    readFileSync(schemaFile(AGENT_FAILED), "utf8").replace("string", "text"),
  );
  expect(await releaseFaults(copy)).toEqual([expect.stringContaining(`${AGENT_FAILED} was changed`)]);
  await expect(generateSchemas(copy)).rejects.toThrow(AGENT_FAILED);
  rmSync(schemaFile(AGENT_FAILED));
  expect(await releaseFaults(copy)).toEqual([expect.stringContaining(`${AGENT_FAILED} is gone`)]);
  await generateSchemas(copy);
  expect(await releasedSchemas(copy)).toEqual(before);
  writeFileSync(schemaFile("1.0.0/Other.json"), "{}");
  expect(await releaseFaults(copy)).toEqual([expect.stringContaining("Other.json has no digest")]);
});

test("a schema that was edited together with its digest differs from what was published", async () => {
  const published = await releasedSchemas(copy);
  writeFileSync(schemaFile(AGENT_FAILED), "{}\n");
  await recordReleased(copy, { ...published, [AGENT_FAILED]: digestOf("{}\n") });
  expect(await releaseFaults(copy)).toEqual([]);
  expect(retractions(published, await releasedSchemas(copy))).toEqual([
    expect.stringContaining(AGENT_FAILED),
  ]);
  expect(retractions(published, { ...published, "1.1.0/AgentFailed.json": "new" })).toEqual([]);
});

test("a version that breaks more than its number says is refused, and a major one needs a migration", async () => {
  const { agent_name: _, ...properties } = agentFailed()["properties"] as JsonObject;
  await release("1.1.0", { ...agentFailed(), properties });
  expect(await releaseFaults(copy)).toEqual([expect.stringContaining("that is a major version")]);
});

test("a major version needs a migration, a compatible one none", async () => {
  const properties = agentFailed()["properties"] as JsonObject;
  await release("1.1.0", { ...agentFailed(), properties: { ...properties, colour: { type: "string" } } });
  expect(await releaseFaults(copy)).toEqual([]);
  await release("2.0.0", agentFailed());
  expect(await releaseFaults(copy)).toEqual([expect.stringContaining("2.0.0 has no migration")]);
});

const field = (rule: JsonObject, required: readonly string[] = []): JsonObject => ({
  required,
  properties: { it: rule },
});

type Versions = readonly [before: JsonObject, now: JsonObject];

test.each<[string, Versions, string]>([
  ["words", [field({ type: "string", description: "a" }), field({ type: "string" })], "patch"],
  ["nothing", [field({ type: "string" }), field({ type: "string" })], "patch"],
  ["a new optional field", [{ properties: {} }, field({ type: "string" })], "minor"],
  ["a further value", [field({ enum: ["a"] }), field({ enum: ["b", "a"] })], "minor"],
  ["a value less", [field({ enum: ["a", "b"] }), field({ enum: ["a"] })], "major"],
  ["a new required field", [{ properties: {} }, field({ type: "string" }, ["it"])], "major"],
  ["a field less", [field({ type: "string" }), { properties: {} }], "major"],
  ["another kind", [field({ type: "string" }), field({ type: "integer" })], "major"],
  ["a field that became required", [field({}), field({}, ["it"])], "major"],
  ["a field that is no longer certain", [field({}, ["it"]), field({})], "major"],
])("%s asks for the right part of the version", (_, [before, now], level) => {
  const changes = schemaChanges(before, now);
  expect(levelOf(changes)).toBe(level);
  expect(changes.some(isBreaking)).toBe(level === "major");
});

test("the page of breaking changes is current (run `node scripts/generate-breaking-changes.ts`)", () => {
  expect(readFileSync(BREAKING_CHANGES, "utf8")).toBe(committedBreakingChanges());
  expect(committedBreakingChanges()).toContain("None yet");
});

test("the page names removed, renamed and newly required fields, and compatible changes apart", () => {
  const schemas: Readonly<Record<string, JsonObject>> = {
    one: { required: ["who"], properties: { who: { type: "string" }, old: {}, n: { type: "integer" } } },
    two: {
      required: ["requested_by", "region"],
      properties: { requested_by: { type: "string" }, region: { type: "string" }, n: { type: "string" } },
    },
    three: { required: ["requested_by", "region"], properties: {} },
  };
  const page = renderBreakingChanges({
    history: {
      DeployRequested: [
        { version: "1.0.0", change: "First version.", schema: "one" },
        { version: "2.0.0", change: "Names who asked.", schema: "two" },
        { version: "2.1.0", change: "Knows the reason.", schema: "three" },
      ],
    },
    schema: (path) => schemas[path] ?? {},
    migrations: [{ type: "DeployRequested", from: "1.0.0", to: "2.0.0", renames: { who: "requested_by" } }],
  });
  expect(page.slice(page.indexOf("## Breaking"))).toMatchInlineSnapshot(`
    "## Breaking

    ### DeployRequested 1.0.0 → 2.0.0

    Names who asked.

    | Field | |
    | --- | --- |
    | \`who\` | renamed to \`requested_by\` |
    | \`old\` | removed |
    | \`n\` | of another kind |
    | \`region\` | now required |

    ## Compatible

    | Type | Versions | Change |
    | --- | --- | --- |
    | DeployRequested | 2.0.0 → 2.1.0 | Knows the reason. |
    "
  `);
});
