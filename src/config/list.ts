import { ConfigError } from "../errors.ts";
import { originalKey, suggestKeys } from "./check.ts";
import { CONFIG_KEYS, valueAt } from "./config.ts";
import { typeInWords, type ConfigKey, type ConfigValue } from "./key.ts";
import type { LoadedConfig } from "./load.ts";

/** One key as `eso config` shows it. */
export interface ConfigEntry {
  readonly key: string;
  readonly value: ConfigValue;
  readonly default: ConfigValue;
  readonly source: "default" | "file";
  /** What the key takes, in words. */
  readonly type: string;
  readonly description: string;
}

/** Every key with its value and where the value comes from, in the order of the reference page. */
export function listConfig(loaded: LoadedConfig): ConfigEntry[] {
  return [...CONFIG_KEYS].map(([path, key]) => entry(loaded, path, key));
}

/**
 * One key, by its path.
 * @throws ConfigError with likely meant keys when there is no such key.
 * @example
 * getConfig(loaded, "storage.lock_timeout_seconds").value; // 10
 */
export function getConfig(loaded: LoadedConfig, path: string): ConfigEntry {
  const key = CONFIG_KEYS.get(path);
  if (key === undefined) throw unknownKey(path);
  return entry(loaded, path, key);
}

function entry(loaded: LoadedConfig, path: string, key: ConfigKey): ConfigEntry {
  return {
    key: path,
    value: valueAt(loaded.config, path),
    default: key.default,
    source: loaded.given.has(path) ? "file" : "default",
    type: typeInWords(key),
    description: key.description,
  };
}

function unknownKey(path: string): ConfigError {
  const [, original] = originalKey(path.split(".")) ?? [];
  const suggestions = original?.renamed === undefined ? suggestKeys(path) : [original.renamed.path];
  const question = suggestions.length > 0 ? ` Did you mean ${suggestions.join(" or ")}?` : "";
  return new ConfigError("ESO_INVALID_CONFIG", `${path} is not a configuration key.${question}`, {
    hint: original?.message ?? "`eso config list` shows every key.",
    details: { path, suggestions },
  });
}
