import { join } from "node:path";

import type { Json, JsonObject } from "../../event/envelope.ts";
import { isObject } from "../../event/envelope-rules.ts";
import type { FieldKinds } from "../../event/fields.ts";
import { definitionOf } from "../../event/registry.ts";
import { parseStrictJson } from "../../event/strict-json.ts";
import { UsageError } from "../usage-error.ts";

/** How the text of `--meta k=v` is read. */
export type Reading = "text" | "number" | "yes-no" | "list" | "json" | "text-or-count" | "unknown";

const READINGS: Readonly<Record<keyof FieldKinds, Reading>> = {
  name: "text",
  text: "text",
  longText: "text",
  sha: "text",
  count: "number",
  ordinal: "number",
  number: "number",
  yesNo: "yes-no",
  time: "text",
  list: "list",
  object: "json",
  objects: "json",
  textOrCount: "text-or-count",
  oneOf: "text",
  phase: "text",
};

/** Stands in for zod: asked for a field, it says how its text is read. */
const SAYS_READING = Object.fromEntries(
  Object.entries(READINGS).map(([kind, reading]) => [kind, () => reading]),
) as unknown as FieldKinds;

const COMMON_FIELDS = { issue_key: "text", related_issue_keys: "list" } as const;

/** How the fields of a type's metadata are read; a type that is not known has none. */
export async function readingsOf(type: string, store: string): Promise<ReadonlyMap<string, Reading>> {
  const definition = definitionOf(type);
  const fields =
    definition === undefined
      ? await customReadings(type, store)
      : ({ ...definition.required(SAYS_READING), ...definition.optional(SAYS_READING) } as unknown as Record<
          string,
          Reading
        >);
  return new Map<string, Reading>(Object.entries({ ...fields, ...COMMON_FIELDS }));
}

/** From the JSON Schemas of a custom type, the newest last. */
async function customReadings(type: string, store: string): Promise<Record<string, Reading>> {
  const { readCustomTypeFolder } = await import("../../event/custom-type-folder.ts");
  const files = await readCustomTypeFolder(join(store, "schemas", "custom"));
  const own = files.filter(({ name }) => name === `${type}.json` || name.startsWith(`${type}@`));
  const properties = own
    .map(({ text }) => propertiesIn(text))
    .reduce((all, some) => ({ ...all, ...some }), {});
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, readingOf(schema)]));
}

function propertiesIn(schemaText: string): JsonObject {
  const schema = parseStrictJson(schemaText);
  const properties = isObject(schema) ? schema["properties"] : undefined;
  return isObject(properties) ? properties : {};
}

function readingOf(schema: Json): Reading {
  if (!isObject(schema)) return "unknown";
  switch (schema["type"]) {
    case "string":
      return "text";
    case "number":
    case "integer":
      return "number";
    case "boolean":
      return "yes-no";
    case "array":
      return isObject(schema["items"]) && schema["items"]["type"] === "string" ? "list" : "json";
    case "object":
      return "json";
    default:
      return "unknown";
  }
}

/**
 * Reads one value. What does not fit stays text, so that the event's validation names the field and says what
 * it must be.
 */
export function readValue(text: string, reading: Reading): Json {
  switch (reading) {
    case "text":
      return text;
    case "number":
      return NUMBER.test(text) ? Number(text) : text;
    case "yes-no":
      return text === "true" ? true : text === "false" ? false : text;
    case "list":
      return listOf(text);
    case "text-or-count":
      return /^\d{1,15}$/.test(text) ? Number(text) : text;
    default:
      return jsonOr(text);
  }
}

const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A JSON array, or words between commas; a comma before a space is part of a sentence. */
function listOf(text: string): Json {
  if (text.startsWith("[")) {
    const value = jsonOr(text);
    if (Array.isArray(value)) return value as Json;
  }
  return text === "" ? [] : text.split(/,(?!\s)/);
}

function jsonOr(text: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
  // A long number is an id; in an object or array, what the parser would lose is an error.
  if (typeof value === "number" && !Number.isSafeInteger(value) && Number.isInteger(value)) return text;
  return parseStrictJson(text);
}

/** The fields behind `k=v` options; a list's values add up, any other field is given once. */
export function readFields(
  pairs: readonly string[],
  readings: ReadonlyMap<string, Reading>,
): ReadonlyMap<string, Json> {
  const fields = new Map<string, Json>();
  for (const pair of pairs) {
    const { name, text } = pairOf(pair);
    const value = readValue(text, readings.get(name) ?? "unknown");
    const present = fields.get(name);
    if (present === undefined) fields.set(name, value);
    else if (readings.get(name) === "list" && Array.isArray(present) && Array.isArray(value)) {
      fields.set(name, [...(present as readonly Json[]), ...(value as readonly Json[])]);
    } else throw new UsageError(`--meta ${name} is given twice`, "Only lists take several values.");
  }
  return fields;
}

function pairOf(pair: string): { name: string; text: string } {
  const at = pair.indexOf("=");
  if (at > 0) return { name: pair.slice(0, at), text: pair.slice(at + 1) };
  throw new UsageError(`--meta ${pair} is neither k=v nor @FILE nor -`, "Write --meta name=value.");
}
