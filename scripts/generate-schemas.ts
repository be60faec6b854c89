/** Writes `schemas/` and `docs/reference/event-types.md` from the event types. Run: node scripts/generate-schemas.ts */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { referencePage } from "../src/event/reference-page.ts";
import { schemaFiles } from "../src/event/schema-files.ts";
import { digestOf, readIfThere, recordReleased, releasedSchemas } from "./released-schemas.ts";

const GOLDEN = /^\d+\.\d+\.\d+\//;

/**
 * @throws when the schema of a version that is already on disk would change: that version is released, and
 *   events validated by it are stored.
 */
export async function generateSchemas(root: string): Promise<void> {
  const files = Object.entries(schemaFiles());
  const golden = files.filter(([path]) => GOLDEN.test(path));
  const released = await releasedSchemas(root);
  const changed: string[] = [];
  for (const [path, text] of golden) {
    const existing = await readIfThere(join(root, "schemas", path));
    const digest = released[path] ?? digestOf(text);
    if (existing !== undefined && (existing !== text || digest !== digestOf(text))) changed.push(path);
  }
  if (changed.length > 0) {
    throw new Error(
      `released schemas would change: ${changed.join(", ")}. Bump the type's version, note the change in its ` +
        "definition and add a migration; a version that was never published may be deleted from schemas/ first.",
    );
  }
  for (const [path, text] of files) await write(join(root, "schemas", path), text);
  const digests = Object.fromEntries(golden.map(([path, text]) => [path, digestOf(text)]));
  await recordReleased(root, { ...released, ...digests });
  await write(join(root, "docs", "reference", "event-types.md"), referencePage());
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

if (import.meta.main) await generateSchemas(join(import.meta.dirname, ".."));
