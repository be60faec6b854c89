import * as z from "zod/mini";

import type { ValidationIssue } from "../errors.ts";
import type { EventTypeDefinition } from "./definition.ts";
import type { JsonObject } from "./envelope.ts";
import type { FieldKinds } from "./fields.ts";
import { jsonPath } from "./json-path.ts";

/** Checks the metadata of one event type. */
export interface MetadataValidator {
  /** The fast answer. */
  accepts(metadata: JsonObject): boolean;
  /** Why not; paths begin at the event, `$.metadata…`. */
  issues(metadata: JsonObject): readonly ValidationIssue[];
}

/** The schema of a type's metadata: its fields, `related_issue_keys`, and whatever else the caller adds. */
export function metadataSchema(definition: EventTypeDefinition, fields: FieldKinds): z.ZodMiniType {
  const shape: Record<string, z.ZodMiniType> = { ...definition.required(fields) };
  const optional = {
    ...definition.optional(fields),
    issue_key: fields.name("Copied to the envelope, with which it must agree."),
    related_issue_keys: fields.list("Other issues that the event concerns."),
  };
  for (const [name, schema] of Object.entries(optional)) shape[name] = z.optional(schema);
  return z.looseObject(shape);
}

/** Compiles a type's validator; about a millisecond, so do it once and only for types in use. */
export function metadataValidator(definition: EventTypeDefinition, fields: FieldKinds): MetadataValidator {
  const schema = z.compile(metadataSchema(definition, fields));
  return {
    accepts: (metadata) => z.validate(schema, metadata),
    issues: (metadata) => z.safeParse(schema, metadata).error?.issues.map(asIssue) ?? [],
  };
}

function asIssue(issue: z.core.$ZodIssue): ValidationIssue {
  const segments = issue.path.map((segment) => (typeof segment === "symbol" ? String(segment) : segment));
  return { path: jsonPath(["metadata", ...segments]), message: messageOf(issue) };
}

function messageOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined
        ? "is missing"
        : `must be ${article(issue.expected)}, not ${kindOf(issue.input)}`;
    case "invalid_value":
      return `must be one of ${issue.values.join(", ")}`;
    case "too_small":
      return issue.origin === "string" ? "must not be empty" : `must be at least ${issue.minimum}`;
    case "invalid_format":
      return `must ${formatRule(issue)}`;
    case "invalid_union":
      return "has none of the kinds that this field may have: see the event type's reference";
    default:
      return issue.message;
  }
}

function formatRule(issue: z.core.$ZodIssueInvalidStringFormat): string {
  if (issue.pattern?.includes("0-9a-fA-F") === true) return "be 7 to 40 hex digits";
  return "be an ISO 8601 time with Z or an offset, such as 2026-01-31T12:00:00Z";
}

const article = (kind: string): string => {
  const name = KIND_NAMES.get(kind) ?? kind;
  return /^[aio]/.test(name) ? `an ${name}` : `a ${name}`;
};

const KIND_NAMES = new Map([
  ["int", "whole number"],
  ["record", "object"],
]);

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return article(typeof value);
}
