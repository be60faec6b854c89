import type { Seal, SealFile } from "./seal.ts";
import type { Tile, TileName } from "./tile.ts";

/** The tree's tiles. Derived: any of them may vanish or be damaged, and is then made again from the log. */
export interface TileShelf {
  /** At least `width` hashes of the tile, or undefined when there are not that many. */
  read(tile: TileName): Uint8Array | undefined;
  /** Keeps a full tile. */
  write(tile: Tile): void;
  /** Keeps the partial tiles at the tree's right edge, in place of narrower ones. */
  writeEdge(tiles: readonly Tile[]): void;
  /** Forgets all of them. */
  clear(): void;
}

/** The newest seals that are to be found. */
export interface KnownSeals {
  /** In the store: the newest of the newest day, and the newest one's own file. Mostly the same. */
  readonly local: readonly Seal[];
  /** The copy outside the store. */
  readonly second?: Seal;
}

/** Keeps a store's seals. What is kept here is never changed, only added to. */
export interface SealShelf {
  /** The store's name in seals. */
  origin(): string;
  known(): KnownSeals;
  /** Days, oldest first, that have seals. */
  days(): readonly string[];
  read(day: string): SealFile;
  /** On disk when it returns: among the day's seals, as the newest one, and as the second copy. */
  keep(seal: Seal, day: string): void;
  /** Undefined when somebody else is sealing; else the way to let go. */
  tryLock(): Promise<(() => void) | undefined>;
  readonly tiles: TileShelf;
  close(): void;
}
