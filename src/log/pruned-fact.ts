import { hash } from "node:crypto";

import { isObject } from "../event/envelope-rules.ts";
import type { Json, StoredEvent } from "../event/envelope.ts";

/** The field in which what stands for a pruned event carries the digest of its input. */
export const PRUNED_INPUT = "pruned_input";

/** The digest of what was given for a pruned event; undefined for an event that is there. */
export function prunedInput(event: StoredEvent): string | undefined {
  const value: unknown = Reflect.get(event, PRUNED_INPUT);
  return typeof value === "string" ? value : undefined;
}

/** A digest of fields, the same whatever the order of their names. */
export function inputDigest(fields: Readonly<Record<string, unknown>>): string {
  return hash("sha256", canonical(fields as Json));
}

function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonical(item)).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const names = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name] ?? null)}`).join(",")}}`;
}
