import * as z from "zod/mini";

import type { JsonObject } from "./envelope.ts";
import { ISO_TIME, ISO_TIME_RULE } from "./iso-time.ts";
import { DEFAULT_PHASES } from "./phases.ts";

/** Stands in the place of a text that is too long for a line; the bytes lie in `.store/blobs/<sha256>`. */
export interface BlobRef {
  readonly $blob: string;
  readonly bytes: number;
  readonly media_type?: string;
}

/** An abbreviated or full commit id. */
export const SHA = /^[0-9a-fA-F]{7,40}$/;
const BLOB_DIGEST = /^[0-9a-f]{64}$/;

/** Zod cannot say "any JSON object" without walking it again, and the door has walked it already. */
const anyObject = (): z.ZodMiniType<JsonObject> => z.looseObject({}) as unknown as z.ZodMiniType<JsonObject>;

const blobRef = (): z.ZodMiniType<BlobRef> =>
  z.looseObject({
    $blob: z.string().check(z.regex(BLOB_DIGEST, "must be a SHA-256 digest, 64 hex digits")),
    bytes: z.int().check(z.gte(0)),
    media_type: z.optional(z.string()),
  }) as unknown as z.ZodMiniType<BlobRef>;

/** The description goes into the JSON Schema and the reference page. */
function described<S extends z.ZodMiniType>(schema: S, description: string): S {
  z.globalRegistry.add(schema, { description });
  return schema;
}

/**
 * The kinds of metadata fields. Type definitions receive them as a parameter and so do not import zod:
 * readers, which never validate, do not pay for loading it.
 *
 * @param phases what a phase field may say; without it any string, for the published JSON Schemas.
 */
export function fieldKinds(phases?: readonly string[]) {
  return {
    /** Names, ids, keys and statuses: never empty. */
    name: (description: string) => described(z.string().check(z.minLength(1)), description),
    /** Free text, empty allowed. */
    text: (description: string) => described(z.string(), description),
    /** Free text that may be long: the string itself or a reference to an attached blob. */
    longText: (description: string) =>
      described(z.union([z.string(), blobRef()], "must be a string or a reference to a blob"), description),
    /** A commit, 7 to 40 hex digits. */
    sha: (description: string) =>
      described(z.string().check(z.regex(SHA, "must be 7 to 40 hex digits")), description),
    /** How many of something: a whole number from 0. */
    count: (description: string) => described(z.int().check(z.gte(0)), description),
    /** A number in a row, from 1. */
    ordinal: (description: string) => described(z.int().check(z.gte(1)), description),
    /** Durations, scores and costs. */
    number: (description: string) => described(z.number(), description),
    yesNo: (description: string) => described(z.boolean(), description),
    /** ISO 8601 with `Z` or an offset; kept as it was written. */
    time: (description: string) => described(z.string().check(z.regex(ISO_TIME, ISO_TIME_RULE)), description),
    list: (description: string) => described(z.array(z.string()), description),
    object: (description: string) => described(anyObject(), description),
    objects: (description: string) => described(z.array(anyObject()), description),
    /** Remarks, or how many there are. */
    textOrCount: (description: string) =>
      described(
        z.union([z.string(), z.int().check(z.gte(0))], "must be a string or a whole number"),
        description,
      ),
    oneOf: <const V extends readonly string[]>(values: V, description: string) =>
      described(z.enum(values), description),
    /** One of the configured phases. */
    phase(description: string): z.ZodMiniType<string> {
      if (phases !== undefined) return described(z.enum(phases), description);
      const schema = z.string().check(z.minLength(1));
      z.globalRegistry.add(schema, { description, examples: [...DEFAULT_PHASES] });
      return schema;
    },
  };
}

/** What a type definition builds its metadata from. */
export type FieldKinds = ReturnType<typeof fieldKinds>;
