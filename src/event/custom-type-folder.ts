import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

import { ConfigError } from "../errors.ts";
import type { CustomTypeFile } from "./custom-types.ts";

/** A schema is a page or two; more is a mistake or an attack. */
const FILE_BYTES_MAX = 1_048_576;

/**
 * The JSON files of a `schemas/custom/` folder by name; none when there is no such folder.
 *
 * @throws ConfigError for files of more than a megabyte.
 */
export async function readCustomTypeFolder(folder: string): Promise<readonly CustomTypeFile[]> {
  const names = (await namesIn(folder)).filter((name) => name.endsWith(".json")).sort();
  return Promise.all(names.map((name) => readSchema(folder, name)));
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

async function readSchema(folder: string, name: string): Promise<CustomTypeFile> {
  const path = join(folder, name);
  if ((await stat(path)).size > FILE_BYTES_MAX) {
    throw new ConfigError("ESO_INVALID_CONFIG", `${path} is too large for a schema`, { details: { path } });
  }
  return { name, text: await readFile(path, "utf8") };
}
