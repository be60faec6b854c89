import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { JsonObject } from "../src/event/envelope.ts";
import { MIGRATIONS } from "../src/event/migrations.ts";
import { stepsFrom } from "../src/event/migration.ts";
import { compareSemver, parseSemver } from "../src/event/semver.ts";
import { levelOf, schemaChanges } from "./schema-changes.ts";

/** Where the digests of released schemas lie, below `schemas/`. */
export const RELEASED = "released.json";

/** SHA-256 of each released schema file by its path below `schemas/`, such as `1.0.0/AgentFailed.json`. */
export type ReleasedSchemas = Readonly<Record<string, string>>;

/** A version of a type as `version-history.json` lists it. */
export interface Release {
  readonly version: string;
  readonly change: string;
  readonly schema: string;
}

/** Versions of each type, oldest first. */
export type VersionHistory = Readonly<Record<string, readonly Release[]>>;

export const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The digests that are recorded; none where nothing was generated yet. */
export async function releasedSchemas(root: string): Promise<ReleasedSchemas> {
  const text = await readIfThere(join(root, "schemas", RELEASED));
  return text === undefined ? {} : releasedIn(text);
}

export function releasedIn(text: string): ReleasedSchemas {
  return (JSON.parse(text) as { readonly files: ReleasedSchemas }).files;
}

export async function versionHistory(root: string): Promise<VersionHistory> {
  const text = await readFile(join(root, "schemas", "version-history.json"), "utf8");
  return (JSON.parse(text) as { readonly types: VersionHistory }).types;
}

/** Records digests of files that are new. */
export async function recordReleased(root: string, files: ReleasedSchemas): Promise<void> {
  const sorted = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
  const document = {
    description: "SHA-256 of each released schema. A line that stands here never changes.",
    files: Object.fromEntries(sorted),
  };
  await writeFile(join(root, "schemas", RELEASED), `${JSON.stringify(document, undefined, 2)}\n`);
}

/** Everything that is wrong with the released schemas of a folder, in words. */
export async function releaseFaults(root: string): Promise<string[]> {
  const [released, history] = [await releasedSchemas(root), await versionHistory(root)];
  const faults: string[] = [];
  for (const [path, digest] of Object.entries(released)) {
    const text = await readIfThere(join(root, "schemas", path));
    if (text === undefined) faults.push(`schemas/${path} is gone: released schemas stay`);
    else if (digestOf(text) !== digest)
      faults.push(`schemas/${path} was changed: released schemas never change; bump the type's version`);
  }
  const listed = new Set(Object.values(history).flatMap((releases) => releases.map(({ schema }) => schema)));
  for (const path of new Set([...listed, ...(await schemasIn(root))])) {
    if (!Object.hasOwn(released, path)) faults.push(`schemas/${path} has no digest: npm run generate`);
  }
  for (const path of Object.keys(released)) {
    if (!listed.has(path))
      faults.push(`schemas/${path} is not in version-history.json: note it in the type's changes`);
  }
  for (const [type, releases] of Object.entries(history)) {
    faults.push(...(await versionFaults(root, type, releases)));
  }
  return faults;
}

/** What is released, and what a release said of it before, must be the same. */
export function retractions(before: ReleasedSchemas, now: ReleasedSchemas): string[] {
  return Object.entries(before)
    .filter(([path, digest]) => now[path] !== digest)
    .map(([path]) => `schemas/${path} is not what was published: released schemas never change`);
}

async function versionFaults(root: string, type: string, releases: readonly Release[]): Promise<string[]> {
  const faults: string[] = [];
  for (const [index, { version, schema }] of releases.entries()) {
    const before = releases[index - 1];
    if (before === undefined) continue;
    const step = bumpOf(before.version, version);
    if (step === undefined) faults.push(`${type} ${version} does not follow ${before.version}`);
    const [old, now] = [await schemaAt(root, before.schema), await schemaAt(root, schema)];
    if (old === undefined || now === undefined || step === undefined) continue;
    const needed = levelOf(schemaChanges(old, now));
    if (LEVELS.indexOf(step) < LEVELS.indexOf(needed))
      faults.push(`${type} ${version} changes what ${before.version} promised: that is a ${needed} version`);
    const steps = stepsFrom(
      before.version,
      MIGRATIONS.filter((one) => one.type === type && one.to === version),
    );
    if (step === "major" && steps.length === 0)
      faults.push(`${type} ${version} has no migration in src/event/migrations.ts`);
  }
  return faults;
}

const LEVELS = ["patch", "minor", "major"] as const;

/** Which part of a version was raised; undefined where it does not follow. */
export function bumpOf(from: string, to: string): (typeof LEVELS)[number] | undefined {
  const [a, b] = [parseSemver(from), parseSemver(to)];
  if (a === undefined || b === undefined || compareSemver(a, b) >= 0) return undefined;
  if (a[0] !== b[0]) return "major";
  return a[1] === b[1] ? "patch" : "minor";
}

async function schemaAt(root: string, path: string): Promise<JsonObject | undefined> {
  const text = await readIfThere(join(root, "schemas", path));
  return text === undefined ? undefined : (JSON.parse(text) as JsonObject);
}

async function schemasIn(root: string): Promise<string[]> {
  const entries = await readdir(join(root, "schemas"), { withFileTypes: true });
  const versions = entries.filter((entry) => entry.isDirectory() && parseSemver(entry.name) !== undefined);
  const names = await Promise.all(
    versions.map(async ({ name }) =>
      (await readdir(join(root, "schemas", name))).map((file) => `${name}/${file}`),
    ),
  );
  return names.flat().sort();
}

export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
