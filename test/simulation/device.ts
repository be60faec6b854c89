import type { SeededRandom } from "../../src/testing/seeded-random.ts";

/** The unit that a device writes as a whole or not at all. */
export const SECTOR_BYTES = 512;
/** The unit in which the page cache is dirty or clean. */
export const PAGE_BYTES = 4096;

/** A change of a file that has reached the page cache, and perhaps parts of it the device. */
interface Change {
  readonly number: number;
  /** Absent: the file was cut, or grown with zeros, to `sizeAfter`. */
  readonly bytes: Buffer | undefined;
  readonly offset: number;
  readonly sizeAfter: number;
}

/** Bytes that grow; what was never written is zero. */
class Extent {
  bytes: Buffer;
  size: number;

  constructor(bytes: Buffer = Buffer.alloc(0), size = 0) {
    this.bytes = bytes;
    this.size = size;
  }

  copy(): Extent {
    return new Extent(Buffer.from(this.bytes.subarray(0, this.size)), this.size);
  }

  put(bytes: Buffer, offset: number): void {
    const end = offset + bytes.length;
    this.#reserve(end);
    bytes.copy(this.bytes, offset);
    if (end > this.size) this.size = end;
  }

  resize(size: number): void {
    this.#reserve(size);
    if (size < this.size) this.bytes.fill(0, size, this.size);
    this.size = size;
  }

  #reserve(size: number): void {
    if (size <= this.bytes.length) return;
    const grown = Buffer.alloc(Math.max(size, this.bytes.length * 2, 1024));
    this.bytes.copy(grown, 0, 0, this.size);
    this.bytes = grown;
  }
}

/** A file or folder as kernel and device know it. */
export class Inode {
  readonly number: number;
  readonly kind: "file" | "folder";
  /** What every process sees. */
  cache = new Extent();
  /** What the device holds for sure. */
  device = new Extent();
  /** What may have reached the device in part, oldest first. */
  changes: Change[] = [];
  #changesMade = 0;
  /** Pages that a failed write-back left clean, though the device does not hold them. */
  readonly lost = new Set<number>();
  /** Counts failed write-backs, so that each open file reports each of them once. */
  failures = 0;
  failureSeen = true;
  readOnly = false;
  /** Of a folder: names as every process sees them, and as the device holds them for sure. */
  entries = new Map<string, Inode>();
  readonly deviceEntries = new Map<string, Inode>();

  constructor(number: number, kind: "file" | "folder") {
    this.number = number;
    this.kind = kind;
  }

  read(into: Uint8Array, offset: number): number {
    const end = Math.min(this.cache.size, offset + into.length);
    if (end <= offset) return 0;
    into.set(this.cache.bytes.subarray(offset, end));
    return end - offset;
  }

