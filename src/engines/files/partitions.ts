import { dirname, join } from "node:path";

import { GLOBAL_STREAM } from "../../event/envelope.ts";
import { type Disk, systemCode, unsafePath } from "./disk.ts";
import { EVENTS_FILE, type Layout, streamFolder } from "./layout.ts";

/** Bytes at the start of a line that hold its `recorded_at` for sure: a whole line. */
const FIRST_LINE_BYTES = 65_536;
const FOLDERS_HELD_MAX = 100_000;

interface OpenFile {
  readonly file: number;
  readonly path: string;
}

/** The day whose events a `global/events.jsonl` holds, from its first line; undefined when it has none. */
export function dayOfFirstLine(disk: Disk, path: string): string | undefined {
  const file = disk.open(path, "read");
  try {
    const bytes = Buffer.alloc(Math.min(FIRST_LINE_BYTES, disk.size(file)));
    const text = bytes.toString("utf8", 0, disk.read(file, bytes, 0));
    const line = text.slice(0, text.indexOf("\n"));
    const recordedAt = line.slice(line.lastIndexOf('"recorded_at":"') + 15).slice(0, 10);
    return /^\d{4}-\d\d-\d\d$/.test(recordedAt) ? recordedAt : undefined;
  } finally {
    disk.close(file);
  }
}

/**
 * The streams' files: the readable truth. Lines are always written at the offset that the journal gives
 * them, so applying a frame twice changes nothing. Open files are bounded; the least recently used is closed.
 */
export class Partitions {
  readonly #disk: Disk;
  readonly #layout: Layout;
  readonly #openMax: number;
  readonly #open = new Map<string, OpenFile>();
  readonly #folders = new Set<string>();

  constructor(disk: Disk, layout: Layout, openMax: number) {
    this.#disk = disk;
    this.#layout = layout;
    this.#openMax = openMax;
  }

