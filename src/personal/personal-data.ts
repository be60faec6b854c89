import { randomUUID } from "node:crypto";

import type { EventInput, JsonObject, StoredEvent } from "../event/envelope.ts";
import { openValue, pseudonymIn, sealValue } from "./personal-cipher.ts";
import { fieldsOf, type PersonalFields } from "./personal-fields.ts";
import type { SubjectKeys } from "./subject-keys.ts";

/** Encrypts declared personal data on the way in, and brings it back on the way out while its key exists. */
export class PersonalData {
  readonly #fields: PersonalFields;
  readonly #keys: SubjectKeys;

  constructor(fields: PersonalFields, keys: SubjectKeys) {
    this.#fields = fields;
    this.#keys = keys;
  }

  /**
   * The event with its personal fields encrypted. The encryption is bound to the event's natural key, else to its id:
   * one with neither gets an id here.
   */
  protect<E extends EventInput>(input: E): E {
    const fields = fieldsOf(this.#fields, input.event_type);
    const { metadata } = input;
    if (fields.length === 0 || typeof metadata !== "object" || metadata === null) return input;
    const given = metadata as JsonObject;
    const made = input.idempotency_key === undefined && input.event_id === undefined;
    const event_id = made ? randomUUID() : input.event_id;
    const event = input.idempotency_key ?? event_id?.toLowerCase() ?? "";
    const sealed: Record<string, string> = {};
    for (const { field, subject } of fields) {
      const value = given[field];
      const whose = subject === undefined ? value : given[subject];
      if (typeof value !== "string" || typeof whose !== "string" || value === "" || whose === "") continue;
      if (pseudonymIn(value) !== undefined) continue;
      sealed[field] = sealValue(value, this.#keys.obtain(whose), { event, field });
    }
    if (Object.keys(sealed).length === 0) return input;
    return { ...input, ...(event_id === undefined ? {} : { event_id }), metadata: { ...given, ...sealed } };
  }

  /** The event as it was logged, but for what has been forgotten since. */
  reveal(stored: StoredEvent): StoredEvent {
    const event = stored.idempotency_key ?? stored.event_id;
    let metadata: Record<string, JsonObject[string]> | undefined;
    for (const [field, value] of Object.entries(stored.metadata)) {
      if (typeof value !== "string" || !value.startsWith("personal:v1:")) continue;
      const opened = openValue(value, (pseudonym) => this.#keys.find(pseudonym), { event, field });
      if (opened !== undefined) (metadata ??= { ...stored.metadata })[field] = opened;
    }
    return metadata === undefined ? stored : { ...stored, metadata };
  }
}
