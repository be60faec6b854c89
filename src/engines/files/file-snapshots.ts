import { dirname, join } from "node:path";

import { GLOBAL_STREAM } from "../../event/envelope.ts";
import type { KeptSnapshot, SnapshotPlace, SnapshotShelf } from "../../log/snapshot-shelf.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import { isDay, layoutOf, streamFolder } from "./layout.ts";
import { replaceDerived } from "./write-atomic.ts";

const NAME = /^snapshot-([1-9][0-9]*)\.json$/;
/** How long a listing is believed. Too few snapshots in it cost time, never an answer. */
const BELIEVED_MS = 1_000;
const LISTINGS_MAX = 1_000;

interface Found extends KeptSnapshot {
  readonly path: string;
}

/** Snapshots as `{day}/{ISSUE}/snapshot-{sequence}.json`, beside the events that they cover. */
export function fileSnapshots(base: string, disk: Disk = nodeDisk): SnapshotShelf {
  return new FileSnapshots(base, disk);
}

class FileSnapshots implements SnapshotShelf {
  readonly #base: string;
  readonly #disk: Disk;
  readonly #listings = new Map<string, { readonly at: number; readonly found: Found[] }>();

  constructor(base: string, disk: Disk) {
    this.#base = base;
    this.#disk = disk;
  }

  list(stream: string): readonly Found[] {
    const known = this.#listings.get(stream);
    if (known !== undefined && performance.now() - known.at < BELIEVED_MS) return known.found;
    const found = this.#foldersOf(stream)
      .flatMap((folder) => this.#in(folder))
      .sort((a, b) => a.sequence - b.sequence);
    if (this.#listings.size >= LISTINGS_MAX) this.#listings.clear();
    this.#listings.set(stream, { at: performance.now(), found });
    return found;
  }

  #foldersOf(stream: string): string[] {
    const layout = layoutOf(this.#base);
    if (stream === GLOBAL_STREAM) return [layout.globalFolder];
    return this.#names(this.#base)
      .filter(isDay)
      .map((day) => streamFolder(layout, stream, day));
  }

  #names(folder: string): string[] {
    return this.#disk.kind(folder) === "folder" ? this.#disk.list(folder) : [];
  }

  #in(folder: string): Found[] {
    return this.#names(folder).flatMap((name) => {
      const sequence = Number(NAME.exec(name)?.[1]);
      const path = join(folder, name);
      if (!Number.isSafeInteger(sequence) || this.#disk.kind(path) !== "file") return [];
      const bytes = this.#disk.sizeAt(path);
      return bytes === undefined ? [] : [{ sequence, bytes, path }];
    });
  }

  read(stream: string, sequence: number, most?: number): string | undefined {
    const path = this.#pathOf(stream, sequence);
    if (path === undefined || this.#disk.kind(path) !== "file") return undefined;
    const file = this.#disk.open(path, "read");
    try {
      const bytes = Buffer.alloc(Math.min(this.#disk.size(file), most ?? Number.POSITIVE_INFINITY));
      return bytes.subarray(0, this.#disk.read(file, bytes, 0)).toString();
    } finally {
      this.#disk.close(file);
    }
  }

  write(place: SnapshotPlace, text: string): string {
    const { stream, sequence, recorded_at } = place;
    const layout = layoutOf(this.#base);
    const folder =
      stream === GLOBAL_STREAM ? layout.globalFolder : streamFolder(layout, stream, recorded_at.slice(0, 10));
    this.#makeFolder(folder);
    const path = join(folder, `snapshot-${sequence}.json`);
    replaceDerived(this.#disk, path, text);
    const kept = this.#listings.get(stream)?.found;
    const before = kept?.findIndex((one) => one.sequence >= sequence) ?? -1;
    const found = { sequence, bytes: Buffer.byteLength(text), path };
    if (before === -1) kept?.push(found);
    else kept?.splice(before, kept[before]?.sequence === sequence ? 1 : 0, found);
    return path;
  }

  /** The events' own folder: whoever makes it must make it last, since later writers take it for durable. */
  #makeFolder(folder: string): void {
    const parent = dirname(folder);
    if (this.#disk.kind(folder) === "folder") return;
    if (parent !== this.#base && this.#disk.makeFolder(parent)) this.#disk.syncFolder(dirname(parent));
    if (this.#disk.makeFolder(folder)) this.#disk.syncFolder(parent);
  }

  remove(stream: string, sequence: number): void {
    const path = this.#pathOf(stream, sequence);
    if (path !== undefined && this.#disk.kind(path) === "file") this.#disk.remove(path);
    const kept = this.#listings.get(stream)?.found;
    const index = kept?.findIndex((one) => one.sequence === sequence) ?? -1;
    if (index !== -1) kept?.splice(index, 1);
  }

  #pathOf(stream: string, sequence: number): string | undefined {
    return this.list(stream).find((one) => one.sequence === sequence)?.path;
  }
}
