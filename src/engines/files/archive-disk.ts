import { join, sep } from "node:path";

import { GLOBAL_STREAM } from "../../event/envelope.ts";
import { StorageError } from "../../errors.ts";
import { OpenArchives, type SharedArchive } from "./open-archives.ts";
import { type Disk, type EntryKind, systemCode } from "./disk.ts";
import { archivePath, EVENTS_FILE, isDay, type Layout, prunedPath } from "./layout.ts";
import { prunedError, type PrunedHeader, readPruned } from "./pruned-file.ts";

/** One stream's file of one day. */
interface DayFile {
  readonly stream: string;
  readonly day: string;
}

/** A file that does not lie in its place, open as if it did. */
type StandIn = { readonly archive: SharedArchive } | { readonly pruned: PrunedHeader };

/** Memory for parts of archives that were read lately. */
const HELD_BYTES = 64 * 1024 * 1024;

/** A file may be moved into the archive, and back, between one look and the next. */
const LOOKS = 8;

/**
 * A disk on which archived files lie in their old places: what asks for `{day}/{ISSUE}/events.jsonl` is answered
 * from `archive/{day}/{ISSUE}/events.jsonl.zst` where the plain file is gone. So reading, recovery and rebuilding
 * go on as before. A pruned file has its size, but reading it fails and says so.
 */
export function archiveDisk(disk: Disk, layout: Layout): Disk {
  const folded = new FoldedFiles(disk, layout, new OpenArchives(disk, HELD_BYTES));
  return {
    open: (path, mode) => folded.open(path, mode),
    close: (file) => (file < 0 ? folded.close(file) : disk.close(file)),
    read: (file, into, offset) =>
      file < 0 ? folded.read(file, into, offset) : disk.read(file, into, offset),
    write: (file, bytes, offset) => disk.write(file, bytes, offset),
    size: (file) => (file < 0 ? folded.size(file) : disk.size(file)),
    inode: (file) => (file < 0 ? folded.inode(file) : disk.inode(file)),
    truncate: (file, size) => disk.truncate(file, size),
    // What stands in for a file was brought to the device before the file went.
    sync: (file) => (file < 0 ? undefined : disk.sync(file)),
    syncAsync: (file) => (file < 0 ? Promise.resolve() : disk.syncAsync(file)),
    syncFolder: (path) => disk.syncFolder(path),
    syncPathAsync: (path) => folded.syncPathAsync(path),
    makeFolder: (path) => disk.makeFolder(path),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    list: (path) => folded.list(path),
    kind: (path) => disk.kind(path) ?? folded.kind(path),
    sizeAt: (path) => disk.sizeAt(path) ?? folded.sizeAt(path),
    setReadOnly: (path) => folded.setReadOnly(path),
  };
}

class FoldedFiles {
  readonly #disk: Disk;
  readonly #layout: Layout;
  /** As `join` makes it the beginning of every path. */
  readonly #base: string;
  readonly #open = new Map<number, StandIn>();
  readonly #archives: OpenArchives;
  #next = -1;

  constructor(disk: Disk, layout: Layout, archives: OpenArchives) {
    this.#disk = disk;
    this.#layout = layout;
    this.#base = join(layout.base, ".").replace(/[/\\]+$/, "");
    this.#archives = archives;
  }

  open(path: string, mode: "read" | "write" | "create"): number {
    const of = this.#dayFile(path);
    if (of === undefined) return this.#disk.open(path, mode);
    if (mode !== "read") {
      // A second file of that day would hide the archived lines.
      if (this.#disk.kind(path) === undefined && this.kind(path) !== undefined) throw isArchived(path);
      return this.#disk.open(path, mode);
    }
    for (let look = 1; ; look++) {
      try {
        return this.#disk.open(path, mode);
      } catch (error) {
        if (systemCode(error) !== "ENOENT") throw error;
        const standIn = this.#standIn(of);
        if (standIn !== undefined) return this.#hold(standIn);
        if (look === LOOKS || this.#disk.kind(path) === undefined) throw error;
      }
    }
  }

  #standIn(of: DayFile): StandIn | undefined {
    const archive = this.#archives.open(archivePath(this.#layout, of.stream, of.day));
    if (archive !== undefined) return { archive };
    const pruned = readPruned(this.#disk, this.#layout, of);
    return pruned === undefined ? undefined : { pruned: pruned.header };
  }

  #hold(standIn: StandIn): number {
    const file = this.#next--;
    this.#open.set(file, standIn);
    return file;
  }

  #held(file: number): StandIn {
    const held = this.#open.get(file);
    if (held === undefined) throw new Error(`file ${file} is not open`);
    return held;
  }

  close(file: number): void {
    const held = this.#held(file);
    this.#open.delete(file);
    if ("archive" in held) this.#archives.letGo(held.archive);
  }

  read(file: number, into: Uint8Array, offset: number): number {
    const held = this.#held(file);
    if ("archive" in held) return held.archive.reader.read(into, offset);
    if (into.length === 0 || offset >= held.pruned.bytes) return 0;
    throw prunedError(held.pruned);
  }

