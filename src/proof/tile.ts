/** Hashes in a full tile, and the height of the subtree that it holds. */
export const TILE_WIDTH = 256;
export const TILE_HEIGHT = 8;

/** A tile of C2SP tlog-tiles: `width` hashes of complete subtrees, 256^level leaves each, from number index · 256 on. */
export interface TileName {
  readonly level: number;
  readonly index: number;
  /** 256 for a full tile. */
  readonly width: number;
}

/** A tile with its hashes, one after the other. */
export interface Tile extends TileName {
  readonly bytes: Uint8Array;
}

const LEVEL_MAX = 63;
const NAME = /^tile\/(0|[1-9]\d?)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/**
 * The path of a tile below the tree's prefix.
 *
 * @example
 * ```ts
 * tilePath({ level: 0, index: 1234067, width: 256 }); // "tile/0/x001/x234/067"
 * tilePath({ level: 1, index: 0, width: 17 }); // "tile/1/000.p/17"
 * ```
 */
export function tilePath({ level, index, width }: TileName): string {
  const name = `tile/${level}/${tileIndexPath(index)}`;
  return width === TILE_WIDTH ? name : `${name}.p/${width}`;
}

/** A tile's index in groups of three digits, all but the last behind an `x`. */
function tileIndexPath(index: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const groups = padded.match(/\d{3}/g) ?? [];
  return groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
}

/** The tile that a path names, or undefined for anything else, entry bundles included. */
export function parseTilePath(path: string): TileName | undefined {
  const [, level = "", groups = "", partial] = NAME.exec(path) ?? [];
  if (groups === "" || Number(level) > LEVEL_MAX) return undefined;
  const index = Number(groups.replaceAll(/[x/]/g, ""));
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  if (!Number.isSafeInteger(index) || width > TILE_WIDTH) return undefined;
  const name = { level: Number(level), index, width };
  // Other spellings of the same tile are none.
  return tilePath(name) === path ? name : undefined;
}

/** How many hashes of a level a tree of this size has in all. */
export function levelWidth(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** The partial tiles at the right edge of a tree, lowest level first. */
export function edgeTiles(size: number): TileName[] {
  const tiles: TileName[] = [];
  for (let level = 0; levelWidth(size, level) > 0; level++) {
    const hashes = levelWidth(size, level);
    const width = hashes % TILE_WIDTH;
    if (width > 0) tiles.push({ level, index: Math.floor(hashes / TILE_WIDTH), width });
  }
  return tiles;
}
