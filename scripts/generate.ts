/** Runs every generator of this folder, each as a process of its own, since they write only when they are the program. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

for (const name of readdirSync(import.meta.dirname).sort()) {
  if (!name.startsWith("generate-") || !name.endsWith(".ts")) continue;
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, name)], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
