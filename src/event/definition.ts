import type * as z from "zod/mini";

import type { JsonObject } from "./envelope.ts";
import type { FieldKinds } from "./fields.ts";
import type { RunEffect } from "./prepared.ts";

/** Metadata fields by name. */
export type Shape = Readonly<Record<string, z.ZodMiniType>>;

/** Spelled out by the editor instead of shown as an intersection. */
type Flat<T> = { [K in keyof T]: T[K] };

/** The fields that a definition names, as they are read. */
export type KnownMetadata<R extends Shape, O extends Shape> = Flat<
  { readonly [K in keyof R]: z.infer<R[K]> } & { readonly [K in keyof O]?: z.infer<O[K]> } & {
    readonly related_issue_keys?: readonly string[];
  }
>;

/** One event type: the single source of its TypeScript type, its validator, its JSON Schema and its docs. */
export interface EventTypeDefinition<
  T extends string = string,
  R extends Shape = Shape,
  O extends Shape = Shape,
> {
  readonly type: T;
  /** Semver of the metadata's schema; stored as `event_version`. */
  readonly version: string;
  readonly description: string;
  /** What changed, by version, oldest first; only needed once there is more than one version. */
  readonly changes?: Readonly<Record<string, string>>;
  /** Fields without which an event is rejected. Called on the type's first validation, never on import. */
  required(fields: FieldKinds): R;
  /** Fields that are checked when they are there. */
  optional(fields: FieldKinds): O;
  /** What such an event does to its stream's run. */
  effect?(metadata: KnownMetadata<R, O>): RunEffect | undefined;
}

/** The metadata of a definition as read: its fields typed, further ones any JSON. */
export type MetadataOf<D> =
  D extends EventTypeDefinition<string, infer R, infer O> ? KnownMetadata<R, O> & JsonObject : never;

/** The metadata of a definition as given by a caller: further fields are allowed and kept. */
export type MetadataInputOf<D> =
  D extends EventTypeDefinition<string, infer R, infer O>
    ? Flat<
        { readonly [K in keyof R]: z.infer<R[K]> } & {
          readonly [K in keyof O]?: z.infer<O[K]> | undefined;
        } & { readonly related_issue_keys?: readonly string[] | undefined; readonly [field: string]: unknown }
      >
    : never;

/** Names the type parameters of a definition, so that the registry knows each type's fields. */
export function defineEventType<const T extends string, R extends Shape, O extends Shape>(
  definition: EventTypeDefinition<T, R, O>,
): EventTypeDefinition<T, R, O> {
  return definition;
}
