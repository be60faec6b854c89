import { ValidationError } from "../errors.ts";
import type { CustomType } from "./custom-types.ts";
import type { EventTypeDefinition } from "./definition.ts";
import type { JsonObject } from "./envelope.ts";
import { type FieldKinds, fieldKinds } from "./fields.ts";
import { metadataSchema, metadataValidator, type MetadataValidator } from "./metadata-validator.ts";
import type { RunEffect } from "./prepared.ts";
import { definitionOf, EVENT_TYPE_NAMES, isStoreEventType } from "./registry.ts";
import { runEffect } from "./run-effect.ts";
import { suggest } from "./suggest.ts";

/** What the door knows about one type. */
export interface KnownType {
  readonly type: string;
  readonly version: string;
  readonly validator: MetadataValidator;
  /** `metadata.phase` is a field of the type, and so the event's phase. */
  readonly hasPhase: boolean;
  readonly effect?: (metadata: JsonObject) => RunEffect | undefined;
}

/** Finds a type by name, its validator compiled on first use. */
export class KnownTypes {
  readonly #known = new Map<string, KnownType>();
  readonly #custom: ReadonlyMap<string, CustomType>;
  readonly #fields: FieldKinds;

  constructor(phases: readonly string[], customTypes: readonly CustomType[]) {
    this.#fields = fieldKinds(phases);
    this.#custom = new Map(customTypes.map((custom) => [custom.type, custom]));
  }

  /**
   * @param internal whether the store itself logs, which alone may use its `Store*` types.
   * @throws ValidationError for unknown types, with what may have been meant.
   */
  get(type: string, internal: boolean): KnownType {
    if (!internal && isStoreEventType(type)) throw reserved(type);
    const known = this.#known.get(type) ?? this.#learn(type);
    if (known === undefined)
      throw unknown(type, suggest(type, [...EVENT_TYPE_NAMES, ...this.#custom.keys()]));
    return known;
  }

  #learn(type: string): KnownType | undefined {
    const definition = definitionOf(type);
    const custom = this.#custom.get(type);
    let known: KnownType | undefined;
    if (definition !== undefined) known = builtIn(definition, this.#fields);
    else if (custom !== undefined) known = { ...custom, hasPhase: false };
    if (known !== undefined) this.#known.set(type, known);
    return known;
  }
}

function builtIn(definition: EventTypeDefinition, fields: FieldKinds): KnownType {
  const schema = metadataSchema(definition, fields);
  return {
    type: definition.type,
    version: definition.version,
    validator: metadataValidator(schema),
    hasPhase: "phase" in schema.shape,
    effect: (metadata) => runEffect(definition.type, metadata),
  };
}

function unknown(type: string, suggestions: readonly string[]): ValidationError {
  const message = `${JSON.stringify(type.slice(0, 100))} is not an event type`;
  return new ValidationError("ESO_UNKNOWN_EVENT_TYPE", message, {
    hint:
      suggestions.length > 0
        ? `Did you mean ${suggestions.join(" or ")}?`
        : "eso schema list shows the types; a type of your own needs a JSON Schema in schemas/custom/.",
    details: { issues: [{ path: "$.event_type", message: "is not an event type" }] },
  });
}

function reserved(type: string): ValidationError {
  const message = "is a type that only the store itself logs";
  return new ValidationError("ESO_INVALID_EVENT", `${JSON.stringify(type.slice(0, 100))} ${message}`, {
    hint: "The store logs Store* events as it works, for instance StoreEventVoided for eso void.",
    details: { issues: [{ path: "$.event_type", message }] },
  });
}
