import type { Ajv, ErrorObject, ValidateFunction } from "ajv";

import { ConfigError, EsoError, type ValidationIssue } from "../errors.ts";
import { customMigration } from "./custom-migration.ts";
import type { JsonObject } from "./envelope.ts";
import { isObject } from "./envelope-rules.ts";
import { jsonPath } from "./json-path.ts";
import type { MetadataValidator } from "./metadata-validator.ts";
import type { Migration } from "./migration.ts";
import { loadPatternCompiler } from "./re2.ts";
import { definitionOf, isStoreEventType } from "./registry.ts";
import { compareSemver, parseSemver, type Semver } from "./semver.ts";
import { parseStrictJson } from "./strict-json.ts";

/** A file of the store's `schemas/custom/` folder: a JSON Schema for the metadata of a type of the user's own. */
export interface CustomTypeFile {
  /** `<Type>.json`, which is version 1.0.0, or `<Type>@<semver>.json`. */
  readonly name: string;
  readonly text: string;
}

/** A registered type of the user's own, in its newest version. */
export interface CustomType {
  readonly type: string;
  readonly version: string;
  readonly description: string;
  readonly schema: JsonObject;
  readonly validator: MetadataValidator;
  /** Steps from older versions, as the schemas' `x-migrate` describes them. */
  readonly migrations: readonly Migration[];
}

const FILE_NAME = /^(?<type>[^@/\\]+?)(?:@(?<version>[^/\\]+))?\.json$/;
const PASCAL_CASE = /^[A-Z][A-Za-z0-9]{1,63}$/;
const DRAFT_07 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/;
const DRAFT_2020 = /^https:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/;

interface ParsedFile {
  readonly name: string;
  readonly type: string;
  readonly version: string;
  readonly semver: Semver;
  readonly schema: JsonObject;
}

/**
 * Registers the user's own event types. Of several versions of a type, the newest validates.
 *
 * @throws ConfigError when a file's name or schema cannot be used.
 */
export async function loadCustomTypes(files: readonly CustomTypeFile[]): Promise<readonly CustomType[]> {
  if (files.length === 0) return [];
  const newest = new Map<string, ParsedFile>();
  const all = files.map(parseFile);
  for (const parsed of all) {
    const known = newest.get(parsed.type);
    if (known !== undefined && compareSemver(known.semver, parsed.semver) === 0) {
      throw fileError(parsed.name, `${known.name} defines the same version`);
    }
    if (known === undefined || compareSemver(known.semver, parsed.semver) < 0)
      newest.set(parsed.type, parsed);
  }
  const migrations = Map.groupBy(all.flatMap(migrationOf), ({ type }) => type);
  const compilers = await loadSchemaCompilers();
  return [...newest.values()].map((file) => {
    const description = file.schema["description"];
    return {
      type: file.type,
      version: file.version,
      description: typeof description === "string" ? description : "",
      schema: file.schema,
      validator: validatorOf(file, compilers),
      migrations: migrations.get(file.type) ?? [],
    };
  });
}

function parseFile({ name, text }: CustomTypeFile): ParsedFile {
  const { type, version = "1.0.0" } = FILE_NAME.exec(name)?.groups ?? {};
  if (type === undefined) throw fileError(name, "its name is not <Type>.json or <Type>@<version>.json");
  if (!PASCAL_CASE.test(type)) throw fileError(name, "a type's name is PascalCase, letters and digits");
  if (isStoreEventType(type)) throw fileError(name, "names beginning with Store belong to the store");
  if (definitionOf(type) !== undefined) throw fileError(name, `${type} is a built-in type`);
  const semver = parseSemver(version);
  if (semver === undefined) throw fileError(name, `${version} is no version such as 1.0.0`);
  return { name, type, version, semver, schema: parseSchema(name, text) };
}

function migrationOf(file: ParsedFile): Migration[] {
  const step = customMigration(file, (why) => fileError(file.name, why));
  if (step === undefined) return [];
  const from = parseSemver(step.from);
  if (from === undefined || compareSemver(from, file.semver) >= 0) {
    throw fileError(file.name, `x-migrate comes from ${step.from}, which is no older version`);
  }
  return [step];
}

function parseSchema(name: string, text: string): JsonObject {
  let schema;
  try {
    schema = parseStrictJson(text);
  } catch (cause) {
    if (cause instanceof EsoError) throw fileError(name, cause.message, cause);
    throw cause;
  }
  if (!isObject(schema)) throw fileError(name, "a schema for metadata is a JSON object");
  return schema;
}

interface SchemaCompilers {
  readonly draft07: Ajv;
  readonly draft2020: Ajv;
}

async function loadSchemaCompilers(): Promise<SchemaCompilers> {
  const [{ Ajv }, { Ajv2020 }, compile] = await Promise.all([
    import("ajv"),
    import("ajv/dist/2020.js"),
    loadPatternCompiler(),
  ]);
  const regExp = Object.assign(
    (pattern: string) => {
      const { occursIn } = compile(pattern);
      // ajv keeps one expression for each toString()
      return { test: occursIn, toString: () => pattern };
    },
    // only written into source code that ajv generates for standalone use, which is not done here
    { code: "re2" },
  );
  const options = {
    allErrors: false,
    // annotations and formats of other tools must not make a schema unusable
    strict: false,
    validateFormats: false,
    logger: false,
    code: { regExp },
  } as const;
  return { draft07: new Ajv(options), draft2020: new Ajv2020(options) };
}

function validatorOf(file: ParsedFile, compilers: SchemaCompilers): MetadataValidator {
  const validate = compileSchema(file, compilers);
  return {
    accepts: (metadata) => validate(metadata),
    issues: (metadata) => (validate(metadata) ? [] : (validate.errors ?? []).map(asIssue)),
  };
}

function compileSchema(file: ParsedFile, compilers: SchemaCompilers): ValidateFunction {
  const { $schema } = file.schema;
  const dialect = typeof $schema === "string" ? $schema : undefined;
  const isDraft07 = dialect !== undefined && DRAFT_07.test(dialect);
  if ($schema !== undefined && !isDraft07 && !DRAFT_2020.test(dialect ?? "")) {
    throw fileError(file.name, `$schema is ${JSON.stringify($schema)}; known are 2020-12 and draft-07`);
  }
  try {
    return (isDraft07 ? compilers.draft07 : compilers.draft2020).compile(file.schema);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw fileError(file.name, `the schema cannot be compiled: ${why}`, cause);
  }
}

function fileError(name: string, why: string, cause?: unknown): ConfigError {
  return new ConfigError("ESO_INVALID_CONFIG", `custom event type ${name} cannot be used: ${why}`, {
    hint: "Put a JSON Schema (2020-12 or draft-07) for the event's metadata into schemas/custom/<Type>.json.",
    details: { path: name },
    cause,
  });
}

function asIssue(error: ErrorObject): ValidationIssue {
  const segments = error.instancePath
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const { missingProperty, additionalProperty } = error.params as Partial<Record<string, string>>;
  const field = missingProperty ?? additionalProperty;
  const path = jsonPath(["metadata", ...segments, ...(field === undefined ? [] : [field])]);
  if (missingProperty !== undefined) return { path, message: "is missing" };
  if (additionalProperty !== undefined) return { path, message: "is not a field of this type" };
  return { path, message: error.message ?? `breaks the schema's rule ${error.keyword}` };
}
