import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { systemCode } from "./disk.ts";
import { isDay, layoutOf } from "./layout.ts";

/** Bytes and numbers of what lies in a store's folder. */
export interface DiskFigures {
  readonly hot_bytes: number;
  readonly archived_bytes: number;
  readonly journal_bytes: number;
  readonly snapshots: number;
}

/** Walks a store's folder and adds up what its files take. */
export function diskFigures(base: string): DiskFigures {
  const layout = layoutOf(base);
  const figures = { hot_bytes: 0, archived_bytes: 0, journal_bytes: 0, snapshots: 0 };
  for (const name of namesIn(base)) {
    if (!isDay(name) && name !== "global") continue;
    walk(join(base, name), (file, bytes) => {
      if (file === "events.jsonl") figures.hot_bytes += bytes;
      if (file.startsWith("snapshot-")) figures.snapshots++;
    });
  }
  walk(join(base, "archive"), (_file, bytes) => (figures.archived_bytes += bytes));
  walk(layout.journals, (_file, bytes) => (figures.journal_bytes += bytes));
  return figures;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

function walk(folder: string, visit: (file: string, bytes: number) => void): void {
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory() === true) walk(path, visit);
    else if (stat?.isFile() === true) visit(name, stat.size);
  }
}
