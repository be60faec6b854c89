import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parseSeal, parseSealFile, type Seal } from "../proof/seal.ts";
import { EvidenceError } from "../errors.ts";
import type { Findings } from "./finding.ts";

/** A seal, and where it was found. */
export interface PlacedSeal {
  readonly seal: Seal;
  /** Relative to the store, or the name that an anchor was given by. */
  readonly file: string;
  readonly line: number;
}

/** The newest seal's own file. */
const NEWEST = join(".store", "tree", "checkpoint");

/** The seals that a store keeps, smallest first. */
export function storedSeals(base: string, findings: Findings): PlacedSeal[] {
  const folder = join(base, ".store", "seals");
  const seals: PlacedSeal[] = [];
  for (const name of namesIn(folder).filter((one) => /^\d{4}-\d{2}-\d{2}\.txt$/.test(one))) {
    const file = join(".store", "seals", name);
    const read = parseSealFile(readFileSync(join(folder, name), "utf8"));
    for (const { seal, line } of read.seals) seals.push({ seal, file, line });
    // A crash may leave half a seal at the end, once; what stands elsewhere was edited.
    for (const { line } of read.torn.slice(0, -1))
      findings.add({ code: "seal", message: "the line belongs to no seal", file, line });
  }
  const text = textOf(join(base, NEWEST));
  if (text !== undefined) addNewest(seals, text, findings);
  return seals.sort((a, b) => a.seal.size - b.seal.size);
}

function addNewest(seals: PlacedSeal[], text: string, findings: Findings): void {
  try {
    const seal = parseSeal(text);
    if (!seals.some((other) => other.seal.text === seal.text)) seals.push({ seal, file: NEWEST, line: 1 });
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    findings.add({
      code: "seal",
      message: `the newest seal cannot be read: ${error.message}`,
      file: NEWEST,
      line: 1,
    });
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
