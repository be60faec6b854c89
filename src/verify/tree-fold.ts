import { hash } from "node:crypto";

const HASH_BYTES = 32;
const LEAVES_PER_BLOCK = 65_536;

/**
 * Leaf hashes by position, in blocks of 2 MiB, so that a million events take 32 MB. A position that nobody set is
 * all zeros.
 */
export class Leaves {
  readonly #blocks: (Buffer | undefined)[] = [];
  #greatest = 0;

  /** The greatest position that was set. */
  get greatest(): number {
    return this.#greatest;
  }

  /** Keeps a leaf hash, hex; gives false when the position was taken by another one. */
  set(position: number, hex: string): boolean {
    const index = position - 1;
    const block = (this.#blocks[Math.floor(index / LEAVES_PER_BLOCK)] ??= Buffer.alloc(
      LEAVES_PER_BLOCK * HASH_BYTES,
    ));
    const at = (index % LEAVES_PER_BLOCK) * HASH_BYTES;
    const free = isZero(block, at);
    if (!free) return block.toString("hex", at, at + HASH_BYTES) === hex;
    block.write(hex, at, "hex");
    if (position > this.#greatest) this.#greatest = position;
    return true;
  }

  /** The leaf hash at a position, or undefined where none was set. */
  get(position: number): Buffer | undefined {
    const index = position - 1;
    const block = this.#blocks[Math.floor(index / LEAVES_PER_BLOCK)];
    const at = (index % LEAVES_PER_BLOCK) * HASH_BYTES;
    if (position < 1 || block === undefined || isZero(block, at)) return undefined;
    return block.subarray(at, at + HASH_BYTES);
  }
}

function isZero(block: Buffer, at: number): boolean {
  return (
    block.readUInt32LE(at) === 0 &&
    block.readUInt32LE(at + 4) === 0 &&
    block.readUInt32LE(at + 8) === 0 &&
    block.readUInt32LE(at + 12) === 0
  );
}

/** RFC 6962, section 2.1, from the leaves alone: a stack of perfect subtrees, left to right. */
export class TreeFold {
  readonly #stack: Buffer[] = [];
  readonly #pair = Buffer.alloc(1 + 2 * HASH_BYTES, 1);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(leaf: Buffer): void {
    this.#stack.push(leaf);
    this.#size++;
    for (let size = this.#size; size % 2 === 0; size /= 2) this.#join(this.#stack);
  }

  /** The root over everything added so far. */
  root(): Buffer {
    if (this.#size === 0) return hash("sha256", "", "buffer");
    const stack = [...this.#stack];
    while (stack.length > 1) this.#join(stack);
    return stack[0] as Buffer;
  }

  #join(stack: Buffer[]): void {
    const right = stack.pop() as Buffer;
    const left = stack.pop() as Buffer;
    left.copy(this.#pair, 1);
    right.copy(this.#pair, 1 + HASH_BYTES);
    stack.push(hash("sha256", this.#pair, "buffer"));
  }
}
