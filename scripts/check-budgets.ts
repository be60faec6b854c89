import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

import packageJson from "../package.json" with { type: "json" };

/** Sizes that creep; each limit is what the thing needs today with some air. */
const BUDGETS = {
  "the command's first two files, bytes": [
    fileBytes("dist/bin/eso.js") + fileBytes("dist/bin/main.js"),
    60_000,
  ],
  "the whole command, bytes": [folderBytes("dist/bin"), 1_600_000],
  "runtime dependencies": [Object.keys(packageJson.dependencies).length, 8],
  "ARCHITECTURE.md, lines": [lines("ARCHITECTURE.md"), 200],
} as const;

function fileBytes(path: string): number {
  return statSync(path).size;
}

function folderBytes(path: string): number {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + fileBytes(join(entry.parentPath, entry.name)), 0);
}

function lines(path: string): number {
  return readFileSync(path, "utf8").split("\n").length - 1;
}

let over = 0;
for (const [name, [value, limit]] of Object.entries(BUDGETS)) {
  const ok = value <= limit;
  if (!ok) over++;
  console.log(`${ok ? "ok  " : "OVER"} ${name}: ${value} of ${limit}`);
}
process.exitCode = over === 0 ? 0 : 1;
