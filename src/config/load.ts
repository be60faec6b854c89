import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { ConfigError, type EsoErrorOptions } from "../errors.ts";
import { checkConfig, type Checked, type ConfigNote, type ConfigProblem } from "./check.ts";
import { DEFAULT_CONFIG, type Config } from "./config.ts";
import { issueKeyProblem } from "./issue-key-rule.ts";
import { parseYaml } from "./yaml.ts";

/** Where the configuration lies, seen from the project's folder and every folder above the current one. */
export const CONFIG_PLACE = join("config", "event-sourcing.yaml");

/** A configuration file holds at most this many bytes. */
export const CONFIG_BYTES_MAX = 1_048_576;

const PROBLEMS_SHOWN_MAX = 20;
const HINT =
  "`eso config list` and docs/reference/configuration.md show every key with its type and default.";

/** Where to look for the configuration. */
export interface LoadConfigOptions {
  /** The file that the caller names (`--config`); comes first. */
  readonly path?: string | undefined;
  /** The value of `ESO_CONFIG`, passed in because nothing here reads the environment; empty is none. */
  readonly environmentPath?: string | undefined;
  /** The folder where relative paths and the walk upwards begin. */
  readonly cwd: string;
}

/** A configuration and where it comes from. */
export interface LoadedConfig {
  readonly config: Config;
  /** The file read; absent: there is none, and everything is at its default. */
  readonly file: string | undefined;
  /** Paths of the keys that the file sets: `storage.base_path`. */
  readonly given: ReadonlySet<string>;
  /** What the file says that means something else here; to be shown as warnings. */
  readonly notes: readonly ConfigNote[];
}

/**
 * Finds and reads the configuration: the named file, else that of `ESO_CONFIG`, else the nearest
 * `config/event-sourcing.yaml` at or above `cwd`, else the defaults. Without a file no parser is loaded.
 * @throws ConfigError naming file, line, key, reason and likely meant keys.
 * @example
 * const { config, notes } = await loadConfig({ cwd: "/home/me/project" });
 * config.storage.durability; // "group"
 */
export async function loadConfig(options: LoadConfigOptions): Promise<LoadedConfig> {
  const found = findConfigFile(options);
  if (found.file === undefined) {
    return { config: DEFAULT_CONFIG, file: undefined, given: new Set(), notes: found.notes };
  }
  const checked = await parseConfig(readConfigFile(found.file), found.file);
  return {
    config: withResolvedPaths(checked.config, projectFolder(found.file)),
    file: found.file,
    given: checked.given,
    notes: [...found.notes, ...checked.notes],
  };
}

/**
 * Parses and checks the text of a configuration file; `file` only names it in messages. Relative paths stay
 * as they are.
 * @throws ConfigError naming file, line, key, reason and likely meant keys.
 */
export async function parseConfig(text: string, file: string): Promise<Checked> {
  const { tree, lineOf } = await parseYaml(text, file);
  const checked = checkConfig(tree);
  const problems = [...checked.problems];
  if (problems.length === 0 && hasIssueKeyRule(checked))
    problems.push(...(await issueKeyProblem(checked.config)));
  if (problems.length > 0) throw configError(problems, (place) => position(file, lineOf(place)));
  return checked;
}

function hasIssueKeyRule({ given }: Checked): boolean {
  return given.has("issue_key.pattern") || given.has("issue_key.default");
}

function findConfigFile(options: LoadConfigOptions): {
  file: string | undefined;
  notes: readonly ConfigNote[];
} {
  const named = options.path ?? (options.environmentPath || undefined);
  if (named !== undefined) return { file: resolve(options.cwd, named), notes: [] };
  const notes: ConfigNote[] = [];
  for (let folder = resolve(options.cwd); ; folder = dirname(folder)) {
    const file = join(folder, CONFIG_PLACE);
    if (exists(file)) {
      if (!isPlanted(folder, file)) return { file, notes };
      notes.push({
        path: file,
        message: "Passed over: it belongs to another user, in a folder where everyone may write.",
        replacement: `--config ${file}`,
      });
    }
    if (folder === dirname(folder)) return { file: undefined, notes };
  }
}

function exists(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (cause) {
    // A folder above that may not be looked into holds no configuration for this user.
    if (isSystemError(cause) && cause.code === "EACCES") return false;
    throw cause;
  }
}

/** Anyone can put a file into /tmp/config and wait for somebody to work below /tmp. */
function isPlanted(folder: string, file: string): boolean {
  const user = process.getuid?.();
  if (user === undefined) return false;
  const owner = lstatSync(file).uid;
  return owner !== user && owner !== 0 && [folder, dirname(file)].some(isOpenToEveryone);
}

function isOpenToEveryone(folder: string): boolean {
  return (statSync(folder).mode & constants.S_IWOTH) !== 0;
}

function readConfigFile(file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readBounded(file));
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    if (isSystemError(cause) && cause.code === "ENOENT") throw unreadable(file, "does not exist", { cause });
    if (cause instanceof TypeError) throw unreadable(file, "is not UTF-8 text", { cause });
    throw unreadable(file, `cannot be read: ${String(cause)}`, { cause });
  }
}

function readBounded(file: string): Uint8Array {
  // Without O_NONBLOCK, opening a named pipe would wait for its writer for ever.
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(descriptor).isFile()) throw unreadable(file, "is not a regular file");
    const buffer = new Uint8Array(CONFIG_BYTES_MAX + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = readSync(descriptor, buffer, length, buffer.length - length, null);
    }
    if (length > CONFIG_BYTES_MAX) throw unreadable(file, `is larger than ${CONFIG_BYTES_MAX} bytes`);
    return buffer.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

function unreadable(
  file: string,
  reason: string,
  options: Pick<EsoErrorOptions<never>, "cause"> = {},
): ConfigError {
  const hint = "Name a YAML file with --config or ESO_CONFIG, or leave both out to use the defaults.";
  return new ConfigError("ESO_INVALID_CONFIG", `The configuration file ${file} ${reason}.`, {
    ...options,
    hint,
  });
}

function configError(
  problems: readonly ConfigProblem[],
  at: (place: readonly string[]) => string,
): ConfigError {
  const lines = problems.slice(0, PROBLEMS_SHOWN_MAX).map(({ path, message, place }) => {
    return `${at(place)}: ${path} ${message}${message.endsWith("?") ? "" : "."}`;
  });
  if (problems.length > lines.length) lines.push(`… and ${problems.length - lines.length} more.`);
  const { path = "", suggestions = [] } = problems[0] ?? {};
  return new ConfigError("ESO_INVALID_CONFIG", lines.join("\n"), {
    hint: HINT,
    details: { path, suggestions },
  });
}

function position(file: string, line: number | undefined): string {
  return line === undefined ? file : `${file}:${line}`;
}

function projectFolder(file: string): string {
  const folder = dirname(file);
  return basename(folder) === "config" ? dirname(folder) : folder;
}

function withResolvedPaths(config: Config, folder: string): Config {
  const { base_path } = config.storage;
  return base_path === null
    ? config
    : { ...config, storage: { ...config.storage, base_path: resolve(folder, base_path) } };
}

function isSystemError(cause: unknown): cause is NodeJS.ErrnoException {
  return cause instanceof Error && "code" in cause;
}
