import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The repository's root. */
export const ROOT = join(import.meta.dirname, "..");

/** A file of the repository; `path` is relative to its root, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** The files that match, in order of their paths. */
export function filesMatching(...patterns: readonly string[]): readonly SourceFile[] {
  return globSync([...patterns], { cwd: ROOT })
    .map((path) => path.replaceAll("\\", "/"))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}

/** Tests and what only they use: not part of the product. */
export function isTest(path: string): boolean {
  return /\.test\.ts$|\.fixture\.ts$|\/testdata\/|\/test-(?:log|repository)\.ts$/.test(path);
}
