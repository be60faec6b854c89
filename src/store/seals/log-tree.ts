import { damagedLine } from "../../log/damaged-line.ts";
import type { EventLogReader, StoredLine } from "../../log/event-log.ts";
import { EMPTY_ROOT, HASH_BYTES, leafHash, sameHash } from "../../proof/hash-tree.ts";
import type { Seal } from "../../proof/seal.ts";
import type { TileShelf } from "../../proof/seal-shelf.ts";
import { TILE_WIDTH } from "../../proof/tile.ts";
import { nodesFrom, TileMissing, TileTree } from "../../proof/tile-tree.ts";
import { rootAt } from "../../proof/tree-proof.ts";
import { forked } from "./rolled-back.ts";

/** What the tree is made from and where its tiles go. */
export interface LogTreeParts {
  readonly log: EventLogReader;
  readonly tiles: TileShelf;
}

export interface GrowOptions {
  readonly signal?: AbortSignal | undefined;
  /** Read no more lines than this. */
  readonly most?: number | undefined;
}

/** More lines would have to be read than the caller has time for; nothing was done. */
export class TooMuch extends Error {
  constructor(lines: number) {
    super(`${lines} events wait for their first seal: eso seal makes it`);
  }
}

/** Lines that are hashed before others get their turn. */
const CHUNK = 500;

/** The tree over a log's lines, which it reads for itself, and whose tiles it keeps. */
export class LogTree {
  readonly #parts: LogTreeParts;
  #tree: TileTree | undefined;

  constructor(parts: LogTreeParts) {
    this.#parts = parts;
  }

  /**
   * The tree of the log's first `to` lines. What `newest` has sealed is taken from the tiles, where they lead to the
   * sealed root, else made again from the lines.
   * @throws TooMuch when that takes reading more than `most` lines.
   * @throws RolledBackError when the log's lines are not those that were sealed.
   * @throws IntegrityError when a line is damaged.
   */
  async grow(
    newest: Seal | undefined,
    to: number,
    { signal, most = Infinity }: GrowOptions = {},
  ): Promise<TileTree> {
    let tree = this.#kept(newest) ?? (await this.#restored(newest));
    const lines = to - (tree?.size ?? 0);
    if (lines > most) throw new TooMuch(lines);
    try {
      if (tree === undefined) {
        this.#parts.tiles.clear();
        tree = new TileTree((tile) => this.#parts.tiles.write(tile));
        if (newest !== undefined) await this.#pull(tree, newest.size, signal);
        if (newest !== undefined && !sameHash(tree.root(), newest.root)) throw forked(newest, to);
      }
      await this.#pull(tree, to, signal);
    } catch (error) {
      this.#tree = undefined;
      throw error;
    }
    this.#tree = tree;
    this.#parts.tiles.writeEdge(tree.edge());
    return tree;
  }

  /** The tree of the last time, if nobody has sealed since. */
  #kept(newest: Seal | undefined): TileTree | undefined {
    const tree = this.#tree;
    if (tree === undefined || newest === undefined) return undefined;
    return tree.size === newest.size && sameHash(tree.root(), newest.root) ? tree : undefined;
  }

  async #restored(newest: Seal | undefined): Promise<TileTree | undefined> {
    if (newest === undefined || newest.size === 0) return undefined;
    const { log, tiles } = this.#parts;
    try {
      const tree = TileTree.restore(
        newest.size,
        (tile) => tiles.read(tile),
        (tile) => tiles.write(tile),
      );
      if (!sameHash(tree.root(), newest.root)) return undefined;
      const [line] = await log.readAt([newest.size]);
      if (line === undefined || !sameHash(leafHash(line.bytes), this.#leaf(newest.size)))
        throw forked(newest, newest.size);
      return tree;
    } catch (error) {
      if (error instanceof TileMissing) return undefined;
      throw error;
    }
  }

  /** Whether the tree as it was last begins with what the seal says; undefined when tiles are missing. */
  extends(seal: Seal): boolean | undefined {
    const size = this.#tree?.size ?? 0;
    if (seal.size > size) return false;
    const { tiles } = this.#parts;
    try {
      return sameHash(
        rootAt(
          seal.size,
          nodesFrom(size, (tile) => tiles.read(tile)),
        ),
        seal.root,
      );
    } catch (error) {
      if (error instanceof TileMissing) return undefined;
      throw error;
    }
  }

  /** The root of the tree as it was last. */
  root(): Buffer {
    return this.#tree?.root() ?? EMPTY_ROOT;
  }

  /** Makes the next `grow` begin anew from the log. */
  forget(): void {
    this.#tree = undefined;
    this.#parts.tiles.clear();
  }

  #leaf(position: number): Uint8Array {
    const [index, at] = [Math.floor((position - 1) / TILE_WIDTH), (position - 1) % TILE_WIDTH];
    const bytes = this.#parts.tiles.read({ level: 0, index, width: at + 1 });
    return bytes?.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES) ?? new Uint8Array();
  }

  async #pull(tree: TileTree, to: number, signal: AbortSignal | undefined): Promise<void> {
    if (tree.size >= to) return;
    const options = { after: tree.size, chunk: CHUNK, ...(signal === undefined ? {} : { signal }) };
    for await (const lines of this.#parts.log.readAll(options)) {
      for (const line of lines) {
        if (tree.size >= to) return;
        appendLine(tree, line);
      }
    }
    if (tree.size < to) throw new Error(`the log ended at ${tree.size}, before its head ${to}`);
  }
}

function appendLine(tree: TileTree, line: StoredLine): void {
  if (line.position !== tree.size + 1) throw damagedLine(line);
  tree.append(leafHash(line.bytes));
}