  size(file: number): number {
    const held = this.#held(file);
    return "archive" in held ? held.archive.reader.size : held.pruned.bytes;
  }

  inode(file: number): number {
    const held = this.#held(file);
    return "archive" in held ? held.archive.inode : 0;
  }

  async syncPathAsync(path: string): Promise<void> {
    try {
      await this.#disk.syncPathAsync(path);
    } catch (error) {
      if (systemCode(error) !== "ENOENT" || this.kind(path) === undefined) throw error;
    }
  }

  setReadOnly(path: string): void {
    try {
      this.#disk.setReadOnly(path);
    } catch (error) {
      if (systemCode(error) !== "ENOENT" || this.kind(path) === undefined) throw error;
    }
  }

  sizeAt(path: string): number | undefined {
    const of = this.#dayFile(path);
    if (of === undefined || this.kind(path) !== "file") return undefined;
    const file = this.open(path, "read");
    try {
      return file < 0 ? this.size(file) : this.#disk.size(file);
    } finally {
      if (file < 0) this.close(file);
      else this.#disk.close(file);
    }
  }

  /** What stands here on this disk, where nothing does on the one below. */
  kind(path: string): EntryKind | undefined {
    const of = this.#dayFile(path);
    if (of === undefined) return this.#folded(path).length > 0 ? "folder" : undefined;
    return (
      this.#disk.kind(archivePath(this.#layout, of.stream, of.day)) ??
      this.#disk.kind(prunedPath(this.#layout, of.stream, of.day)) ??
      this.#disk.kind(path)
    );
  }

  list(path: string): string[] {
    const folded = this.#folded(path);
    if (folded.length === 0) return this.#disk.list(path);
    const plain = this.#disk.kind(path) === undefined ? [] : this.#disk.list(path);
    return [...new Set([...plain, ...folded])];
  }

  /** The names that archived and pruned files add to a folder. */
  #folded(folder: string): string[] {
    const parts = this.#partsOf(folder);
    if (parts === undefined) return [];
    const [first, second, ...rest] = parts;
    if (first === undefined) return this.#days();
    if (rest.length > 0) return [];
    if (first === GLOBAL_STREAM) {
      if (second === undefined) return this.#days().filter((day) => this.#streams(day).has(GLOBAL_STREAM));
      return isDay(second) && this.#streams(second).has(GLOBAL_STREAM) ? [EVENTS_FILE] : [];
    }
    if (!isDay(first)) return [];
    const streams = [...this.#streams(first)].filter((stream) => stream !== GLOBAL_STREAM);
    if (second === undefined) return streams;
    return streams.includes(second) ? [EVENTS_FILE] : [];
  }

  #days(): string[] {
    const days = [...this.#names(this.#layout.archive), ...this.#names(this.#layout.pruned)];
    return [...new Set(days.filter(isDay))];
  }

  #streams(day: string): Set<string> {
    const { archive, pruned } = this.#layout;
    const archived = this.#names(`${archive}${sep}${day}`).filter(
      (stream) => this.#disk.kind(archivePath(this.#layout, stream, day)) !== undefined,
    );
    const ending = ".leaves.zst";
    const gone = this.#names(`${pruned}${sep}${day}`)
      .filter((name) => name.endsWith(ending))
      .map((name) => name.slice(0, -ending.length));
    return new Set([...archived, ...gone]);
  }

  #names(folder: string): string[] {
    return this.#disk.kind(folder) === "folder" ? this.#disk.list(folder) : [];
  }

  /** The parts of a path inside the store; undefined outside it and in the engine room. */
  #partsOf(path: string): string[] | undefined {
    const base = this.#base;
    if (path === this.#layout.base || path === base) return [];
    if (!path.startsWith(base) || path[base.length] !== sep) return undefined;
    const parts = path.slice(base.length + 1).split(sep);
    const [first = ""] = parts;
    return first === GLOBAL_STREAM || isDay(first) ? parts : undefined;
  }

  /** Which stream's file of which day a path means. */
  #dayFile(path: string): DayFile | undefined {
    if (!path.endsWith(EVENTS_FILE)) return undefined;
    const [first = "", second = "", name, ...rest] = this.#partsOf(path) ?? [];
    if (name !== EVENTS_FILE || rest.length > 0) return undefined;
    if (first === GLOBAL_STREAM) return isDay(second) ? { stream: GLOBAL_STREAM, day: second } : undefined;
    return isDay(first) && second !== GLOBAL_STREAM ? { stream: second, day: first } : undefined;
  }
}

function isArchived(path: string): StorageError {
  return new StorageError(
    "ESO_STORAGE_READ_ONLY",
    `${path} is archived, so nothing is written to it; nothing was written`,
    {
      hint: "Events always go to the present day. If the clock was set back, set it right.",
      details: { path },
    },
  );
}
