import { appendFileSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { addUp, type Counters, type CounterShelf } from "../../log/counters.ts";
import { nodeDisk, systemCode } from "./disk.ts";
import { layoutOf } from "./layout.ts";

/** Lines are folded into one when the file has grown beyond this. */
const FOLD_BYTES = 256 * 1024;

/** Counters as one JSON line a process in `.store/metrics`, appended whole, so that no lock is needed. */
export function counterFile(base: string): CounterShelf {
  const folder = layoutOf(base).metrics;
  const path = join(folder, "counters.jsonl");
  return {
    add(counters) {
      try {
        nodeDisk.makeFolder(folder);
        appendFileSync(path, `${JSON.stringify(counters)}\n`, { mode: 0o600 });
        if ((nodeDisk.sizeAt(path) ?? 0) > FOLD_BYTES) fold(path);
      } catch (error) {
        // Statistics that the disk does not take are no reason for a store not to close.
        if (systemCode(error) === undefined) throw error;
      }
    },
    load: () => linesOf(path),
  };
}

function fold(path: string): void {
  const aside = `${path}.${process.pid}.${Date.now()}`;
  renameSync(path, aside);
  const sum = addUp(linesOf(aside));
  if (sum !== undefined) appendFileSync(path, `${JSON.stringify(sum)}\n`, { mode: 0o600 });
  rmSync(aside, { force: true });
}

function linesOf(path: string): Counters[] {
  try {
    return readFileSync(path, "utf8").split("\n").flatMap(parsed);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

function parsed(line: string): Counters[] {
  if (line === "") return [];
  try {
    return [JSON.parse(line) as Counters];
  } catch {
    // A line that a dying process left half written counts for nothing.
    return [];
  }
}
