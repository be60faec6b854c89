import { ConfigError } from "../errors.ts";

/** A metadata field that holds personal data, and whose it is. */
export interface PersonalField {
  /** An event type, or `*` for all. */
  readonly type: string;
  readonly field: string;
  /** The metadata field that names the person; without one the value itself does. */
  readonly subject: string | undefined;
}

const SHAPE =
  /^(?<type>\*|[A-Z][A-Za-z0-9]{0,63})\.(?<field>[A-Za-z_][A-Za-z0-9_]{0,63})(?::(?<subject>[A-Za-z_][A-Za-z0-9_]{0,63}))?$/;

/** Personal fields by event type; `*` stands for all. */
export type PersonalFields = ReadonlyMap<string, readonly PersonalField[]>;

/**
 * Reads the `personal.fields` of the configuration.
 * @throws ConfigError for an entry that is none.
 *
 * @example
 * ```ts
 * const fields = personalFields(["CommentPosted.posted_by", "CommentPosted.comment_body:posted_by", "*.author"]);
 * ```
 */
export function personalFields(entries: readonly string[]): PersonalFields {
  const fields = new Map<string, PersonalField[]>();
  for (const entry of entries) {
    const { type, field, subject } = SHAPE.exec(entry)?.groups ?? {};
    if (type === undefined || field === undefined) throw unusable(entry);
    const known = fields.get(type) ?? [];
    fields.set(type, [...known, { type, field, subject }]);
  }
  return fields;
}

/** The personal fields of a type. */
export function fieldsOf(fields: PersonalFields, type: string): readonly PersonalField[] {
  return [...(fields.get(type) ?? []), ...(fields.get("*") ?? [])];
}

function unusable(entry: string): ConfigError {
  return new ConfigError("ESO_INVALID_CONFIG", `personal.fields: ${JSON.stringify(entry)} names no field`, {
    hint: "Write Type.field, or Type.field:subject_field when another field says whose it is; * stands for every type.",
    details: { path: "personal.fields" },
  });
}
