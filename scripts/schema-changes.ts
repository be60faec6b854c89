import type { Json, JsonObject } from "../src/event/envelope.ts";
import { isObject } from "../src/event/envelope-rules.ts";

/** What a new version of a schema does to a field. */
export interface SchemaChange {
  readonly field: string;
  readonly what:
    | "removed"
    | "now required"
    | "no longer required"
    | "of another kind"
    | "takes fewer values"
    | "takes more values"
    | "added"
    | "described anew";
}

type Level = "patch" | "minor" | "major";

/**
 * Removed and newly required fields break writers, and fields that are gone, of another kind or no longer
 * certain break readers.
 */
const LEVEL: Readonly<Record<SchemaChange["what"], Level>> = {
  removed: "major",
  "now required": "major",
  "no longer required": "major",
  "of another kind": "major",
  "takes fewer values": "major",
  "takes more values": "minor",
  added: "minor",
  "described anew": "patch",
};

/** Which part of the version changes like these must raise. */
export function levelOf(changes: readonly SchemaChange[]): Level {
  const levels = new Set(changes.map(({ what }) => LEVEL[what]));
  return levels.has("major") ? "major" : levels.has("minor") ? "minor" : "patch";
}

export const isBreaking = ({ what }: SchemaChange): boolean => LEVEL[what] === "major";

/** How the metadata's schema differs, field by field. */
export function schemaChanges(before: JsonObject, now: JsonObject): SchemaChange[] {
  const [old, fields] = [fieldsOf(before), fieldsOf(now)];
  const [needed, needs] = [requiredOf(before), requiredOf(now)];
  const changes: SchemaChange[] = [];
  for (const field of new Set([...Object.keys(old), ...Object.keys(fields)])) {
    const [was, is] = [old[field], fields[field]];
    if (is === undefined) changes.push({ field, what: "removed" });
    else if (was === undefined) changes.push({ field, what: needs.has(field) ? "now required" : "added" });
    else {
      if (needs.has(field) && !needed.has(field)) changes.push({ field, what: "now required" });
      if (!needs.has(field) && needed.has(field)) changes.push({ field, what: "no longer required" });
      const what = ruleChange(was, is);
      if (what !== undefined) changes.push({ field, what });
    }
  }
  return changes;
}

function ruleChange(was: Json, is: Json): SchemaChange["what"] | undefined {
  if (JSON.stringify(was) === JSON.stringify(is)) return undefined;
  if (ruleText(was) === ruleText(is)) return "described anew";
  const [before, now] = [valuesOf(was), valuesOf(is)];
  if (before === undefined || now === undefined) return "of another kind";
  return [...before].every((value) => now.has(value)) ? "takes more values" : "takes fewer values";
}

/** A field's rule without its words. */
function ruleText(rule: Json): string {
  return JSON.stringify(rule, (key, value: Json) =>
    key === "description" || key === "examples" ? undefined : value,
  );
}

function valuesOf(rule: Json): ReadonlySet<Json> | undefined {
  return isObject(rule) && Array.isArray(rule["enum"]) ? new Set<Json>(rule["enum"]) : undefined;
}

function fieldsOf({ properties }: JsonObject): JsonObject {
  return properties !== undefined && isObject(properties) ? properties : {};
}

function requiredOf({ required }: JsonObject): ReadonlySet<Json> {
  return new Set<Json>(Array.isArray(required) ? required : []);
}
