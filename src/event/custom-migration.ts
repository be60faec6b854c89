import type { Json, JsonObject } from "./envelope.ts";
import { isObject } from "./envelope-rules.ts";
import type { Migration } from "./migration.ts";

/** The keyword of a custom type's schema that says how metadata of an older version becomes this one. */
export const MIGRATION_KEYWORD = "x-migrate";

/** What the keyword may hold. */
interface CustomMigration {
  /** The older version. */
  readonly from: string;
  /** Fields that only changed their name, old name to new. */
  readonly rename: Readonly<Record<string, string>>;
  /** Fields that are gone. */
  readonly remove: readonly string[];
  /** Values of fields that older events do not have. */
  readonly add: JsonObject;
}

const KEYS = ["from", "rename", "remove", "add"];

/**
 * The step that a schema's `x-migrate` describes, or undefined where it has none.
 * @param fail throws what is wrong, in words.
 */
export function customMigration(
  { type, version, schema }: { readonly type: string; readonly version: string; readonly schema: JsonObject },
  fail: (why: string) => Error,
): Migration | undefined {
  const given = schema[MIGRATION_KEYWORD];
  if (given === undefined) return undefined;
  const { from, rename, remove, add } = parsed(given, fail);
  const gone = new Set(remove);
  return {
    type,
    from,
    to: version,
    renames: rename,
    migrate: (metadata) => ({
      ...add,
      ...Object.fromEntries(Object.entries(metadata).filter(([name]) => !gone.has(name))),
    }),
  };
}

function parsed(given: Json, fail: (why: string) => Error): CustomMigration {
  const problem = (what: string): Error => fail(`${MIGRATION_KEYWORD} ${what}`);
  if (!isObject(given)) throw problem("is not an object");
  const unknown = Object.keys(given).find((key) => !KEYS.includes(key));
  if (unknown !== undefined)
    throw problem(`knows no ${JSON.stringify(unknown)}; it takes ${KEYS.join(", ")}`);
  const { from, rename = {}, remove = [], add = {} } = given;
  if (typeof from !== "string") throw problem("does not say from which version");
  if (!isObject(rename) || !Object.values(rename).every(isText))
    throw problem("rename is not names by names");
  if (!Array.isArray(remove) || !(remove as readonly Json[]).every(isText))
    throw problem("remove is not a list of names");
  if (!isObject(add)) throw problem("add is not an object of values by names");
  return {
    from,
    rename: rename as Readonly<Record<string, string>>,
    remove: remove as readonly string[],
    add,
  };
}

const isText = (value: Json): value is string => typeof value === "string";
