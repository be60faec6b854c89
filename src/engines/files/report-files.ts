import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { systemCode } from "./disk.ts";

/** Reports that the store has made are named so; what else lies in the folder is left alone. */
const REPORT = /^audit-/;

/** Removes generated reports; gives how many there were. */
export async function removeReports(folder: string): Promise<number> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return 0;
    throw error;
  }
  const reports = names.filter((name) => REPORT.test(name));
  for (const name of reports) await rm(join(folder, name), { recursive: true, force: true });
  return reports.length;
}
