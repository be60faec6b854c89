import { suggest } from "../event/suggest.ts";
import { CONFIG_KEYS, configFrom, type Config } from "./config.ts";
import { readValue, shown, type ConfigKey, type ConfigValue } from "./key.ts";
import { ORIGINAL_KEYS, ORIGINAL_WRAPPER, type OriginalKey } from "./original.ts";

/** Something in a file that works, but not as its author may think. */
export interface ConfigNote {
  /** The key, or the file, that the note is about. `*` stands for any name. */
  readonly path: string;
  readonly message: string;
  /** The key or command to use instead. */
  readonly replacement?: string;
}

/** A reason why a file cannot be used; the message names the key. */
export interface ConfigProblem {
  readonly path: string;
  readonly message: string;
  readonly suggestions: readonly string[];
  /** Where it stands in the file, the original's wrapper included. */
  readonly place: readonly string[];
}

/** What a file says, checked key by key. */
export interface Checked {
  readonly config: Config;
  /** Paths of the keys that the file sets. */
  readonly given: ReadonlySet<string>;
  readonly notes: readonly ConfigNote[];
  readonly problems: readonly ConfigProblem[];
}

/** Checks parsed YAML against the schema and the original's keys. Reports everything, throws nothing. */
export function checkConfig(tree: unknown): Checked {
  const check = new Check();
  if (tree !== null && tree !== undefined) check.section(tree, []);
  check.applyRenamed();
  const config = configFrom(check.values);
  check.problems.push(...contradictions(config));
  return {
    config,
    given: new Set(check.values.keys()),
    notes: [...check.notes.values()],
    problems: check.problems,
  };
}

/** The original's key that covers a path, with `*` in place of free names. */
export function originalKey(path: readonly string[]): readonly [string, OriginalKey] | undefined {
  const found = ORIGINAL_NAMES.find(({ names }) => names.length === path.length && isBelow(path, names));
  return found && [found.path, found.row];
}

/** Beyond this, nobody reads the suggestions, and working them out for a hostile file takes minutes. */
const SUGGESTIONS_MAX = 20;

const ORIGINAL_NAMES = [...ORIGINAL_KEYS].map(([path, row]) => ({ path, row, names: path.split(".") }));
const ALL_NAMES = [
  ...[...CONFIG_KEYS.keys()].map((path) => path.split(".")),
  ...ORIGINAL_NAMES.map(({ names }) => names),
];

class Check {
  readonly values = new Map<string, ConfigValue>();
  readonly notes = new Map<string, ConfigNote>();
  readonly problems: ConfigProblem[] = [];
  readonly #renamed: { readonly path: string; readonly value: ConfigValue }[] = [];

  section(node: unknown, place: readonly string[]): void {
    if (node === null) return;
    if (typeof node !== "object" || Array.isArray(node)) {
      this.#problem(place, `must be a section with keys of its own, not ${shown(node)}`);
      return;
    }
    for (const [name, value] of Object.entries(node)) this.#entry(value, [...place, name]);
  }

  /** Last, so that the key of the new name wins wherever it stands in the file. */
  applyRenamed(): void {
    for (const { path, value } of this.#renamed) if (!this.values.has(path)) this.values.set(path, value);
  }

  #entry(value: unknown, place: readonly string[]): void {
    const path = withoutWrapper(place);
    const key = CONFIG_KEYS.get(path.join("."));
    const original = originalKey(path);
    if (place.at(-1)?.includes("."))
      this.#problem(place, "has a dot in its name: write its parts as nested keys");
    else if (key !== undefined) this.#value(key, value, place);
    else if (original !== undefined) this.#original(original, value, place);
    else if (isSection(path)) this.section(value, place);
    else this.#unknown(place);
  }

  #value(key: ConfigKey, value: unknown, place: readonly string[]): void {
    const path = withoutWrapper(place).join(".");
    const read = readValue(key, value);
    if ("problem" in read) this.#problem(place, read.problem, read.item);
    else if (this.values.has(path))
      this.#problem(place, `is set twice, inside ${ORIGINAL_WRAPPER} and outside`);
    else this.values.set(path, read.value);
  }

  #original([pattern, row]: readonly [string, OriginalKey], value: unknown, place: readonly string[]): void {
    const renamed = row.renamed?.valueOf(value);
    if (row.renamed !== undefined && renamed === undefined && value !== null) {
      const { words, path } = row.renamed;
      this.#problem(place, `must be ${words}, not ${shown(value)}; better, set ${path}`);
      return;
    }
    if (row.renamed !== undefined && renamed !== undefined) {
      this.#renamed.push({ path: row.renamed.path, value: renamed });
    }
    if (value === null || row.isMet?.(value)) return;
    const { message, replacement } = row;
    this.notes.set(pattern, {
      path: pattern,
      message,
      ...(replacement === undefined ? {} : { replacement }),
    });
  }

  #unknown(place: readonly string[]): void {
    const suggestions =
      this.problems.length < SUGGESTIONS_MAX ? suggestKeys(withoutWrapper(place).join(".")) : [];
    const question = suggestions.length > 0 ? `; did you mean ${suggestions.join(" or ")}?` : "";
    this.problems.push({ ...named(place), message: `is not a configuration key${question}`, suggestions });
  }

  #problem(place: readonly string[], message: string, item?: number): void {
    this.problems.push({ ...named(place, item), message, suggestions: [] });
  }
}

/** Keys that the author of an unknown one may have meant, the likeliest first. */
export function suggestKeys(path: string): readonly string[] {
  const section = path.slice(0, path.lastIndexOf(".") + 1);
  const name = path.slice(section.length);
  const known = [...CONFIG_KEYS.keys()];
  const moved = known.filter((key) => key.endsWith(`.${name}`));
  if (moved.length > 0) return moved;
  for (const keys of [known, [...ORIGINAL_KEYS.keys()]]) {
    const near = suggest(name, namesBelow(section, keys)).map((sibling) => section + sibling);
    if (near.length > 0) return near;
  }
  return suggest(path, known);
}

function namesBelow(section: string, keys: readonly string[]): readonly string[] {
  const below = keys.filter((key) => key.startsWith(section)).map((key) => key.slice(section.length));
  return [...new Set(below.map((rest) => rest.split(".", 1)[0] ?? rest))];
}

function contradictions({ query }: Config): ConfigProblem[] {
  if (query.default_page_size <= query.max_page_size) return [];
  const message = `must not be over query.max_page_size (${query.max_page_size}), but is ${query.default_page_size}`;
  return [{ ...named(["query", "default_page_size"]), message, suggestions: [] }];
}

function named(place: readonly string[], item?: number): { path: string; place: readonly string[] } {
  const path = withoutWrapper(place).join(".") || (place[0] ?? "the file");
  return { path: item === undefined ? path : `${path}[${item}]`, place };
}

function withoutWrapper(place: readonly string[]): readonly string[] {
  return place[0] === ORIGINAL_WRAPPER ? place.slice(1) : place;
}

function isSection(path: readonly string[]): boolean {
  return ALL_NAMES.some((names) => names.length > path.length && isBelow(path, names));
}

/** Whether the first names of `names` are those of `path`. */
function isBelow(path: readonly string[], names: readonly string[]): boolean {
  return path.every((name, depth) => names[depth] === "*" || names[depth] === name);
}
