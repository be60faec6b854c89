interface Described {
  /** What the key does, in sentences that the reference page prints. */
  readonly description: string;
}

/** On or off. */
export interface BooleanKey extends Described {
  readonly kind: "boolean";
  readonly default: boolean;
}

/** A number within bounds, both inclusive; the unit is the end of the key's name. */
export interface NumberKey extends Described {
  readonly kind: "integer" | "number";
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

/** One of a few words. */
export interface ChoiceKey extends Described {
  readonly kind: "choice";
  readonly default: string;
  readonly values: readonly string[];
}

/** One text. `default: null` makes the key optional. Paths are resolved against the project's folder. */
export interface TextKey extends Described {
  readonly kind: "text" | "path" | "pattern";
  readonly default: string | null;
  readonly shape?: Shape;
}

/** Several different texts; a given list replaces the default as a whole. */
export interface ListKey extends Described {
  readonly kind: "list";
  readonly default: readonly string[];
  readonly items_min: number;
  readonly item: Shape;
}

/** What a text must look like, for the machine and for people. */
export interface Shape {
  readonly pattern: RegExp;
  readonly words: string;
}

/** One key of the configuration: its type, bounds, default and description. */
export type ConfigKey = BooleanKey | NumberKey | ChoiceKey | TextKey | ListKey;

/** The type of a key's value. */
export type ValueOf<K> = K extends { kind: "boolean" }
  ? boolean
  : K extends { kind: "integer" | "number" }
    ? number
    : K extends { kind: "choice"; values: readonly (infer V)[] }
      ? V
      : K extends { kind: "list" }
        ? readonly string[]
        : K extends { default: null }
          ? string | null
          : string;

/** A value of any key. */
export type ConfigValue = boolean | number | string | null | readonly string[];

/** A value that fits its key, or why it does not: the end of a sentence that begins with the key. */
export type ReadValue =
  | { readonly value: ConfigValue }
  /** `item` counts from 0. */
  | { readonly problem: string; readonly item?: number };

const PATTERN_LENGTH_MAX = 512;
const TEXT_LENGTH_MAX = 4_096;
const SHOWN_LENGTH_MAX = 60;

/** What the key takes, in words: `whole number, 1 to 1000`. */
export function typeInWords(key: ConfigKey): string {
  switch (key.kind) {
    case "boolean":
      return "true or false";
    case "integer":
      return `whole number, ${key.min} to ${key.max}`;
    case "number":
      return `number, ${key.min} to ${key.max}`;
    case "choice":
      return `one of ${key.values.join(", ")}`;
    case "list":
      return `list, each item a ${key.item.words}`;
    case "path":
      return "path of a folder";
    case "pattern":
      return "regular expression (RE2), from ^ to $";
    default:
      return key.shape?.words ?? "text";
  }
}

/** Checks a value from a file against its key. */
export function readValue(key: ConfigKey, value: unknown): ReadValue {
  if (value === null) return key.default === null ? { value } : { problem: "has no value" };
  switch (key.kind) {
    case "boolean":
      return typeof value === "boolean" ? { value } : mustBe(key, value);
    case "integer":
    case "number":
      return typeof value === "number" && isInRange(key, value) ? { value } : mustBe(key, value);
    case "choice":
      return typeof value === "string" && key.values.includes(value) ? { value } : mustBe(key, value);
    case "list":
      return Array.isArray(value) ? readList(key, value) : mustBe(key, value);
    default:
      return typeof value === "string" ? readText(key, value) : mustBe(key, value);
  }
}

/** The value as a message shows it: short, and without opening lists or maps, which may refer to themselves. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a section";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text;
}

function mustBe(key: ConfigKey, value: unknown): ReadValue {
  return { problem: `must be ${withArticle(typeInWords(key))}, not ${shown(value)}` };
}

function withArticle(words: string): string {
  return /^(?:true|one of)/.test(words) ? words : `a ${words}`;
}

function isInRange(key: NumberKey, value: number): boolean {
  return value >= key.min && value <= key.max && (key.kind === "number" || Number.isInteger(value));
}

function readText(key: TextKey, value: string): ReadValue {
  if (value === "" || value.length > TEXT_LENGTH_MAX) return mustBe(key, value);
  if (key.kind === "path") return readPath(value);
  if (key.kind === "pattern") return readPattern(value);
  return key.shape?.pattern.test(value) === false ? mustBe(key, value) : { value };
}

function readPath(value: string): ReadValue {
  if (value.includes("\0")) return { problem: "must not hold a NUL character" };
  if (value.startsWith("~") || value.includes("${")) {
    return { problem: `is taken as it stands, without filling in ~ or \${…}; write out ${shown(value)}` };
  }
  return { value };
}

function readPattern(value: string): ReadValue {
  if (value.length > PATTERN_LENGTH_MAX) {
    return { problem: `must be no longer than ${PATTERN_LENGTH_MAX} characters` };
  }
  if (!value.startsWith("^") || !value.endsWith("$")) {
    return { problem: `must begin with ^ and end with $, not ${shown(value)}` };
  }
  return { value };
}

function readList(key: ListKey, items: readonly unknown[]): ReadValue {
  if (items.length < key.items_min) return { problem: `must name at least ${key.items_min}` };
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    if (typeof item !== "string" || !key.item.pattern.test(item)) {
      return { problem: `must be ${withArticle(key.item.words)}, not ${shown(item)}`, item: index };
    }
    if (seen.has(item)) return { problem: `names ${shown(item)} a second time`, item: index };
    seen.add(item);
  }
  return { value: [...seen] };
}
