import type { Migration } from "./migration.ts";

/**
 * Every step from an older version of a built-in type to a newer one, in any order. A major version without a
 * step that leads to it is refused by `scripts/check-released-schemas.ts`; a compatible one needs none.
 *
 * Not everything reads through them: a type's `effect` on its run, when a catalogue is rebuilt, and the fields that
 * queries filter by see lines as they are stored. A step that renames such a field leaves both names to be read there.
 */
export const MIGRATIONS: readonly Migration[] = [];