  /** The path of a stream's file of one day, for reading. `global`'s open day lies above its closed days. */
  pathOf(stream: string, day: string): string {
    const path = join(streamFolder(this.#layout, stream, day), EVENTS_FILE);
    if (stream !== GLOBAL_STREAM || this.#disk.kind(path) !== undefined) return path;
    return join(this.#layout.globalFolder, EVENTS_FILE);
  }

  /** Opens a file for reading; the caller closes it. */
  openForReading(stream: string, day: string): { file: number; path: string } {
    for (;;) {
      const path = this.pathOf(stream, day);
      const file = this.#openIfThere(path);
      // The open global day may have been moved between the look and the opening; then this is another day's.
      if (stream === GLOBAL_STREAM && this.pathOf(stream, day) !== path) {
        if (file !== undefined) this.#disk.close(file);
        continue;
      }
      return { file: file ?? this.#disk.open(path, "read"), path };
    }
  }

  #openIfThere(path: string): number | undefined {
    try {
      return this.#disk.open(path, "read");
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Bytes of a stream's file; 0 when it is not there. */
  size(stream: string, day: string): number {
    const held = this.#open.get(`${day}/${stream}`);
    if (held !== undefined) return this.#disk.size(held.file);
    const path = this.pathOf(stream, day);
    const size = this.#disk.sizeAt(path) ?? 0;
    if (size > 0 && stream === GLOBAL_STREAM && dirname(path) === this.#layout.globalFolder) {
      const holds = dayOfFirstLine(this.#disk, path);
      if (holds !== undefined && holds !== day) return 0;
    }
    return size;
  }

  /** Bytes of the file that stands at its path; 0 when that is not the file which this process has written to. */
  sizeInPlace(stream: string, day: string): number {
    // A closed day's file was flushed and digested, and may have been archived since: another file, the same bytes.
    if (this.#isClosed(day)) this.forget(`${day}/${stream}`);
    const held = this.#open.get(`${day}/${stream}`);
    if (held === undefined) return this.size(stream, day);
    if (this.#disk.kind(this.pathOf(stream, day)) !== "file") return 0;
    const { file } = this.openForReading(stream, day);
    try {
      return this.#disk.inode(file) === this.#disk.inode(held.file) ? this.#disk.size(file) : 0;
    } finally {
      this.#disk.close(file);
    }
  }

  /** Writes whole lines at their offset. Under the lock only. */
  write(key: { stream: string; day: string }, offset: number, bytes: Uint8Array): void {
    this.#disk.write(this.#writable(key.stream, key.day).file, bytes, offset);
  }

  /** The bytes that stand at `offset`, as many as there are. Under the lock only. */
  read(key: { stream: string; day: string }, offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    const held = this.#open.get(`${key.day}/${key.stream}`);
    if (held !== undefined) return bytes.subarray(0, this.#disk.read(held.file, bytes, offset));
    // A closed day's file is read-only, so it is not opened for writing just to look at it.
    if (this.size(key.stream, key.day) === 0) return bytes.subarray(0, 0);
    const { file } = this.openForReading(key.stream, key.day);
    try {
      return bytes.subarray(0, this.#disk.read(file, bytes, offset));
    } finally {
      this.#disk.close(file);
    }
  }

  /** Whether this is the file of a closed day, which nobody writes to. */
  isReadOnly(stream: string, day: string): boolean {
    return this.#isClosed(day) && this.size(stream, day) > 0;
  }

  #isClosed(day: string): boolean {
    return this.#disk.kind(join(this.#layout.closedDays, `${day}.json`)) !== undefined;
  }

  /** Cuts a file behind its last acknowledged line; the caller has kept what stood there. */
  cut(key: { stream: string; day: string }, size: number): void {
    const { file } = this.#writable(key.stream, key.day);
    this.#disk.truncate(file, size);
    this.#disk.sync(file);
  }

  #writable(stream: string, day: string): OpenFile {
    const key = `${day}/${stream}`;
    const held = this.#open.get(key);
    if (held !== undefined) {
      this.#open.delete(key);
      this.#open.set(key, held);
      return held;
    }
    const path = stream === GLOBAL_STREAM ? this.#globalPath(day) : this.#issuePath(stream, day);
    const opened = { file: this.#disk.open(path, "create"), path };
    this.#open.set(key, opened);
    if (this.#open.size > this.#openMax) this.#closeOldest();
    return opened;
  }

  #closeOldest(): void {
    const [oldest] = this.#open;
    if (oldest === undefined) return;
    this.#disk.close(oldest[1].file);
    this.#open.delete(oldest[0]);
  }

  #issuePath(stream: string, day: string): string {
    const folder = streamFolder(this.#layout, stream, day);
    if (this.#folders.size > FOLDERS_HELD_MAX) this.#folders.clear();
    this.#makeFolder(dirname(folder));
    this.#makeFolder(folder);
    return join(folder, EVENTS_FILE);
  }

  #makeFolder(path: string): void {
    if (this.#folders.has(path)) return;
    this.#disk.makeFolder(path);
    this.#folders.add(path);
  }

  /** Where `day`'s global events go; an older day that still lies open is moved to its own folder first. */
  #globalPath(day: string): string {
    const closed = join(this.#layout.globalFolder, day, EVENTS_FILE);
    const open = join(this.#layout.globalFolder, EVENTS_FILE);
    this.#makeFolder(this.#layout.globalFolder);
    if (this.#disk.kind(closed) !== undefined) return closed;
    const holds = this.#openGlobalDay(open);
    if (holds !== undefined && holds > day) {
      this.#makeFolder(dirname(closed));
      return closed;
    }
    if (holds !== undefined && holds < day) this.closeGlobalDay(holds);
    return open;
  }

  #openGlobalDay(open: string): string | undefined {
    // One without a line, left by a killed process, is nobody's yet.
    return this.#disk.kind(open) === undefined ? undefined : dayOfFirstLine(this.#disk, open);
  }

  /** Moves `global/events.jsonl` into the folder of its day. Durable on return. Under the lock only. */
  closeGlobalDay(day: string): void {
    const open = join(this.#layout.globalFolder, EVENTS_FILE);
    const folder = join(this.#layout.globalFolder, day);
    const key = `${day}/${GLOBAL_STREAM}`;
    const file = this.#disk.open(open, "write");
    try {
      this.#disk.sync(file);
    } finally {
      this.#disk.close(file);
    }
    this.#disk.makeFolder(folder);
    // A rename would silently replace the day's file.
    if (this.#disk.kind(join(folder, EVENTS_FILE)) !== undefined)
      throw unsafePath(folder, "taken by another file of that day");
    this.#disk.rename(open, join(folder, EVENTS_FILE));
    this.#disk.syncFolder(folder);
    this.#disk.syncFolder(this.#layout.globalFolder);
    this.forget(key);
  }

  /** Closes a held file, so that the next use opens it anew. */
  forget(key: string): void {
    const held = this.#open.get(key);
    if (held === undefined) return;
    this.#disk.close(held.file);
    this.#open.delete(key);
  }

  /**
   * Brings files, and the folders that name them, to the device, `width` at a time and off this thread.
   * Rejects when one of them is gone: what the journal holds of it must not be given up then.
   */
  async syncAll(files: readonly { stream: string; day: string }[], width: number): Promise<void> {
    const folders = new Set<string>([this.#layout.base]);
    for (const { stream, day } of files) {
      const folder = dirname(this.pathOf(stream, day));
      folders.add(folder);
      folders.add(dirname(folder));
    }
    await inParallel(files, width, (file) => this.#syncFile(file));
    await inParallel([...folders], width, (folder) => this.#disk.syncPathAsync(folder));
  }

  /** The folders that name a file reach the device. */
  syncFolders(path: string): void {
    this.#disk.syncFolder(dirname(path));
    this.#disk.syncFolder(dirname(dirname(path)));
    this.#disk.syncFolder(this.#layout.base);
  }

  async #syncFile({ stream, day }: { stream: string; day: string }): Promise<void> {
    try {
      await this.#disk.syncPathAsync(this.pathOf(stream, day));
    } catch (error) {
      // The open global day may be moved to its own folder between the look and the flush.
      if (systemCode(error) !== "ENOENT" || stream !== GLOBAL_STREAM) throw error;
      await this.#disk.syncPathAsync(this.pathOf(stream, day));
    }
  }

  close(): void {
    for (const { file } of this.#open.values()) this.#disk.close(file);
    this.#open.clear();
  }
}

async function inParallel<T>(
  items: readonly T[],
  width: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await run(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
}
