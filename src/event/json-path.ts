import type { Json } from "./envelope.ts";

const PLAIN_KEY = /^[A-Za-z_$][A-Za-z0-9_$]*$/;

/** A JSON path such as `$.metadata.labels[2]`; keys that are no names are quoted. */
export function jsonPath(segments: readonly (string | number)[]): string {
  let path = "$";
  for (const segment of segments) {
    if (typeof segment === "number") path += `[${segment}]`;
    else path += PLAIN_KEY.test(segment) ? `.${segment}` : `[${JSON.stringify(segment)}]`;
  }
  return path;
}

/** What kind of JSON value this is, for messages. */
export function kindOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
