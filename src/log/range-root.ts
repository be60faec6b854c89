import { hash } from "node:crypto";

const NODE_PREFIX = 1;
const HASH_BYTES = 32;

/**
 * RFC 6962 Merkle tree hash over leaf hashes, all hex: SHA-256(0x01 ‖ left ‖ right) for a node, whose left side
 * holds as many leaves as the largest power of two that leaves some for the right.
 */
export function rangeRoot(leafHashes: readonly string[]): string {
  const node = Buffer.alloc(1 + 2 * HASH_BYTES, NODE_PREFIX);
  let level = leafHashes;
  // Joining neighbours and carrying the odd one up splits at the same places as the recursive definition.
  while (level.length > 1) {
    const above: string[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left = "", right] = [level[at], level[at + 1]];
      if (right === undefined) above.push(left);
      else {
        node.write(left, 1, "hex");
        node.write(right, 1 + HASH_BYTES, "hex");
        above.push(hash("sha256", node));
      }
    }
    level = above;
  }
  return level[0] ?? hash("sha256", "");
}
