import { expect, test } from "vitest";
import { ConfigError } from "../errors.ts";
import { CONFIG_KEYS } from "./config.ts";
import { getConfig, listConfig } from "./list.ts";
import { parseConfig, type LoadedConfig } from "./load.ts";

const loaded = async (text: string): Promise<LoadedConfig> => ({
  file: "c.yaml",
  ...(await parseConfig(text, "c.yaml")),
});

test("every key is listed with value, default, source and description", async () => {
  const entries = listConfig(await loaded("query: { max_page_size: 500 }\nphases: [A]"));
  expect(entries.map(({ key }) => key)).toEqual([...CONFIG_KEYS.keys()]);
  expect(entries.find(({ key }) => key === "query.max_page_size")).toEqual({
    key: "query.max_page_size",
    value: 500,
    default: 1000,
    source: "file",
    type: "whole number, 1 to 100000",
    description: CONFIG_KEYS.get("query.max_page_size")?.description,
  });
  expect(entries.filter(({ source }) => source === "file").map(({ key }) => key)).toEqual([
    "phases",
    "query.max_page_size",
  ]);
});

test("a file may say what the default says", async () => {
  const entry = getConfig(await loaded("storage: { durability: group }"), "storage.durability");
  expect(entry).toMatchObject({ value: "group", default: "group", source: "file" });
});

test("one key by its path", async () => {
  const config = await loaded("performance: { async_writes: true }");
  expect(getConfig(config, "storage.durability")).toMatchObject({ value: "os", source: "file" });
  expect(getConfig(config, "storage.base_path")).toMatchObject({ value: null, source: "default" });
});

test.each([
  ["storage.durabilty", "storage.durability", "`eso config list` shows every key."],
  ["lock_timeout_seconds", "storage.lock_timeout_seconds", "`eso config list` shows every key."],
  [
    "performance.async_writes",
    "storage.durability",
    "Read as storage.durability: true as os, false as group.",
  ],
])("%s is no key, %s is suggested", async (path, suggestion, hint) => {
  const config = await loaded("");
  const error = errorOf(() => getConfig(config, path));
  expect(error.details).toEqual({ path, suggestions: [suggestion] });
  expect(error.message).toBe(`${path} is not a configuration key. Did you mean ${suggestion}?`);
  expect(error.hint).toBe(hint);
});

function errorOf(call: () => unknown): ConfigError {
  try {
    call();
  } catch (cause) {
    if (cause instanceof ConfigError) return cause;
  }
  throw new Error("no ConfigError");
}
