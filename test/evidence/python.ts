import { spawnSync } from "node:child_process";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { formatSeal } from "../../src/proof/seal.ts";
import type { VerifyReport } from "../../src/verify/verify-store.ts";
import type { SealedStore } from "./sealed-store.ts";

export const SCRIPT = join(import.meta.dirname, "../../tools/verify/eso_verify.py");

const MISSING = ["python3", "openssl", "zstd"].filter(
  (tool) => spawnSync(tool, ["--version"]).error !== undefined,
);

/** Why tests that take the second verifier are skipped here; empty when they are not. */
const SKIPPED = MISSING.length === 0 ? "" : `skipped, no ${MISSING.join(", no ")} here: `;

/** A test that takes the second verifier and its tools; without them it is skipped, saying so. */
export function withPython(name: string, work: () => Promise<void>, timeout = 120_000): void {
  test.skipIf(SKIPPED !== "")(`${SKIPPED}${name}`, { timeout }, work);
}

/** Words of its command line. */
export type Words = readonly string[];

/** Where the interpreter is, for tests that take everything else off the PATH. */
const INTERPRETER =
  MISSING.length > 0
    ? ""
    : spawnSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).stdout.trim();

/** Runs the second verifier; without `tools` it finds neither openssl nor zstd. */
export function python(words: Words, { tools = true } = {}) {
  const env = tools ? process.env : { ...process.env, PATH: "/nowhere" };
  return spawnSync(INTERPRETER, [SCRIPT, ...words], { encoding: "utf8", maxBuffer: 2 ** 28, env });
}

/** What it says of each of these paths; one process checks them all. */
export function reports(paths: readonly string[], words: Words = []): VerifyReport[] {
  const { stdout, stderr } = python(["--json", ...words, ...paths]);
  expect(stderr).toBe("");
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as VerifyReport);
}

/** An auditor's key and anchor, as words of the command. */
export function outside({ path, anchor, policy }: SealedStore): Words {
  const file = `${path}.anchor`;
  writeFileSync(file, formatSeal(anchor.seal));
  return ["--anchor", file, ...policy.logs.flatMap(({ key }) => ["--key", key.vkey])];
}

const NOT_READ = /\/\.store\/(?:ids|order|(?:lock|catalog|index|seals\.lock)\.db.*)$/;

/** A copy that may be damaged, without the files that no verifier reads. */
export function slimCopy(path: string, to: string): string {
  rmSync(to, { recursive: true, force: true });
  cpSync(path, to, { recursive: true, filter: (source) => !NOT_READ.test(source) });
  return to;
}
