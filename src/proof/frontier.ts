import { EMPTY_ROOT, HASH_BYTES, nodeHash } from "./hash-tree.ts";

/** Told of every complete subtree as it comes to be: 2^height leaves from index · 2^height on. */
export type OnNode = (height: number, hash: Buffer) => void;

const SIZE_BYTES = 8;
const HEIGHT_MAX = 53;

/**
 * The right edge of a growing tree: the roots of its complete subtrees, largest first, at most one of each height.
 * All that is needed to append, and to know the root, however large the tree.
 *
 * @example
 * ```ts
 * const frontier = new Frontier();
 * frontier.append(leafHash(line));
 * console.log(frontier.size, frontier.root().toString("base64"));
 * ```
 */
export class Frontier {
  #size = 0;
  /** By height; there where the size has a bit. */
  readonly #nodes: (Buffer | undefined)[] = [];

  get size(): number {
    return this.#size;
  }

  /** Takes one more leaf, by its hash; gives every subtree that this completes to `onNode`, lowest first. */
  append(leaf: Buffer, onNode?: OnNode): void {
    let node = leaf;
    let height = 0;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      onNode?.(height, node);
      node = nodeHash(this.#nodes[height]!, node);
      this.#nodes[height++] = undefined;
    }
    onNode?.(height, node);
    this.#nodes[height] = node;
    this.#size++;
  }

  /** The root of the tree as it is. */
  root(): Buffer {
    let root: Buffer | undefined;
    for (const node of this.#nodes) {
      if (node !== undefined) root = root === undefined ? node : nodeHash(node, root);
    }
    return root ?? EMPTY_ROOT;
  }

  /** A frontier of its own with the same leaves. */
  copy(): Frontier {
    return Frontier.of(
      this.#size,
      this.#nodes.filter((node) => node !== undefined),
    );
  }

  /** The subtrees, smallest first; with the size they say all there is to know. */
  nodes(): Buffer[] {
    return this.#nodes.filter((node) => node !== undefined);
  }

  /** Size as 8 bytes, big-endian, then the subtrees' hashes, smallest first. */
  serialise(): Buffer {
    const size = Buffer.alloc(SIZE_BYTES);
    size.writeBigUInt64BE(BigInt(this.#size));
    return Buffer.concat([size, ...this.nodes()]);
  }

  /** @returns undefined when the bytes cannot be what `serialise` gave. */
  static restore(bytes: Uint8Array): Frontier | undefined {
    if (bytes.length < SIZE_BYTES || (bytes.length - SIZE_BYTES) % HASH_BYTES !== 0) return undefined;
    const buffer = Buffer.from(bytes);
    const size = buffer.readBigUInt64BE();
    if (size > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
    const nodes: Buffer[] = [];
    for (let at = SIZE_BYTES; at < buffer.length; at += HASH_BYTES)
      nodes.push(buffer.subarray(at, at + HASH_BYTES));
    return nodes.length === heightsOf(Number(size)).length ? Frontier.of(Number(size), nodes) : undefined;
  }

  /** A frontier from its size and its subtrees, smallest first. */
  static of(size: number, nodes: readonly Buffer[]): Frontier {
    const frontier = new Frontier();
    frontier.#size = size;
    for (const [at, height] of heightsOf(size).entries()) frontier.#nodes[height] = nodes[at];
    return frontier;
  }
}

/** The heights of a tree's complete subtrees, smallest first: the bits of its size. */
export function heightsOf(size: number): number[] {
  const heights: number[] = [];
  for (let height = 0, rest = size; rest > 0 && height < HEIGHT_MAX; height++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) heights.push(height);
  }
  return heights;
}
