import { hash } from "node:crypto";

/** Bytes of a SHA-256 hash. */
export const HASH_BYTES = 32;

const LEAF_PREFIX = 0;
const NODE_PREFIX = 1;
/** Longer lines are hashed from a copy of their own. */
const SCRATCH_BYTES = 65_536;

const leafScratch = Buffer.alloc(SCRATCH_BYTES, LEAF_PREFIX);
const nodeScratch = Buffer.alloc(1 + 2 * HASH_BYTES, NODE_PREFIX);

/** The root of a tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: Buffer = hash("sha256", "", "buffer");

/** RFC 6962 leaf hash: SHA-256(0x00 ‖ the line's bytes without LF). */
export function leafHash(line: Uint8Array): Buffer {
  const bytes = line.length < SCRATCH_BYTES ? leafScratch : Buffer.alloc(1 + line.length, LEAF_PREFIX);
  bytes.set(line, 1);
  return hash("sha256", bytes.subarray(0, 1 + line.length), "buffer");
}

/** RFC 6962 node hash: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  nodeScratch.set(left, 1);
  nodeScratch.set(right, 1 + HASH_BYTES);
  return hash("sha256", nodeScratch, "buffer");
}

/** The root over leaf hashes: neighbours are joined, the odd one is carried up. */
export function treeRoot(leaves: readonly Uint8Array[]): Buffer {
  let level = leaves;
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = [level[at]!, level[at + 1]];
      above.push(right === undefined ? left : nodeHash(left, right));
    }
    level = above;
  }
  return level[0] === undefined ? EMPTY_ROOT : Buffer.from(level[0]);
}

/** Whether two hashes are the same; they are public, so time does not matter. */
export function sameHash(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

/** The largest power of two below `size`, which is at least 2: where RFC 6962 splits a tree. */
export function splitOf(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}
