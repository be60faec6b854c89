import { EMPTY_ROOT, HASH_BYTES, nodeHash, sameHash, splitOf } from "./hash-tree.ts";

/** The root of the complete subtree over leaves [index · 2^height, (index + 1) · 2^height). */
export type NodeReader = (height: number, index: number) => Uint8Array;

/** A range of leaves, `to` exclusive. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** The root over the first `size` leaves. */
export function rootAt(size: number, node: NodeReader): Uint8Array {
  return size === 0 ? EMPTY_ROOT : rangeHash({ from: 0, to: size }, node);
}

/**
 * RFC 6962 section 2.1.1: the hashes that lead from leaf `index` to the root of the first `size` leaves, from the
 * leaf's neighbour up.
 */
export function inclusionProof(index: number, size: number, node: NodeReader): Uint8Array[] {
  const proof: Uint8Array[] = [];
  let range: Range = { from: 0, to: size };
  while (range.to - range.from > 1) {
    const middle = range.from + splitOf(range.to - range.from);
    const [left, right]: [Range, Range] = [
      { from: range.from, to: middle },
      { from: middle, to: range.to },
    ];
    proof.push(rangeHash(index < middle ? right : left, node));
    range = index < middle ? left : right;
  }
  return proof.reverse();
}

/** RFC 6962 section 2.1.2: that the first `from` leaves are still those of the tree of `to` leaves. */
export function consistencyProof(from: number, to: number, node: NodeReader): Uint8Array[] {
  if (from === 0 || from === to) return [];
  const proof: Uint8Array[] = [];
  let range: Range = { from: 0, to };
  // While the old tree has been one whole subtree of the new one, its root is known to the verifier.
  let known = true;
  while (from !== range.to) {
    const middle = range.from + splitOf(range.to - range.from);
    const isLeft = from <= middle;
    const left: Range = { from: range.from, to: middle };
    const right: Range = { from: middle, to: range.to };
    proof.push(rangeHash(isLeft ? right : left, node));
    known &&= isLeft;
    range = isLeft ? left : right;
  }
  if (!known) proof.push(rangeHash(range, node));
  return proof.reverse();
}

/** The hash over a range that RFC 6962 has as a node: it begins where a complete subtree of its size may begin. */
function rangeHash({ from, to }: Range, node: NodeReader): Uint8Array {
  const length = to - from;
  const height = Math.log2(length);
  if (Number.isInteger(height)) return node(height, from / length);
  const middle = from + splitOf(length);
  return nodeHash(rangeHash({ from, to: middle }, node), rangeHash({ from: middle, to }, node));
}

/** An inclusion to check. Numbers as they come from outside may be any. */
export interface Inclusion {
  readonly leaf: Uint8Array;
  readonly index: number | bigint;
  readonly size: number | bigint;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** Whether the proof shows that `leaf` is leaf `index` of the tree with this size and root (RFC 9162, 2.1.3.2). */
export function inclusionHolds({ leaf, index, size, root, proof }: Inclusion): boolean {
  let [at, last] = [BigInt(index), BigInt(size) - 1n];
  if (at < 0n || at > last || ![leaf, root, ...proof].every(isHash)) return false;
  let hash = leaf;
  for (const step of proof) {
    if (last === 0n) return false;
    if (at % 2n === 1n || at === last) {
      hash = nodeHash(step, hash);
      while (at % 2n === 0n && at !== 0n) [at, last] = [at / 2n, last / 2n];
    } else hash = nodeHash(hash, step);
    [at, last] = [at / 2n, last / 2n];
  }
  return last === 0n && sameHash(hash, root);
}

/** A consistency to check, between an older tree `from` and a newer one `to`. */
export interface Consistency {
  readonly from: number | bigint;
  readonly to: number | bigint;
  readonly fromRoot: Uint8Array;
  readonly toRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * Whether the proof shows that the newer tree begins with all of the older one (RFC 9162, 2.1.4.2). Every tree begins
 * with the empty one: from size 0 it takes the empty tree's own root and no proof, as C2SP witnesses have it.
 */
export function consistencyHolds({ from, to, fromRoot, toRoot, proof }: Consistency): boolean {
  const [older, newer] = [BigInt(from), BigInt(to)];
  if (older < 0n || older > newer) return false;
  if (older === newer) return proof.length === 0 && sameHash(fromRoot, toRoot);
  if (![fromRoot, toRoot, ...proof].every(isHash)) return false;
  if (older === 0n) return proof.length === 0 && sameHash(fromRoot, EMPTY_ROOT);
  const steps = isPowerOfTwo(older) ? [fromRoot, ...proof] : proof;
  const [first, ...rest] = steps;
  // No proof at all cannot show that something was added.
  if (first === undefined || proof.length === 0) return false;
  let [at, last] = [older - 1n, newer - 1n];
  while (at % 2n === 1n) [at, last] = [at / 2n, last / 2n];
  let [old, now] = [first, first];
  for (const step of rest) {
    if (last === 0n) return false;
    if (at % 2n === 1n || at === last) {
      [old, now] = [nodeHash(step, old), nodeHash(step, now)];
      while (at % 2n === 0n && at !== 0n) [at, last] = [at / 2n, last / 2n];
    } else now = nodeHash(now, step);
    [at, last] = [at / 2n, last / 2n];
  }
  return last === 0n && sameHash(old, fromRoot) && sameHash(now, toRoot);
}

function isHash(bytes: Uint8Array): boolean {
  return bytes.length === HASH_BYTES;
}

function isPowerOfTwo(size: bigint): boolean {
  return (size & (size - 1n)) === 0n;
}
