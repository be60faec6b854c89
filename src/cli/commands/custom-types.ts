import { join } from "node:path";

import { readCustomTypeFolder } from "../../event/custom-type-folder.ts";
import { type CustomType, loadCustomTypes } from "../../event/custom-types.ts";
import type { Context } from "../context.ts";

/** The event types that the store's `schemas/custom/` folder registers; none where there is no store. */
export async function customTypesOf(context: Context): Promise<readonly CustomType[]> {
  return loadCustomTypes(await readCustomTypeFolder(join(await context.storePath(), "schemas", "custom")));
}