  write(bytes: Uint8Array, offset: number): void {
    if (bytes.length === 0) return;
    this.cache.put(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), offset);
    let from = offset;
    let to = offset + bytes.length;
    // A write makes the whole page dirty, so the page's lost bytes go to the device with it.
    if (this.lost.size > 0) {
      const first = Math.floor(from / PAGE_BYTES);
      const last = Math.floor((to - 1) / PAGE_BYTES);
      if (this.lost.delete(first)) from = first * PAGE_BYTES;
      if (this.lost.delete(last)) to = Math.min(this.cache.size, (last + 1) * PAGE_BYTES);
      for (let page = first + 1; page < last; page++) this.lost.delete(page);
    }
    this.#record(Buffer.from(this.cache.bytes.subarray(from, to)), from);
  }

  truncate(size: number): void {
    if (size === this.cache.size) return;
    this.cache.resize(size);
    this.#record(undefined, 0);
  }

  #record(bytes: Buffer | undefined, offset: number): void {
    this.changes.push({ number: this.#changesMade++, bytes, offset, sizeAfter: this.cache.size });
  }

  /** The changes so far; a flush that begins now brings those to the device. */
  get stamp(): number {
    return this.#changesMade;
  }

  get dirty(): boolean {
    return this.changes.length > 0;
  }

  /** The changes before `stamp` are on the device. */
  flushed(stamp: number): void {
    let count = 0;
    for (const change of this.changes) {
      if (change.number >= stamp) break;
      apply(this.device, change);
      count++;
    }
    this.changes.splice(0, count);
  }

  /**
   * A write-back failed: any part of the changes before `stamp` has reached the device, the rest never will,
   * and the pages count as clean. A change of size stays with the metadata and goes with the next flush.
   */
  flushFailed(stamp: number, random: SeededRandom): void {
    const failed = this.changes.filter((change) => change.number < stamp);
    if (failed.length === 0) return;
    const size = failed.at(-1)?.sizeAfter ?? this.device.size;
    this.device = survivorsOf(this.device, failed, random);
    this.changes = this.changes.filter((change) => change.number >= stamp);
    this.changes.unshift({ number: stamp - 1, bytes: undefined, offset: 0, sizeAfter: size });
    for (const { bytes, offset } of failed) {
      if (bytes === undefined) continue;
      for (let page = Math.floor(offset / PAGE_BYTES); page * PAGE_BYTES < offset + bytes.length; page++)
        this.lost.add(page);
    }
    for (const { bytes, offset } of this.changes) {
      if (bytes === undefined) continue;
      // Written again meanwhile: dirty once more, and whole pages of it.
      const first = Math.floor(offset / PAGE_BYTES);
      const last = Math.floor((offset + bytes.length - 1) / PAGE_BYTES);
      for (let page = first; page <= last; page++) {
        if (!this.lost.delete(page)) continue;
        const to = Math.min(this.cache.size, (page + 1) * PAGE_BYTES);
        if (to > page * PAGE_BYTES)
          this.#record(Buffer.from(this.cache.bytes.subarray(page * PAGE_BYTES, to)), page * PAGE_BYTES);
      }
    }
    this.failures++;
    this.failureSeen = false;
  }

  /** The kernel drops clean pages as it likes; those that a failed write-back lost come back from the device. */
  evictLost(): boolean {
    if (this.lost.size === 0) return false;
    for (const page of this.lost) {
      const from = page * PAGE_BYTES;
      const to = Math.min(this.cache.size, from + PAGE_BYTES);
      if (to <= from) continue;
      this.cache.bytes.fill(0, from, to);
      const held = Math.min(to, this.device.bytes.length);
      if (held > from) this.device.bytes.copy(this.cache.bytes, from, from, held);
    }
    this.lost.clear();
    return true;
  }

  /** Power is lost: the device holds what it held for sure, and any legal part of the rest. */
  collapse(random: SeededRandom): void {
    this.device = survivorsOf(this.device, this.changes, random).copy();
    this.changes = [];
    this.cache = this.device.copy();
    this.lost.clear();
    this.failures = 0;
    this.failureSeen = true;
  }

  /** An equal inode; names are the caller's business. */
  clone(): Inode {
    const copy = new Inode(this.number, this.kind);
    copy.cache = this.cache.copy();
    copy.device = this.device.copy();
    copy.changes = [...this.changes];
    copy.#changesMade = this.#changesMade;
    for (const page of this.lost) copy.lost.add(page);
    copy.failures = this.failures;
    copy.failureSeen = this.failureSeen;
    copy.readOnly = this.readOnly;
    return copy;
  }
}

function apply(extent: Extent, change: Change): void {
  if (change.bytes !== undefined) extent.put(change.bytes, change.offset);
  else extent.resize(change.sizeAfter);
}

/**
 * What a device may hold when power goes: each sector as it was after some number of the changes, the size as
 * it was after some number of them, all independent of each other.
 */
function survivorsOf(device: Extent, changes: readonly Change[], random: SeededRandom): Extent {
  const result = device.copy();
  if (changes.length === 0) return result;
  const kind = random.next();
  if (kind < 0.15) return result;
  if (kind < 0.45) {
    const count = kind < 0.3 ? changes.length : random.below(changes.length + 1);
    for (const change of changes.slice(0, count)) apply(result, change);
    return result;
  }
  return torn(result, changes, random);
}

function torn(result: Extent, changes: readonly Change[], random: SeededRandom): Extent {
  const bias = random.next();
  const pickCount = (): number =>
    random.chance(bias) ? changes.length : random.chance(0.5) ? 0 : random.below(changes.length + 1);
  const counts = new Map<number, number>();
  const countOf = (sector: number): number => {
    const known = counts.get(sector);
    if (known !== undefined) return known;
    const count = pickCount();
    counts.set(sector, count);
    return count;
  };
  const sizes = [result.size, ...changes.map((change) => change.sizeAfter)];
  const size = sizes[pickCount()] ?? result.size;
  changes.forEach((change, index) => {
    const from = change.bytes === undefined ? change.sizeAfter : change.offset;
    const to = change.bytes === undefined ? Math.max(result.size, from) : from + change.bytes.length;
    for (let sector = Math.floor(from / SECTOR_BYTES); sector * SECTOR_BYTES < to; sector++) {
      if (index >= countOf(sector)) continue;
      const start = Math.max(from, sector * SECTOR_BYTES);
      const end = Math.min(to, (sector + 1) * SECTOR_BYTES);
      const piece = change.bytes?.subarray(start - from, end - from) ?? Buffer.alloc(end - start);
      result.put(piece, start);
    }
  });
  result.resize(size);
  return result;
}
