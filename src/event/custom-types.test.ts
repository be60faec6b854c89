import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

import { ConfigError, ValidationError } from "../errors.ts";
import { createCodec } from "./codec.ts";
import type { JsonObject } from "./envelope.ts";

const SCHEMA = {
  type: "object",
  description: "Somebody asks for a deployment.",
  required: ["target"],
  properties: {
    target: { type: "string", pattern: "^(a+)+$" },
    steps: { type: "array", items: { type: "integer" } },
  },
  patternProperties: { "^x-": { type: "string" } },
  additionalProperties: false,
};

const file = (name: string, schema: unknown = SCHEMA) => ({ name, text: JSON.stringify(schema) });
const codecWith = (...customTypes: { name: string; text: string }[]) =>
  createCodec({ defaultSessionId: "s", customTypes });
const deploy = (metadata: JsonObject, event_type = "DeployRequested") => ({
  event_type,
  actor: { type: "user", id: "ada" },
  metadata,
});

function issuesOf(call: () => unknown): readonly string[] {
  try {
    call();
  } catch (error) {
    if (error instanceof ValidationError)
      return error.issues.map(({ path, message }) => `${path} ${message}`);
    throw error;
  }
  return [];
}

test("a JSON Schema registers a type", async () => {
  const codec = await codecWith(file("DeployRequested.json"));
  const prepared = codec.prepare(deploy({ target: "aa", "x-note": "1" }));
  expect(prepared).toMatchObject({
    event_type: "DeployRequested",
    event_version: "1.0.0",
    effect: undefined,
  });
  expect(codec.customTypes).toMatchObject([{ type: "DeployRequested", description: SCHEMA.description }]);
  expect(issuesOf(() => codec.prepare(deploy({})))).toEqual(["$.metadata.target is missing"]);
  expect(issuesOf(() => codec.prepare(deploy({ target: "a", steps: [1, "2"] })))).toEqual([
    "$.metadata.steps[1] must be integer",
  ]);
  expect(issuesOf(() => codec.prepare(deploy({ target: "a", other: 1 })))).toEqual([
    "$.metadata.other is not a field of this type",
  ]);
  expect(issuesOf(() => codec.prepare(deploy({ target: "a" }, "DeployRequestd")))).toEqual([
    "$.event_type is not an event type",
  ]);
});

test("of several versions the newest validates", async () => {
  const older = file("DeployRequested@1.9.0.json", { required: ["old"] });
  const newer = file("DeployRequested@1.10.0.json", { required: ["new"] });
  const codec = await codecWith(newer, older);
  expect(codec.prepare(deploy({ new: 1 })).event_version).toBe("1.10.0");
  expect(issuesOf(() => codec.prepare(deploy({ old: 1 })))).toEqual(["$.metadata.new is missing"]);
});

test("users' patterns cannot make the door slow", async () => {
  const codec = await codecWith(file("DeployRequested.json"));
  const start = performance.now();
  expect(issuesOf(() => codec.prepare(deploy({ target: `${"a".repeat(5_000)}!` })))).toHaveLength(1);
  expect(performance.now() - start).toBeLessThan(1_000);
});

test("draft-07 schemas are understood as such", async () => {
  const tuple = {
    $schema: "http://json-schema.org/draft-07/schema#",
    properties: { pair: { items: [{ type: "string" }] } },
  };
  const codec = await codecWith(file("PairSeen.json", tuple));
  expect(issuesOf(() => codec.prepare(deploy({ pair: [1] }, "PairSeen")))).toEqual([
    "$.metadata.pair[0] must be string",
  ]);
});

