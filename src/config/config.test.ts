import { expect, test } from "vitest";
import { DEFAULT_ISSUE_KEY_PATTERN } from "../event/envelope.ts";
import { CONFIG_KEYS, configFrom, DEFAULT_CONFIG, SCHEMA, valueAt, type Config } from "./config.ts";
import { readValue, type ConfigKey } from "./key.ts";

const KEYS = [...CONFIG_KEYS];

test("the defaults are what the contract promises", () => {
  expect(DEFAULT_CONFIG.storage).toMatchObject({
    base_path: null,
    durability: "group",
    lock_timeout_seconds: 10,
  });
  expect(DEFAULT_CONFIG.storage.allow_network_file_system).toBe(false);
  expect(DEFAULT_CONFIG.issue_key.pattern).toBe(DEFAULT_ISSUE_KEY_PATTERN);
  expect(DEFAULT_CONFIG.phases).toEqual(["EXPLORE", "PLAN", "CODE", "TEST", "FIX", "DOCUMENT"]);
  expect(DEFAULT_CONFIG.query).toEqual({
    default_page_size: 100,
    max_page_size: 1000,
    max_query_time_seconds: 30,
  });
});

test.each(KEYS)("%s: the default fits its own type", (_path, key) => {
  expect(readValue(key, key.default)).toEqual({ value: key.default });
});

test.each(KEYS)("%s: has a description of whole sentences", (_path, key) => {
  expect(key.description).toMatch(/^[A-Z].{20,}\.$/);
});

test("every key of the schema is listed, and nothing else", () => {
  const paths = Object.entries(SCHEMA).flatMap(([name, node]) =>
    "kind" in node ? [name] : Object.keys(node).map((leaf) => `${name}.${leaf}`),
  );
  expect(KEYS.map(([path]) => path)).toEqual(paths);
});

test("given values replace the defaults of their own keys only", () => {
  const config: Config = configFrom(new Map([["storage.durability", "os"]]));
  expect(config).toEqual({ ...DEFAULT_CONFIG, storage: { ...DEFAULT_CONFIG.storage, durability: "os" } });
  expect(valueAt(config, "storage.durability")).toBe("os");
  expect(valueAt(config, "phases")).toBe(DEFAULT_CONFIG.phases);
});

test("a value that does not fit its key is a mistake of the caller", () => {
  expect(() => configFrom(new Map([["storage.durability", 1]]))).toThrow();
});

const WRONG: [path: string, value: unknown, problem: string][] = [
  ["storage.base_path", 7, "must be a path of a folder, not 7"],
  ["storage.base_path", "", 'must be a path of a folder, not ""'],
  ["storage.base_path", "a\0b", "must not hold a NUL character"],
  [
    "storage.base_path",
    "~/events",
    'is taken as it stands, without filling in ~ or ${…}; write out "~/events"',
  ],
  ["storage.durability", "fsync", 'must be one of group, sync, os, not "fsync"'],
  ["storage.durability", true, "must be one of group, sync, os, not true"],
  ["storage.lock_timeout_seconds", "10", 'must be a number, 0 to 3600, not "10"'],
  ["storage.lock_timeout_seconds", Number.NaN, "must be a number, 0 to 3600, not NaN"],
  ["storage.lock_timeout_seconds", -1, "must be a number, 0 to 3600, not -1"],
  ["storage.lock_timeout_seconds", null, "has no value"],
  ["storage.allow_network_file_system", "yes", 'must be true or false, not "yes"'],
  ["storage.open_files_max", 9.5, "must be a whole number, 8 to 65536, not 9.5"],
  ["issue_key.pattern", "[A-Z]+-1", 'must begin with ^ and end with $, not "[A-Z]+-1"'],
  ["issue_key.pattern", `^${"a".repeat(600)}$`, "must be no longer than 512 characters"],
  ["issue_key.default", 12, "must be a text, not 12"],
  ["session.default", "x".repeat(129), `must be a text of 1 to 128 characters, not "${"x".repeat(59)}…`],
  ["session.default", "a\nb", 'must be a text of 1 to 128 characters, not "a\\nb"'],
  ["phases", [], "must name at least 1"],
  ["phases", "PLAN", 'must be a list, each item a phase name such as CODE, not "PLAN"'],
  ["phases", { PLAN: 1 }, "must be a list, each item a phase name such as CODE, not a section"],
];

test.each(WRONG)("%s: %j is refused", (path, value, problem) => {
  expect(readValue(keyAt(path), value)).toEqual({ problem });
});

test("a wrong item of a list is named by its index", () => {
  expect(readValue(keyAt("projects"), ["ESO", ["A"]])).toEqual({
    problem: "must be a project key such as PROJ, not a list",
    item: 1,
  });
  expect(readValue(keyAt("phases"), ["A", "B", "A"])).toEqual({
    problem: 'names "A" a second time',
    item: 2,
  });
});

function keyAt(path: string): ConfigKey {
  const key = CONFIG_KEYS.get(path);
  if (key === undefined) throw new Error(`no key ${path}`);
  return key;
}
