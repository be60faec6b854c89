import { NotFoundError } from "../../errors.ts";
import type { Json, JsonObject } from "../../event/envelope.ts";
import { isObject } from "../../event/envelope-rules.ts";
import { definitionOf, EVENT_TYPE_NAMES } from "../../event/registry.ts";
import { suggest } from "../../event/suggest.ts";
import type { Call } from "../command.ts";
import type { Context } from "../context.ts";
import { printTable } from "../table.ts";
import { safe } from "../text.ts";
import { customTypesOf } from "./custom-types.ts";

interface TypeSchema {
  readonly type: string;
  readonly version: string;
  readonly description: string;
  /** JSON Schema of the metadata. */
  readonly schema: JsonObject;
}

/** `eso schema show`: the fields of one type, or its JSON Schema. */
export async function schemaShow({ given, context, out }: Call): Promise<void> {
  const { type, version, description, schema } = await schemaOf(given.required("type"), context);
  if (given.flag("json")) return out.json(schema);
  await out.line(safe`${out.paint("heading", `${type} ${version}`)}  ${description}`);
  await out.line();
  await printTable(
    out,
    [{ title: "field" }, { title: "" }, { title: "type" }, { title: "description" }],
    rowsOf(schema),
  );
}

async function schemaOf(type: string, context: Context): Promise<TypeSchema> {
  const definition = definitionOf(type);
  if (definition !== undefined) {
    const { metadataJsonSchema } = await import("../../event/schema-files.ts");
    const { fieldKinds } = await import("../../event/fields.ts");
    const { config } = await context.config();
    const { version, description } = definition;
    const title = { $schema: "https://json-schema.org/draft/2020-12/schema", title: type };
    return {
      type,
      version,
      description,
      schema: { ...title, ...metadataJsonSchema(definition, fieldKinds(config.phases)) },
    };
  }
  const custom = await customTypesOf(context);
  const found = custom.find((one) => one.type === type);
  if (found !== undefined) return found;
  throw new NotFoundError("ESO_NOT_FOUND", `there is no event type ${JSON.stringify(type)}`, {
    hint: "eso schema list shows them; a type of your own needs a JSON Schema in schemas/custom/.",
    details: {
      what: type,
      suggestions: suggest(type, [...EVENT_TYPE_NAMES, ...custom.map((one) => one.type)]),
    },
  });
}

function rowsOf(schema: JsonObject): string[][] {
  const { properties, required } = schema;
  const needed = Array.isArray(required) ? (required as readonly Json[]) : [];
  return Object.entries(isObject(properties) ? properties : {}).map(([name, field]) => [
    name,
    needed.includes(name) ? "required" : "",
    kindOf(field),
    isObject(field) && typeof field["description"] === "string" ? field["description"] : "",
  ]);
}

/** `string[]`, `low | high`, `integer`. */
function kindOf(field: Json): string {
  if (!isObject(field)) return "any";
  const { type, enum: values, anyOf, items } = field;
  if (Array.isArray(values))
    return (values as readonly Json[]).map((value) => JSON.stringify(value)).join(" | ");
  if (Array.isArray(anyOf)) return [...new Set((anyOf as readonly Json[]).map(kindOf))].join(" | ");
  if (type === "array") return `${items === undefined ? "any" : kindOf(items)}[]`;
  return typeof type === "string" ? type : "any";
}
