import * as fc from "fast-check";

import type { Json, JsonObject } from "../envelope.ts";
import { isObject } from "../envelope-rules.ts";
import { fieldKinds } from "../fields.ts";
import { ISO_TIME } from "../iso-time.ts";
import { DEFAULT_PHASES } from "../phases.ts";
import { definitionOf } from "../registry.ts";
import { metadataJsonSchema } from "../schema-files.ts";

/** The JSON Schema of one metadata field. */
export interface FieldSchema {
  readonly name: string;
  readonly required: boolean;
  readonly schema: JsonObject;
}

/** The fields of a type. */
export function fieldsOf(type: string): readonly FieldSchema[] {
  const definition = definitionOf(type);
  if (definition === undefined) throw new Error(`${type} is not in the catalogue`);
  const { properties, required } = metadataJsonSchema(definition, fieldKinds());
  if (!isObject(properties)) throw new Error(`${type} has no properties`);
  const needed = new Set<Json>(Array.isArray(required) ? required : []);
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    required: needed.has(name),
    schema: isObject(schema) ? schema : {},
  }));
}

/** Valid metadata of a type with its required fields only. */
export function minimalMetadata(type: string): Record<string, Json> {
  const required = fieldsOf(type).filter((field) => field.required);
  return Object.fromEntries(required.map((field) => [field.name, validValue(field)]));
}

/** A value that the field accepts. */
export function validValue({ name, schema }: FieldSchema): Json {
  const [value] = fc.sample(valuesOf(name, schema), { numRuns: 1, seed: 7 });
  return value ?? null;
}

/** A value of a kind that the field does not accept. */
export function mistyped({ schema }: FieldSchema): Json {
  return schema["type"] === "boolean" ? "yes" : true;
}

/** Valid metadata: required fields, some optional ones, some of the caller's own. */
export function metadataOf(type: string): fc.Arbitrary<JsonObject> {
  const known = fieldsOf(type);
  const arbitraries = Object.fromEntries(known.map(({ name, schema }) => [name, valuesOf(name, schema)]));
  const requiredKeys = known.filter((field) => field.required).map(({ name }) => name);
  const own = fc.dictionary(fc.string({ minLength: 1 }).filter(isOwnName), jsonValues, { maxKeys: 3 });
  return fc
    .tuple(own, fc.record(arbitraries, { requiredKeys }))
    .map(([extra, fields]) => ({ ...extra, ...fields }));

  function isOwnName(name: string): boolean {
    return !(name in arbitraries) && !["issue_key", "__proto__", "constructor", "prototype"].includes(name);
  }
}

const texts = fc.string({ unit: "binary" });

/** Any JSON that the store can keep; negative zero is left out, since JSON has none. */
export const jsonValues: fc.Arbitrary<Json> = fc
  .jsonValue({ maxDepth: 4, stringUnit: "binary" })
  .filter((value) => !/"(?:__proto__|constructor|prototype)":|\d{16}|\de\+/.test(JSON.stringify(value)))
  .map((value) => JSON.parse(JSON.stringify(value)) as Json);

const objects = fc.dictionary(fc.stringMatching(/^[a-z]{1,4}_[a-z]{0,4}$/), jsonValues, { maxKeys: 4 });

function valuesOf(name: string, schema: JsonObject): fc.Arbitrary<Json> {
  if (Array.isArray(schema["enum"])) return fc.constantFrom(...schema["enum"]);
  if (schema["examples"] !== undefined) return fc.constantFrom(...DEFAULT_PHASES);
  if (Array.isArray(schema["anyOf"])) return texts;
  switch (schema["type"]) {
    case "string":
      return stringsOf(schema);
    case "integer":
      return fc.nat({ max: 1_000_000 }).map((n) => n + 1);
    case "number":
      return fc.double({ noNaN: true, min: -1e9, max: 1e9 }).map((n) => (Object.is(n, -0) ? 0 : n));
    case "boolean":
      return fc.boolean();
    case "object":
      return objects;
    case "array":
      return fc.array(valuesOf(name, isObject(schema["items"]) ? schema["items"] : {}), { maxLength: 3 });
    default:
      throw new Error(`no values for ${name}: ${JSON.stringify(schema)}`);
  }
}

function stringsOf(schema: JsonObject): fc.Arbitrary<string> {
  if (schema["pattern"] === ISO_TIME.source) return isoTimes;
  if (schema["pattern"] !== undefined) return fc.stringMatching(/^[0-9a-f]{7,40}$/);
  return schema["minLength"] === 1 ? texts.filter((text) => text.length > 0) : texts;
}

/** Times with offsets, as trackers write them. */
export const isoTimes: fc.Arbitrary<string> = fc
  .tuple(
    fc.date({ min: new Date("1970-01-02"), max: new Date("2100-01-01"), noInvalidDate: true }),
    fc.constantFrom("Z", "+02:00", "-0930", "+0000"),
    fc.constantFrom(16, 19, 23),
  )
  .map(([date, offset, length]) => date.toISOString().slice(0, length) + offset);
