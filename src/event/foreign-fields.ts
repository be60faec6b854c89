import { ENVELOPE_FIELDS, type JsonObject, STORE_FIELDS } from "./envelope.ts";
import type { FieldReader } from "./envelope-rules.ts";
import { suggest } from "./suggest.ts";

const STORE_SET: ReadonlySet<string> = new Set(STORE_FIELDS);
const CALLER_FIELDS = new Set(ENVELOPE_FIELDS.filter((field) => !STORE_SET.has(field)) as readonly string[]);

/** Rejects top-level fields that only the store sets or that an event does not have. */
export function rejectForeignFields(event: JsonObject, fields: FieldReader): void {
  for (const field of Object.keys(event)) {
    if (!CALLER_FIELDS.has(field) && event[field] !== undefined) fields.reject(field, whyForeign(field));
  }
}

function whyForeign(field: string): string {
  if (STORE_SET.has(field)) return "is set by the store; leave it out";
  const [meant] = suggest(field, CALLER_FIELDS);
  if (meant !== undefined) return `is not a field of events; did you mean ${meant}?`;
  return "is not a field of events; fields of your own go into metadata";
}
