import * as z from "zod/mini";

import type { ValidationIssue } from "../errors.ts";
import type { EventTypeDefinition } from "./definition.ts";
import type { Json, JsonObject } from "./envelope.ts";
import type { FieldKinds } from "./fields.ts";
import { jsonPath, kindOf } from "./json-path.ts";

export type MetadataSchema = z.ZodMiniObject<Readonly<Record<string, z.ZodMiniType>>, z.core.$loose>;

/** Checks the metadata of one event type. */
export interface MetadataValidator {
  /** The fast answer. */
  accepts(metadata: JsonObject): boolean;
  /** Why not; paths begin at the event, `$.metadata…`. */
  issues(metadata: JsonObject): readonly ValidationIssue[];
}

/** The schema of a type's metadata: its fields, `related_issue_keys`, and whatever else the caller adds. */
export function metadataSchema(definition: EventTypeDefinition, fields: FieldKinds): MetadataSchema {
  const shape: Record<string, z.ZodMiniType> = { ...definition.required(fields) };
  const optional = {
    ...definition.optional(fields),
    related_issue_keys: fields.list("Other issues that the event concerns."),
  };
  for (const [name, schema] of Object.entries(optional)) shape[name] = z.optional(schema);
  return z.looseObject(shape);
}

/** Compiling takes milliseconds, which a process that logs one event does not get back. */
const COMPILED_FROM_USE = 4;

/** The validator of a metadata schema, compiled once the type turns out to be in use. */
export function metadataValidator(schema: MetadataSchema): MetadataValidator {
  let current = schema;
  let uses = 0;
  return {
    accepts(metadata) {
      if (++uses === COMPILED_FROM_USE) current = z.compile(schema);
      return z.validate(current, metadata);
    },
    issues: (metadata) =>
      z.safeParse(schema, metadata).error?.issues.map((issue) => asIssue(issue, metadata)) ?? [],
  };
}

function asIssue(issue: z.core.$ZodIssue, metadata: JsonObject): ValidationIssue {
  const segments = issue.path.map((segment) => (typeof segment === "symbol" ? String(segment) : segment));
  return {
    path: jsonPath(["metadata", ...segments]),
    message: messageOf(issue, valueAt(metadata, segments)),
  };
}

function messageOf(issue: z.core.$ZodIssue, value: Json | undefined): string {
  if (value === undefined) return "is missing";
  switch (issue.code) {
    case "invalid_type":
      return `must be ${KIND_NAMES.get(issue.expected) ?? `a ${issue.expected}`}, not ${kindOf(value)}`;
    case "invalid_value":
      return `must be one of ${issue.values.join(", ")}`;
    case "too_small":
      return issue.origin === "string" ? "must not be empty" : `must be at least ${issue.minimum}`;
    default:
      return issue.message;
  }
}

/** Zod's names of kinds that do not read well with a plain "a" before them. */
const KIND_NAMES = new Map<string, string>([
  ["int", "a whole number"],
  ["object", "an object"],
  ["array", "an array"],
]);

function valueAt(root: Json, segments: readonly (string | number)[]): Json | undefined {
  let value: Json | undefined = root;
  for (const segment of segments) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Readonly<Record<string | number, Json | undefined>>)[segment];
  }
  return value;
}
