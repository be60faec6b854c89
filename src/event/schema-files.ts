import * as z from "zod/mini";

import type { EventTypeDefinition } from "./definition.ts";
import type { Json, JsonObject } from "./envelope.ts";
import { envelopeJsonSchema } from "./envelope-schema.ts";
import { type FieldKinds, fieldKinds } from "./fields.ts";
import { metadataSchema } from "./metadata-validator.ts";
import { definitionOf, EVENT_TYPE_NAMES } from "./registry.ts";

const DIALECT = "https://json-schema.org/draft/2020-12/schema";
const URN = "urn:event-sourcing-orchestrator:schema";

/** The definitions that callers may log, in catalogue order. */
export const CATALOGUE: readonly EventTypeDefinition[] = EVENT_TYPE_NAMES.flatMap(
  (name) => definitionOf(name) ?? [],
);

/**
 * The published JSON Schemas by path below `schemas/`: every event in one schema, the history of versions,
 * and the metadata of each type in its newest version. Takes some milliseconds; import this file only when
 * the texts are needed.
 *
 * @example
 * ```ts
 * const { schemaFiles } = await import("./schema-files.ts");
 * for (const [path, text] of Object.entries(schemaFiles())) await writeFile(join(folder, path), text);
 * ```
 */
export function schemaFiles(): Readonly<Record<string, string>> {
  const fields = fieldKinds();
  const files: Record<string, string> = {
    "orchestration-events.json": rendered(allEvents(fields)),
    "version-history.json": rendered(versionHistory()),
  };
  for (const definition of CATALOGUE) {
    files[goldenPath(definition.type, definition.version)] = rendered({
      $schema: DIALECT,
      $id: `${URN}:${definition.type}:${definition.version}`,
      title: definition.type,
      ...metadataJsonSchema(definition, fields),
    });
  }
  return files;
}

/** The JSON Schema of a type's metadata. */
export function metadataJsonSchema(definition: EventTypeDefinition, fields: FieldKinds): JsonObject {
  const schema = z.toJSONSchema(metadataSchema(definition, fields), { target: "draft-2020-12", io: "input" });
  const { type, properties, required } = schema;
  return {
    description: definition.description,
    ...(JSON.parse(JSON.stringify({ type, required, properties })) as JsonObject),
  };
}

const goldenPath = (type: string, version: string): string => `${version}/${type}.json`;

const rendered = (value: Json): string => `${JSON.stringify(value, undefined, 2)}\n`;

function allEvents(fields: FieldKinds): JsonObject {
  const types = CATALOGUE.map((definition) => [definition.type, eventSchema(definition, fields)] as const);
  const defs = {
    ...Object.fromEntries(types),
    StoreEvent: storeEventSchema(),
    Envelope: envelopeJsonSchema(),
  };
  return {
    $schema: DIALECT,
    $id: `${URN}:orchestration-events`,
    title: "Orchestration event",
    description: "A stored event. Its event_type says which of the alternatives it is.",
    oneOf: [...types.map(([type]) => type), "StoreEvent"].map((name) => ({ $ref: `#/$defs/${name}` })),
    $defs: defs,
  };
}

function eventSchema(definition: EventTypeDefinition, fields: FieldKinds): JsonObject {
  return {
    description: definition.description,
    $ref: "#/$defs/Envelope",
    properties: {
      event_type: { const: definition.type },
      metadata: metadataJsonSchema(definition, fields),
    },
  };
}

function storeEventSchema(): JsonObject {
  return {
    description: "The store's own housekeeping, which callers cannot log.",
    $ref: "#/$defs/Envelope",
    properties: { event_type: { pattern: "^Store[A-Z]" } },
  };
}

function versionHistory(): JsonObject {
  return {
    description: "Versions of each event type, oldest first; released schemas never change.",
    types: Object.fromEntries(CATALOGUE.map((definition) => [definition.type, releases(definition)])),
  };
}

function releases({ type, version, changes }: EventTypeDefinition): Json {
  const all = changes ?? { [version]: "First version." };
  return Object.entries(all).map(([released, change]) => ({
    version: released,
    change,
    schema: goldenPath(type, released),
  }));
}
