/** Fails when a released schema was changed, and where a version does not follow the rules of semver. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

import {
  releasedIn,
  type ReleasedSchemas,
  releasedSchemas,
  releaseFaults,
  retractions,
} from "./released-schemas.ts";

const root = join(import.meta.dirname, "..");

const git = (...words: string[]): string =>
  execFileSync("git", ["-C", root, ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });

/** What the newest release tag before this commit published; undefined without git or tags. */
function published(): { readonly tag: string; readonly files: ReleasedSchemas } | undefined {
  try {
    const tag = git("describe", "--tags", "--abbrev=0", "--match", "v[0-9]*").trim();
    return { tag, files: releasedIn(git("show", `${tag}:schemas/released.json`)) };
  } catch {
    return undefined;
  }
}

const before = published();
const now = await releasedSchemas(root);
const faults = [
  ...(await releaseFaults(root)),
  ...(before === undefined ? [] : retractions(before.files, now)),
];
for (const fault of faults) console.error(fault);
const compared = before === undefined ? "no release tag to compare with" : `compared with ${before.tag}`;
console.log(
  `${Object.keys(now).length} released schemas, ${faults.length === 0 ? "all as they were" : "faults above"}; ${compared}`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
