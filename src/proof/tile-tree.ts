import { Frontier, heightsOf } from "./frontier.ts";
import { HASH_BYTES, nodeHash } from "./hash-tree.ts";
import { edgeTiles, levelWidth, type Tile, TILE_HEIGHT, TILE_WIDTH, type TileName } from "./tile.ts";
import type { NodeReader } from "./tree-proof.ts";

/** The bytes of a tile: `width` hashes, or undefined when it is not to be had. A wider one serves too. */
export type TileReader = (tile: TileName) => Uint8Array | undefined;

/** A tile that is needed is not there, or is too short. */
export class TileMissing extends Error {
  readonly tile: TileName;

  constructor(tile: TileName) {
    super(`there is no tile ${tile.level}/${tile.index} of ${tile.width} hashes`);
    this.tile = tile;
  }
}

/** A tree that grows leaf by leaf and gives its tiles: full ones once, as they fill up, the edge whenever asked. */
export class TileTree {
  readonly #frontier: Frontier;
  readonly #onFull: (tile: Tile) => void;
  /** The tile that is being filled, by level. */
  readonly #filling: (Buffer | undefined)[] = [];
  /** Hashes so far, by level. */
  readonly #counts: number[] = [];

  constructor(onFull: (tile: Tile) => void, frontier: Frontier = new Frontier()) {
    this.#onFull = onFull;
    this.#frontier = frontier;
  }

  /**
   * Goes on with a tree whose tiles are kept.
   * @throws TileMissing when they are not all there.
   */
  static restore(size: number, read: TileReader, onFull: (tile: Tile) => void): TileTree {
    const tree = new TileTree(onFull, frontierFrom(size, read));
    for (const tile of edgeTiles(size)) {
      const bytes = hashesOf(tile, read);
      tree.#fill(tile.level).set(bytes.subarray(0, tile.width * HASH_BYTES));
    }
    for (let level = 0; levelWidth(size, level) > 0; level++) tree.#counts[level] = levelWidth(size, level);
    return tree;
  }

  get size(): number {
    return this.#frontier.size;
  }

  root(): Buffer {
    return this.#frontier.root();
  }

  append(leaf: Buffer): void {
    this.#frontier.append(leaf, this.#note);
  }

  readonly #note = (height: number, hash: Buffer): void => {
    if (height % TILE_HEIGHT !== 0) return;
    const level = height / TILE_HEIGHT;
    const count = this.#counts[level] ?? 0;
    const at = count % TILE_WIDTH;
    const bytes = this.#fill(level);
    bytes.set(hash, at * HASH_BYTES);
    this.#counts[level] = count + 1;
    if (at + 1 < TILE_WIDTH) return;
    this.#onFull({ level, index: (count + 1 - TILE_WIDTH) / TILE_WIDTH, width: TILE_WIDTH, bytes });
    this.#filling[level] = undefined;
  };

  #fill(level: number): Buffer {
    return (this.#filling[level] ??= Buffer.alloc(TILE_WIDTH * HASH_BYTES));
  }

  /** The partial tiles as they are now. */
  edge(): Tile[] {
    return edgeTiles(this.size).map((tile) => ({
      ...tile,
      bytes: Buffer.from(this.#fill(tile.level).subarray(0, tile.width * HASH_BYTES)),
    }));
  }
}

/**
 * The right edge of a tree from its tiles.
 * @throws TileMissing when they are not all there.
 */
export function frontierFrom(size: number, read: TileReader): Frontier {
  const node = nodesFrom(size, read);
  const nodes = heightsOf(size).map((height) =>
    Buffer.from(node(height, Math.floor(size / 2 ** height) - 1)),
  );
  return Frontier.of(size, nodes);
}

/** Subtrees of a tree of `size` leaves, found in its tiles; the reader throws TileMissing. */
export function nodesFrom(size: number, read: TileReader): NodeReader {
  return (height, index) => {
    const level = Math.floor(height / TILE_HEIGHT);
    const count = 2 ** (height % TILE_HEIGHT);
    const first = index * count;
    const tile = Math.floor(first / TILE_WIDTH);
    const width = Math.min(TILE_WIDTH, levelWidth(size, level) - tile * TILE_WIDTH);
    const bytes = hashesOf({ level, index: tile, width }, read);
    return folded(bytes, first % TILE_WIDTH, count);
  };
}

function hashesOf(tile: TileName, read: TileReader): Uint8Array {
  const bytes = tile.width < 1 ? undefined : read(tile);
  if (bytes === undefined || bytes.length < tile.width * HASH_BYTES) throw new TileMissing(tile);
  return bytes;
}

/** The root over `count` hashes, a power of two, from the `from`-th on. */
function folded(hashes: Uint8Array, from: number, count: number): Uint8Array {
  if (count === 1) return hashes.subarray(from * HASH_BYTES, (from + 1) * HASH_BYTES);
  const half = count / 2;
  return nodeHash(folded(hashes, from, half), folded(hashes, from + half, half));
}
