import { dirname, join } from "node:path";

import { ConfigError, EvidenceError } from "../../errors.ts";
import { originFamily } from "../../proof/checkpoint.ts";
import { formatSeal, parseSeal, parseSealFile, type Seal, type SealFile, TORN } from "../../proof/seal.ts";
import type { KnownSeals, SealShelf, TileShelf } from "../../proof/seal-shelf.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import { fileTree } from "./file-tree.ts";
import { isDay, type Layout, layoutOf } from "./layout.ts";
import { readStoreFile } from "./store-file.ts";
import { openStoreLock, type StoreLock } from "./store-lock.ts";
import { readWhole, writeAtomic } from "./write-atomic.ts";

/** Where seals are kept, besides the store's own folder. */
export interface FileSealsOptions {
  /** A file outside the store that always holds the newest seal. */
  readonly secondCopy?: string | undefined;
  /** Stand-ins for a simulator. */
  readonly disk?: Disk;
  readonly openLock?: (path: string) => Promise<StoreLock>;
}

/** The last bytes of a day's seals, in which the newest one is found. */
const TAIL_BYTES = 65_536;
const SUFFIX = ".txt";
const LF = 10;

/**
 * The seals of the store in `base`: `.store/seals/{day}.txt`, one after the other, and the newest one as
 * `.store/tree/checkpoint` beside the tree's tiles.
 */
export function fileSeals(base: string, options: FileSealsOptions = {}): SealShelf {
  return new FileSeals(layoutOf(base), options);
}

class FileSeals implements SealShelf {
  readonly tiles: TileShelf;
  readonly #layout: Layout;
  readonly #disk: Disk;
  readonly #secondCopy: string | undefined;
  readonly #openLock: (path: string) => Promise<StoreLock>;
  readonly #folder: string;
  readonly #tree: string;
  #lock: Promise<StoreLock> | undefined;

  constructor(layout: Layout, { secondCopy, disk = nodeDisk, openLock = openStoreLock }: FileSealsOptions) {
    this.#layout = layout;
    this.#disk = disk;
    this.#openLock = openLock;
    this.#secondCopy = secondCopy;
    this.#folder = join(layout.room, "seals");
    this.#tree = join(layout.room, "tree");
    this.tiles = fileTree(this.#tree, disk);
  }

  origin(): string {
    const store = readStoreFile(this.#disk, this.#layout);
    if (store !== undefined) return store.origin;
    throw new ConfigError("ESO_INVALID_CONFIG", `${this.#layout.storeFile} is gone`, {
      hint: "Bring .store/store.json back from a backup: it holds the name that the seals carry.",
      details: { path: this.#layout.storeFile },
    });
  }

  known(): KnownSeals {
    const local = [this.#newestOfDays(), this.#sealIn(this.#newestFile)].filter((seal) => seal !== undefined);
    const second = this.#secondCopy === undefined ? undefined : this.#sealIn(this.#secondCopy);
    return { local, ...(second === undefined ? {} : { second }) };
  }

  get #newestFile(): string {
    return join(this.#tree, "checkpoint");
  }

  /** A damaged copy says nothing: the day's file has the seal as well. */
  #sealIn(path: string): Seal | undefined {
    const bytes = readWhole(this.#disk, path);
    try {
      return bytes === undefined ? undefined : parseSeal(bytes);
    } catch (error) {
      if (error instanceof EvidenceError) return undefined;
      throw error;
    }
  }

  /** The day's file is written first, so a crash may have left it ahead. */
  #newestOfDays(): Seal | undefined {
    const day = this.days().at(-1);
    if (day === undefined) return undefined;
    const file = this.#disk.open(this.#path(day), "read");
    try {
      const from = Math.max(0, this.#disk.size(file) - TAIL_BYTES);
      const bytes = Buffer.alloc(TAIL_BYTES);
      const text = bytes.subarray(0, this.#disk.read(file, bytes, from)).toString();
      const { seals } = parseSealFile(from === 0 ? text : text.slice(text.indexOf("\n") + 1));
      return seals.map(({ seal }) => seal).reduce<Seal | undefined>(larger, undefined);
    } finally {
      this.#disk.close(file);
    }
  }

  days(): readonly string[] {
    if (this.#disk.kind(this.#folder) !== "folder") return [];
    return this.#disk
      .list(this.#folder)
      .filter((name) => name.endsWith(SUFFIX) && isDay(name.slice(0, -SUFFIX.length)))
      .map((name) => name.slice(0, -SUFFIX.length))
      .sort();
  }

  read(day: string): SealFile {
    return parseSealFile(readWhole(this.#disk, this.#path(day))?.toString() ?? "");
  }

  #path(day: string): string {
    return join(this.#folder, `${day}${SUFFIX}`);
  }

  keep(seal: Seal, day: string): void {
    this.#makeFolder(this.#folder);
    this.#makeFolder(this.#tree);
    this.#append(this.#path(day), formatSeal(seal));
    writeAtomic(this.#disk, this.#newestFile, formatSeal(seal));
    this.#keepSecond(seal);
  }

  #makeFolder(folder: string): void {
    if (this.#disk.makeFolder(folder)) this.#disk.syncFolder(dirname(folder));
  }

  #append(path: string, note: string): void {
    const isNew = this.#disk.kind(path) === undefined;
    const file = this.#disk.open(path, "create");
    try {
      const size = this.#disk.size(file);
      const last = Buffer.alloc(1);
      if (size > 0) this.#disk.read(file, last, size - 1);
      const lead = size === 0 ? "" : last[0] === LF ? "\n" : `${TORN}\n\n`;
      this.#disk.write(file, Buffer.from(`${lead}${note}`), size);
      this.#disk.sync(file);
    } finally {
      this.#disk.close(file);
    }
    if (isNew) this.#disk.syncFolder(this.#folder);
  }

  #keepSecond(seal: Seal): void {
    const path = this.#secondCopy;
    if (path === undefined) return;
    const kept = this.#sealIn(path);
    if (kept !== undefined && originFamily(kept.origin) !== originFamily(seal.origin)) {
      throw new ConfigError("ESO_INVALID_CONFIG", `${path} holds the seal of another store, ${kept.origin}`, {
        hint: "Give every store a second copy of its own: evidence.second_copy.",
        details: { path },
      });
    }
    try {
      writeAtomic(this.#disk, path, formatSeal(seal));
    } catch (error) {
      throw new ConfigError(
        "ESO_INVALID_CONFIG",
        `the second copy of the newest seal cannot be written: ${path}`,
        {
          hint: "The seal itself is kept in the store. Make the folder of evidence.second_copy, and make it writable.",
          details: { path },
          cause: error,
        },
      );
    }
  }

  async tryLock(): Promise<(() => void) | undefined> {
    this.#lock ??= this.#openLock(join(this.#layout.room, "seals.lock.db"));
    const lock = await this.#lock;
    return lock.tryAcquire() ? () => lock.release() : undefined;
  }

  close(): void {
    const lock = this.#lock;
    this.#lock = undefined;
    lock?.then((one) => one.close()).catch(() => undefined);
  }
}

/** The seal of the larger tree; of two of one tree the one with more signatures, then the later one. */
function larger(one: Seal | undefined, other: Seal): Seal {
  if (one === undefined || other.size > one.size) return other;
  return other.size === one.size && other.signatures.length >= one.signatures.length ? other : one;
}
