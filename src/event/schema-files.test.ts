import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";

import { generateSchemas } from "../../scripts/generate-schemas.ts";
import { createCodec } from "./codec.ts";
import type { JsonObject } from "./envelope.ts";
import { EVENT_TYPE_NAMES } from "./registry.ts";
import { referencePage } from "./reference-page.ts";
import { schemaFiles } from "./schema-files.ts";
import { fieldsOf, minimalMetadata, mistyped } from "./testdata/sample-metadata.ts";

const ROOT = join(import.meta.dirname, "../..");
const files = schemaFiles();
const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(
  JSON.parse(files["orchestration-events.json"] ?? "") as JsonObject,
);
const codec = await createCodec({ defaultSessionId: "session" });

const stored = (event_type: string, metadata: JsonObject) => ({
  event_id: "0e984725-c51c-4bf4-9960-e1c80e27aba0",
  event_type,
  event_version: "1.0.0",
  timestamp: "2026-01-31T12:00:00.000Z",
  event_sequence: 1,
  session_id: "s",
  actor: { type: "user", id: "ada" },
  metadata,
  recorded_at: "2026-01-31T12:00:00.000Z",
  position: 1,
  prev_hash: "0".repeat(64),
});

test("the committed files are the generated ones", async () => {
  for (const [path, text] of Object.entries(files)) {
    expect(await readFile(join(ROOT, "schemas", path), "utf8"), path).toBe(text);
  }
  expect(await readFile(join(ROOT, "docs/reference/event-types.md"), "utf8")).toBe(referencePage());
});

test("there is one golden file for each type and version", async () => {
  expect((await readdir(join(ROOT, "schemas/1.0.0"))).sort()).toEqual(
    EVENT_TYPE_NAMES.map((type) => `${type}.json`).sort(),
  );
  const history = JSON.parse(files["version-history.json"] ?? "") as {
    types: Record<string, { schema: string }[]>;
  };
  for (const [type, versions] of Object.entries(history.types)) {
    expect(versions.map(({ schema }) => schema)).toEqual([`1.0.0/${type}.json`]);
  }
});

test.each(EVENT_TYPE_NAMES)("JSON Schema and door agree on %s", (type) => {
  const minimal = minimalMetadata(type);
  expect(validate(stored(type, minimal)), JSON.stringify(validate.errors)).toBe(true);
  for (const field of fieldsOf(type)) {
    const wrong = { ...minimal, [field.name]: mistyped(field) };
    expect(validate(stored(type, wrong)), field.name).toBe(false);
    expect(() =>
      codec.prepare({ event_type: type, actor: { type: "user", id: "ada" }, metadata: wrong }),
    ).toThrow();
  }
});

test("the schema knows the store's events, and no others", () => {
  expect(validate(stored("StoreRecovered", { anything: 1 }))).toBe(true);
  expect(validate(stored("Teleported", {}))).toBe(false);
  const { prev_hash: _, ...unplaced } = stored("OrchestrationCompleted", {});
  expect(validate(unplaced)).toBe(false);
});

test("generating is repeatable, and a released schema cannot change unnoticed", async () => {
  const root = await mkdtemp(join(tmpdir(), "eso-schemas-"));
  try {
    await generateSchemas(root);
    await generateSchemas(root);
    const golden = join(root, "schemas/1.0.0/AgentFailed.json");
    expect(await readFile(golden, "utf8")).toBe(files["1.0.0/AgentFailed.json"]);
    await writeFile(golden, "{}\n");
    await expect(generateSchemas(root)).rejects.toThrow(/1.0.0\/AgentFailed.json.*Bump the type's version/);
    expect(await readFile(golden, "utf8")).toBe("{}\n");
  } finally {
    await rm(root, { recursive: true });
  }
});
