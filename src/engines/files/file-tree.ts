import { basename, dirname, join } from "node:path";

import { HASH_BYTES } from "../../proof/hash-tree.ts";
import type { TileShelf } from "../../proof/seal-shelf.ts";
import { type Tile, TILE_WIDTH, type TileName, tilePath } from "../../proof/tile.ts";
import type { Disk } from "./disk.ts";
import { readWhole, replaceDerived } from "./write-atomic.ts";

const WIDTH = /^[1-9]\d{0,2}$/;

/** Tiles as files, `tile/<L>/<N>[.p/<W>]` below a folder, as C2SP tlog-tiles lays them out. */
export function fileTree(folder: string, disk: Disk): TileShelf {
  return new FileTree(folder, disk);
}

class FileTree implements TileShelf {
  readonly #folder: string;
  readonly #disk: Disk;

  constructor(folder: string, disk: Disk) {
    this.#folder = folder;
    this.#disk = disk;
  }

  read(tile: TileName): Uint8Array | undefined {
    const enough = tile.width * HASH_BYTES;
    const full = this.#bytes(join(this.#folder, tilePath({ ...tile, width: TILE_WIDTH })));
    if (full?.length === TILE_WIDTH * HASH_BYTES) return full;
    // A wider partial tile begins with the narrower one.
    const folder = this.#partials(tile);
    for (const width of this.#widths(folder).filter((one) => one >= tile.width)) {
      const bytes = this.#bytes(join(folder, String(width)));
      if (bytes !== undefined && bytes.length === width * HASH_BYTES && bytes.length >= enough) return bytes;
    }
    return undefined;
  }

  #bytes(path: string): Buffer | undefined {
    return this.#disk.kind(path) === "file" ? readWhole(this.#disk, path) : undefined;
  }

  #partials({ level, index }: TileName): string {
    return dirname(join(this.#folder, tilePath({ level, index, width: 1 })));
  }

  #widths(folder: string): number[] {
    if (this.#disk.kind(folder) !== "folder") return [];
    return this.#disk
      .list(folder)
      .filter((name) => WIDTH.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  }

  write(tile: Tile): void {
    const path = join(this.#folder, tilePath(tile));
    this.#makeFolders(dirname(path));
    replaceDerived(this.#disk, path, tile.bytes);
    this.#dropPartials(tile, TILE_WIDTH);
  }

  writeEdge(tiles: readonly Tile[]): void {
    for (const tile of tiles) {
      const path = join(this.#folder, tilePath(tile));
      if (this.#bytes(path)?.equals(tile.bytes) !== true) {
        this.#makeFolders(dirname(path));
        replaceDerived(this.#disk, path, tile.bytes);
      }
      this.#dropPartials(tile, tile.width);
    }
  }

  clear(): void {
    this.#clearFolder(join(this.#folder, "tile"));
  }

  #clearFolder(folder: string): void {
    if (this.#disk.kind(folder) !== "folder") return;
    for (const name of this.#disk.list(folder)) {
      const path = join(folder, name);
      if (this.#disk.kind(path) === "folder") this.#clearFolder(path);
      else if (this.#disk.kind(path) === "file") this.#disk.remove(path);
    }
  }

  /** Narrower partial tiles say nothing that a wider one does not. */
  #dropPartials(tile: TileName, below: number): void {
    const folder = this.#partials(tile);
    for (const width of this.#widths(folder)) {
      if (width < below) this.#disk.remove(join(folder, String(width)));
    }
  }

  #makeFolders(folder: string): void {
    if (this.#disk.kind(folder) === "folder") return;
    if (basename(folder) !== "tree") this.#makeFolders(dirname(folder));
    this.#disk.makeFolder(folder);
  }
}
