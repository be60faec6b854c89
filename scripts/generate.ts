import { readdirSync } from "node:fs";

/** Runs every other generator of this folder. */
for (const name of readdirSync(import.meta.dirname).sort()) {
  if (name.startsWith("generate-") && name.endsWith(".ts")) await import(`./${name}`);
}
