import { dirname, join } from "node:path";

import { type Disk, nodeDisk, systemCode } from "./disk.ts";
import { layoutOf } from "./layout.ts";
import { readWhole, replaceDerived } from "./write-atomic.ts";

/** The texts that explain a store, by their path in it. Made only when one is missing. */
export type StoreTexts = () => Promise<Readonly<Record<string, string>>>;

const CUSTOM_SCHEMAS = join("schemas", "custom");

/** Whether a store's folder explains itself already; one look at the disk. */
export function hasStoreTexts(base: string, disk: Disk = nodeDisk): boolean {
  return disk.kind(layoutOf(base).readme) !== undefined;
}

/**
 * Writes README.md and the schemas into a store, for people and tools that come upon it. Files that are there
 * stay as they are unless `force` is set, and even then only those that differ are replaced.
 *
 * @returns the paths written, relative to the store.
 */
export async function writeStoreTexts(
  base: string,
  texts: StoreTexts,
  { force = false, disk = nodeDisk }: { force?: boolean; disk?: Disk } = {},
): Promise<string[]> {
  if (!force && hasStoreTexts(base, disk)) return [];
  makeFolders(disk, base, CUSTOM_SCHEMAS);
  const written: string[] = [];
  // README.md last: its presence says that the others are there.
  const readmeLast = Object.entries(await texts()).sort(
    ([a], [b]) => Number(a === "README.md") - Number(b === "README.md"),
  );
  for (const [name, text] of readmeLast) {
    const path = join(base, name);
    makeFolders(disk, base, dirname(name));
    const present = readWhole(disk, path)?.toString();
    if (present === text || (present !== undefined && !force)) continue;
    replaceDerived(disk, path, text);
    written.push(name);
  }
  return written;
}

function makeFolders(disk: Disk, base: string, relative: string): void {
  let folder = base;
  for (const part of relative.split(/[/\\]/)) {
    if (part === ".") continue;
    folder = join(folder, part);
    disk.makeFolder(folder);
  }
}

/** Like `writeStoreTexts`, but a folder that cannot take them is no reason to refuse work. */
export async function offerStoreTexts(base: string, texts: StoreTexts): Promise<void> {
  try {
    await writeStoreTexts(base, texts);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}