test.each<[string, { name: string; text: string }, RegExp]>([
  ["a built-in name", file("AgentFailed.json"), /built-in/],
  ["a name of the store's", file("StoreShipped.json"), /belong to the store/],
  ["a name that is not PascalCase", file("deploy_requested.json"), /PascalCase/],
  ["a path", file("../Deploy.json"), /its name is not/],
  ["a version that is none", file("Deploy@latest.json"), /no version/],
  [
    "an unknown dialect",
    file("Deploy.json", { $schema: "http://json-schema.org/draft-04/schema#" }),
    /draft-07/,
  ],
  ["a schema that is none", file("Deploy.json", { type: "strnig" }), /cannot be compiled/],
  [
    "a pattern with lookahead",
    file("Deploy.json", { properties: { a: { pattern: "(?=x)" } } }),
    /cannot be compiled/,
  ],
  [
    "a reference to the outside",
    file("Deploy.json", { $ref: "https://example.org/x.json" }),
    /cannot be compiled/,
  ],
  [
    "ambiguous JSON",
    { name: "Deploy.json", text: '{"type":"object","type":"array"}' },
    /\$\.type is given twice/,
  ],
  ["a list", file("Deploy.json", []), /JSON object/],
])("%s is refused", async (_, custom, message) => {
  await expect(codecWith(custom)).rejects.toThrow(ConfigError);
  await expect(codecWith(custom)).rejects.toThrow(message);
});

test("the same version twice is refused", async () => {
  await expect(codecWith(file("Deploy.json"), file("Deploy@1.0.0.json"))).rejects.toThrow(/same version/);
});

test("a folder is read by name, links and other files aside", async () => {
  const folder = await mkdtemp(join(tmpdir(), "eso-custom-"));
  try {
    await writeFile(join(folder, "DeployRequested.json"), JSON.stringify(SCHEMA));
    await writeFile(join(folder, "README.md"), "no schema");
    await symlink("/etc/passwd", join(folder, "Linked.json"));
    const codec = await createCodec({ defaultSessionId: "s", customTypes: folder });
    expect(codec.customTypes.map(({ type }) => type)).toEqual(["DeployRequested"]);
    await expect(
      createCodec({ defaultSessionId: "s", customTypes: join(folder, "none") }),
    ).resolves.toBeDefined();
  } finally {
    await rm(folder, { recursive: true });
  }
});

const stored = (event_version: string, metadata: JsonObject) =>
  new TextEncoder().encode(JSON.stringify({ event_type: "DeployRequested", event_version, metadata }));

test("x-migrate brings events of older versions to the newest shape, step by step", async () => {
  const second = {
    ...SCHEMA,
    "x-migrate": { from: "1.0.0", rename: { target: "environment" }, add: { region: "eu" } },
  };
  const third = { ...SCHEMA, "x-migrate": { from: "2.0.0", remove: ["steps"], add: { region: "us" } } };
  const codec = await codecWith(
    file("DeployRequested@3.0.0.json", third),
    file("DeployRequested.json"),
    file("DeployRequested@2.0.0.json", second),
  );
  const read = (version: string, metadata: JsonObject) => codec.decode(stored(version, metadata));
  expect(read("1.0.0", { target: "a", steps: [1], own: 1 })).toMatchObject({ event_version: "3.0.0" });
  expect(read("1.0.0", { target: "a", steps: [1], own: 1 }).metadata).toEqual({
    environment: "a",
    region: "eu",
    own: 1,
  });
  expect(read("2.0.0", { environment: "a", steps: [] }).metadata).toEqual({ environment: "a", region: "us" });
  expect(read("3.0.0", { target: "kept" }).metadata).toEqual({ target: "kept" });
});

test.each([
  [[], "is not an object"],
  [{}, "does not say from which version"],
  [{ from: "2.0.0" }, "no older version"],
  [{ from: "soon" }, "no older version"],
  [{ from: "1.0.0", rename: { a: 1 } }, "names by names"],
  [{ from: "1.0.0", remove: "a" }, "list of names"],
  [{ from: "1.0.0", add: 1 }, "values by names"],
  [{ from: "1.0.0", renames: {} }, "takes from, rename, remove, add"],
])("x-migrate %j is refused: %s", async (keyword, why) => {
  const schema = { ...SCHEMA, "x-migrate": keyword };
  await expect(codecWith(file("DeployRequested@2.0.0.json", schema))).rejects.toThrow(why);
});
