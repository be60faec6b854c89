import { readFileSync } from "node:fs";
import { join } from "node:path";

import { originFamily } from "../proof/checkpoint.ts";
import { checkPolicy, type Policy } from "../proof/policy.ts";
import type { Seal } from "../proof/seal.ts";
import { levelWidth, TILE_WIDTH, tilePath } from "../proof/tile.ts";
import type { Findings } from "./finding.ts";
import type { PlacedSeal } from "./stored-seals.ts";
import { type Leaves, TreeFold } from "./tree-fold.ts";

const HASH_BYTES = 32;

export interface SealCheckParts {
  readonly base: string;
  readonly origin: string;
  readonly leaves: Leaves;
  /** The position up to which the record must hold. */
  readonly last: number;
  readonly findings: Findings;
  /** Whose signatures count; none when nobody said. */
  readonly policy: Policy | undefined;
}

/** What the seals say, as far as they agree with the record. */
export interface SealOutcome {
  /** Seals of this store that the record was compared with. */
  readonly compared: number;
  /** Positions that a seal of the store covers. */
  readonly sealed_to: number;
  /** Positions that a seal covers whose signature was checked and holds. */
  readonly signed_to: number;
  /** Positions that a seal from outside the store covers. */
  readonly anchored_to: number;
  /** Positions whose leaves are not what was sealed, as far as the tree's tiles can tell. */
  readonly suspects: readonly number[];
}

/** Compares the record with seals: those that the store keeps, and those that somebody kept elsewhere. */
export function checkSeals(
  { kept, anchors }: { readonly kept: readonly PlacedSeal[]; readonly anchors: readonly PlacedSeal[] },
  parts: SealCheckParts,
): SealOutcome {
  const family = originFamily(parts.origin);
  const ours = (placed: PlacedSeal): boolean => originFamily(placed.seal.origin) === family;
  for (const { seal, file, line } of kept)
    if (originFamily(seal.origin) !== family)
      parts.findings.add({ code: "seal", message: `the seal is of another log, ${seal.origin}`, file, line });
  const outside = new Set(anchors);
  const all = [...kept, ...anchors].filter(ours).sort((a, b) => a.seal.size - b.seal.size);
  const holding = all.filter((placed) => placed.seal.size <= parts.last);
  for (const placed of all) if (placed.seal.size > parts.last) rolledBack(placed, parts, outside.has(placed));
  const broken = compareRoots(holding, parts, outside);
  const good = holding.filter((placed) => !broken.includes(placed));
  const signed = parts.policy === undefined ? [] : good.filter((placed) => isSigned(placed, parts));
  return {
    compared: all.length,
    sealed_to: largest(good),
    signed_to: largest(signed),
    anchored_to: largest(good.filter((placed) => outside.has(placed))),
    suspects: broken[0] === undefined ? [] : suspects(broken[0], parts),
  };
}

const largest = (seals: readonly PlacedSeal[]): number => Math.max(0, ...seals.map(({ seal }) => seal.size));

function rolledBack(
  { seal, file, line }: PlacedSeal,
  { last, findings }: SealCheckParts,
  isAnchor: boolean,
): void {
  const message = `${isAnchor ? "the anchor" : "this seal"} covers ${seal.size} events, but the store holds ${last}: the events from ${last + 1} on were removed, or an older copy was put in the store's place`;
  findings.add({ code: "rolled-back", message, file, line });
}

/** One pass over the leaves, asking for the root wherever a seal was made. Gives the seals that do not fit. */
function compareRoots(
  seals: readonly PlacedSeal[],
  { leaves, findings }: SealCheckParts,
  outside: ReadonlySet<PlacedSeal>,
): PlacedSeal[] {
  const fold = new TreeFold();
  const missing = Buffer.alloc(HASH_BYTES);
  const broken: PlacedSeal[] = [];
  for (const placed of seals) {
    const { seal, file, line } = placed;
    while (fold.size < seal.size) fold.add(leaves.get(fold.size + 1) ?? missing);
    if (fold.root().equals(seal.root)) continue;
    broken.push(placed);
    const message = outside.has(placed)
      ? `events 1 to ${seal.size} are not those that were anchored`
      : `events 1 to ${seal.size} are not those that were sealed`;
    // Every later one breaks with the first.
    if (broken.length === 1 || outside.has(placed))
      findings.add({ code: outside.has(placed) ? "fork" : "seal", message, file, line });
  }
  return broken;
}

function isSigned({ seal, file, line }: PlacedSeal, { policy, findings }: SealCheckParts): boolean {
  if (policy === undefined || seal.signatures.length === 0) return false;
  const { problems, log } = checkPolicy(policy, seal);
  for (const problem of problems) findings.add({ code: "signature", message: problem, file, line });
  return problems.length === 0 && log !== undefined;
}

/** Which lines are not what was sealed: those whose leaf differs from the tiles, if the tiles are the sealed ones. */
function suspects({ seal }: PlacedSeal, { base, leaves }: SealCheckParts): number[] {
  const sealed = sealedLeaves(base, seal);
  if (sealed === undefined) return [];
  const different: number[] = [];
  for (let position = 1; position <= seal.size; position++) {
    const leaf = sealed.subarray((position - 1) * HASH_BYTES, position * HASH_BYTES);
    if (leaves.get(position)?.equals(leaf) !== true) different.push(position);
  }
  return different;
}

/** The leaf hashes under a seal, one after the other, from the tree's tiles; undefined when those are not the sealed ones. */
export function sealedLeaves(base: string, { size, root }: Seal): Buffer | undefined {
  const leaves = Buffer.alloc(size * HASH_BYTES);
  const fold = new TreeFold();
  for (let tile = 0; tile * TILE_WIDTH < size; tile++) {
    const bytes = tileBytes(base, tile, size);
    const width = Math.min(TILE_WIDTH, size - tile * TILE_WIDTH);
    if (bytes === undefined || bytes.length < width * HASH_BYTES) return undefined;
    bytes.copy(leaves, tile * TILE_WIDTH * HASH_BYTES, 0, width * HASH_BYTES);
  }
  for (let at = 0; at < leaves.length; at += HASH_BYTES) fold.add(leaves.subarray(at, at + HASH_BYTES));
  return fold.root().equals(root) ? leaves : undefined;
}

/** A tile of leaves: the full one, or the widest partial one. */
function tileBytes(base: string, index: number, size: number): Buffer | undefined {
  const rest = levelWidth(size, 0) - index * TILE_WIDTH;
  for (let width = TILE_WIDTH; width >= Math.min(rest, TILE_WIDTH); width--) {
    const bytes = bytesOf(join(base, ".store", "tree", tilePath({ level: 0, index, width })));
    if (bytes !== undefined) return bytes;
  }
  return undefined;
}

function bytesOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "EISDIR"))
      return undefined;
    throw error;
  }
}
