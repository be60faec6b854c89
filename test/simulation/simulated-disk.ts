import { basename, dirname } from "node:path";

import type { Disk, EntryKind } from "../../src/engines/files/disk.ts";
import type { SeededRandom } from "../../src/testing/seeded-random.ts";
import { Inode, PAGE_BYTES } from "./device.ts";

/** What a call does, for whoever decides on faults. */
export type CallKind =
  | "open"
  | "create"
  | "close"
  | "read"
  | "write"
  | "grow"
  | "truncate"
  | "sync"
  | "syncFolder"
  | "makeFolder"
  | "rename"
  | "remove"
  | "look";

/** What happens to one call instead of its success. */
export type Fault = "EIO" | "ENOSPC" | undefined;

/** The process that makes the calls, as the simulator sees it. */
export interface Caller {
  readonly dead: boolean;
  /** Called before each call; may kill the process (then throws) or answer with a fault. */
  before(kind: CallKind, path: string): Fault;
  /** Called after each call that changed something; may kill the process (then throws). */
  after(kind: CallKind, path: string): void;
  /** Something that ends by itself after a while; `done` runs as a step of the process. */
  later(done: () => void): void;
}

/** Thrown out of every call of a process that was killed. */
export class ProcessKilled extends Error {
  /** The whole machine stopped: the page cache went with the process. */
  readonly powerLost: boolean;

  constructor(powerLost = false) {
    super(powerLost ? "the simulated machine lost power" : "the simulated process was killed");
    this.powerLost = powerLost;
  }
}

interface Naming {
  readonly folder: Inode;
  readonly name: string;
  readonly inode: Inode | undefined;
}

/** A change of names, atomic: one name made or removed, or a rename's two. */
interface NameChange {
  readonly number: number;
  readonly names: readonly Naming[];
}

interface OpenFile {
  readonly inode: Inode;
  readonly path: string;
  readonly writable: boolean;
  seen: number;
}

function systemError(code: string, call: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${call} '${path}' (simulated)`), { code, path });
}

/** One disk below several processes: page cache, device, names, and what of it survives a power loss. */
export class SimulatedDisk {
  readonly random: SeededRandom;
  root: Inode;
  /** Changes of names that the device may lack, oldest first. */
  #pending: NameChange[] = [];
  #namesChanged = 0;
  #inodes = 1;
  /** Told of every write to a file, before it happens. */
  onWrite: ((path: string, bytes: Uint8Array) => void) | undefined;

  constructor(random: SeededRandom, root?: Inode) {
    this.random = random;
    this.root = root ?? new Inode(this.#inodes++, "folder");
  }

  /** Makes a folder that is on the device from the start. */
  format(path: string): void {
    const folder = new Inode(this.#inodes++, "folder");
    const parent = this.#folder(dirname(path));
    parent.entries.set(basename(path), folder);
    parent.deviceEntries.set(basename(path), folder);
  }

  find(path: string): Inode | undefined {
    let inode: Inode | undefined = this.root;
    for (const name of path.split("/")) {
      if (name !== "") inode = inode?.entries.get(name);
    }
    return inode;
  }

  #folder(path: string): Inode {
    const found = this.find(path);
    if (found?.kind !== "folder") throw systemError("ENOENT", "folder", path);
    return found;
  }

  #rename(names: readonly Naming[]): void {
    for (const { folder, name, inode } of names) {
      if (inode === undefined) folder.entries.delete(name);
      else folder.entries.set(name, inode);
    }
    this.#pending.push({ number: this.#namesChanged++, names });
  }

  /** The changes of this folder's names reach the device, and those that they stand on. */
  #namesFlushed(folder: Inode, stamp: number): void {
    const wanted = new Set<NameChange>();
    const touched = new Map<Inode, Set<string>>();
    for (const change of this.#pending.toReversed()) {
      if (change.number >= stamp) continue;
      const here = change.names.some(
        (name) => name.folder === folder || touched.get(name.folder)?.has(name.name),
      );
      if (!here) continue;
      wanted.add(change);
      for (const { folder: other, name } of change.names) {
        if (other === folder) continue;
        const names = touched.get(other) ?? new Set();
        touched.set(other, names.add(name));
      }
    }
    for (const change of this.#pending) if (wanted.has(change)) toDevice(change);
    this.#pending = this.#pending.filter((change) => !wanted.has(change));
  }

  /** Power is lost: names and contents become one of the legal states; unreachable files are gone. */
  losePower(): void {
    const all = this.#allInodes();
    for (const change of this.#legalNames()) toDevice(change);
    this.#pending = [];
    for (const inode of all) {
      inode.entries = new Map(inode.deviceEntries);
      inode.collapse(this.random);
      if (inode.readOnly && this.random.chance(0.2)) inode.readOnly = false;
    }
  }

  /** Any of the pending changes of names, each only with the earlier ones of the same names. */
  #legalNames(): NameChange[] {
    const kind = this.random.next();
    if (kind < 0.2) return [];
    if (kind < 0.4) return this.#pending;
    if (kind < 0.7) return this.#pending.slice(0, this.random.below(this.#pending.length + 1));
    const missing = new Map<Inode, Set<string>>();
    const share = this.random.next();
    return this.#pending.filter((change) => {
      const blocked = change.names.some(({ folder, name }) => missing.get(folder)?.has(name));
      if (!blocked && this.random.chance(share)) return true;
      for (const { folder, name } of change.names)
        missing.set(folder, (missing.get(folder) ?? new Set()).add(name));
      return false;
    });
  }

  #allInodes(): Set<Inode> {
    const all = new Set<Inode>();
    const visit = (inode: Inode): void => {
      if (all.has(inode)) return;
      all.add(inode);
      for (const child of inode.entries.values()) visit(child);
      for (const child of inode.deviceEntries.values()) visit(child);
    };
    visit(this.root);
    for (const { names } of this.#pending)
      for (const { inode } of names) if (inode !== undefined) visit(inode);
    return all;
  }

  /** All files by path, with the inode behind each. */
  *files(inode: Inode = this.root, path = ""): Generator<[string, Inode]> {
    for (const [name, child] of [...inode.entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (child.kind === "file") yield [`${path}/${name}`, child];
      else yield* this.files(child, `${path}/${name}`);
    }
  }

  /** A disk in exactly this state, independent from here on. */
  clone(random: SeededRandom): SimulatedDisk {
    const copies = new Map<Inode, Inode>();
    for (const inode of this.#allInodes()) copies.set(inode, inode.clone());
    const of = (inode: Inode): Inode => copies.get(inode) as Inode;
    for (const [inode, copy] of copies) {
      for (const [name, child] of inode.entries) copy.entries.set(name, of(child));
      for (const [name, child] of inode.deviceEntries) copy.deviceEntries.set(name, of(child));
    }
    const disk = new SimulatedDisk(random, of(this.root));
    disk.#inodes = this.#inodes + 1_000_000;
    disk.#namesChanged = this.#namesChanged;
    disk.#pending = this.#pending.map(({ number, names }) => ({
      number,
      names: names.map(({ folder, name, inode }) => ({
        folder: of(folder),
        name,
        inode: inode === undefined ? undefined : of(inode),
      })),
    }));
    return disk;
  }

  /** Lets the kernel drop pages that a failed write-back left clean. */
  evictLost(): boolean {
    let any = false;
    for (const inode of this.#allInodes()) any = inode.evictLost() || any;
    return any;
  }

  /** Fails the write-back of some file's dirty pages, as the kernel's flusher thread may at any time. */
  failWriteBack(): boolean {
    const dirty = [...this.#allInodes()].filter((inode) => inode.kind === "file" && inode.dirty);
    const unlucky = dirty[this.random.below(Math.max(1, dirty.length))];
    unlucky?.flushFailed(unlucky.stamp, this.random);
    return unlucky !== undefined;
  }

  /** The disk as one process has it. */
  portFor(caller: Caller): Disk {
    return new Port(this, caller, {
      folder: (path) => this.#folder(path),
      change: (names) => this.#rename(names),
      stamp: () => this.#namesChanged,
      namesFlushed: (folder, stamp) => this.#namesFlushed(folder, stamp),
      newInode: (kind) => new Inode(this.#inodes++, kind),
    });
  }
}

function toDevice(change: NameChange): void {
  for (const { folder, name, inode } of change.names) {
    if (inode === undefined) folder.deviceEntries.delete(name);
    else folder.deviceEntries.set(name, inode);
  }
}

interface Inside {
  folder(path: string): Inode;
  change(names: readonly Naming[]): void;
  /** The changes of names so far. */
  stamp(): number;
  namesFlushed(folder: Inode, stamp: number): void;
  newInode(kind: "file" | "folder"): Inode;
}

let nextFile = 1000;

class Port implements Disk {
  readonly #disk: SimulatedDisk;
  readonly #caller: Caller;
  readonly #inside: Inside;
  readonly #open = new Map<number, OpenFile>();

  constructor(disk: SimulatedDisk, caller: Caller, inside: Inside) {
    this.#disk = disk;
    this.#caller = caller;
    this.#inside = inside;
  }

  #before(kind: CallKind, path: string): void {
    if (this.#caller.dead) throw new ProcessKilled();
    const fault = this.#caller.before(kind, path);
    if (fault !== undefined) throw systemError(fault, kind, path);
  }

  #held(file: number, call: string): OpenFile {
    if (this.#caller.dead) throw new ProcessKilled();
    const held = this.#open.get(file);
    if (held === undefined) throw systemError("EBADF", call, String(file));
    return held;
  }

  open(path: string, mode: "read" | "write" | "create"): number {
    let inode = this.#caller.dead ? undefined : this.#disk.find(path);
    this.#before(inode === undefined && mode === "create" ? "create" : "open", path);
    if (inode === undefined) {
      if (mode !== "create") throw systemError("ENOENT", "open", path);
      inode = this.#inside.newInode("file");
      this.#inside.change([{ folder: this.#inside.folder(dirname(path)), name: basename(path), inode }]);
    }
    if (inode.kind !== "file") throw systemError("EISDIR", "open", path);
    if (mode !== "read" && inode.readOnly) throw systemError("EACCES", "open", path);
    const file = nextFile++;
    this.#open.set(file, { inode, path, writable: mode !== "read", seen: openedSeen(inode) });
    this.#caller.after("open", path);
    return file;
  }

  close(file: number): void {
    const held = this.#held(file, "close");
    this.#open.delete(file);
    this.#before("close", held.path);
  }

  read(file: number, into: Uint8Array, offset: number): number {
    const held = this.#held(file, "read");
    this.#before("read", held.path);
    return held.inode.read(into, offset);
  }

  write(file: number, bytes: Uint8Array, offset: number): void {
    const held = this.#held(file, "write");
    if (!held.writable) throw systemError("EBADF", "write", held.path);
    const { inode, path } = held;
    let fault: Fault;
    try {
      const grows = offset + bytes.length > inode.cache.size;
      fault = this.#caller.before(grows ? "grow" : "write", path);
    } catch (error) {
      if (!(error instanceof ProcessKilled) || error.powerLost) throw error;
      // Killed inside the call: any number of whole pages has been taken.
      const pages = Math.floor((offset + bytes.length) / PAGE_BYTES) - Math.floor(offset / PAGE_BYTES);
      const stop =
        pages > 0 ? (Math.floor(offset / PAGE_BYTES) + this.#disk.random.below(pages + 1)) * PAGE_BYTES : 0;
      if (stop > offset) inode.write(bytes.subarray(0, stop - offset), offset);
      throw error;
    }
    if (fault !== undefined) {
      const taken = this.#disk.random.chance(0.5) ? this.#disk.random.below(bytes.length) : 0;
      if (taken > 0) this.#disk.onWrite?.(path, bytes.subarray(0, taken));
      inode.write(bytes.subarray(0, taken), offset);
      throw systemError(fault, "write", path);
    }
    this.#disk.onWrite?.(path, bytes);
    inode.write(bytes, offset);
    this.#caller.after("write", path);
  }

  size(file: number): number {
    const held = this.#held(file, "fstat");
    this.#before("look", held.path);
    return held.inode.cache.size;
  }

  inode(file: number): number {
    return this.#held(file, "fstat").inode.number;
  }

  truncate(file: number, size: number): void {
    const held = this.#held(file, "truncate");
    this.#before("truncate", held.path);
    held.inode.truncate(size);
    this.#caller.after("truncate", held.path);
  }

  sync(file: number): void {
    const held = this.#held(file, "sync");
    this.#sync(held, this.#begin(held.path), held.inode.stamp);
    this.#caller.after("sync", held.path);
  }

  /** Whether the flush that begins now will fail. */
  #begin(path: string): boolean {
    if (this.#caller.dead) throw new ProcessKilled();
    return this.#caller.before("sync", path) !== undefined;
  }

  #sync(held: { inode: Inode; path: string; seen: number }, fails: boolean, stamp: number): void {
    const { inode } = held;
    if (fails) inode.flushFailed(stamp, this.#disk.random);
    else inode.flushed(stamp);
    const failed = held.seen < inode.failures;
    held.seen = inode.failures;
    if (failed) inode.failureSeen = true;
    if (failed || fails) throw systemError("EIO", "fdatasync", held.path);
  }

  syncAsync(file: number): Promise<void> {
    const held = this.#held(file, "sync");
    return this.#syncLater(held, held.path);
  }

  #syncLater(held: OpenFile, path: string): Promise<void> {
    const fails = this.#begin(path);
    const { stamp } = held.inode;
    return new Promise((resolve, reject) => {
      this.#caller.later(() => {
        try {
          this.#sync(held, fails, stamp);
          this.#caller.after("sync", path);
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  syncFolder(path: string): void {
    this.#before("syncFolder", path);
    this.#inside.namesFlushed(this.#inside.folder(path), this.#inside.stamp());
    this.#caller.after("syncFolder", path);
  }

  async syncPathAsync(path: string): Promise<void> {
    this.#before("open", path);
    const inode = this.#disk.find(path);
    if (inode === undefined) throw systemError("ENOENT", "open", path);
    if (inode.kind === "file") {
      return this.#syncLater({ inode, path, writable: false, seen: openedSeen(inode) }, path);
    }
    const stamp = this.#inside.stamp();
    await new Promise<void>((resolve) => this.#caller.later(resolve));
    this.#before("syncFolder", path);
    this.#inside.namesFlushed(inode, stamp);
    this.#caller.after("syncFolder", path);
  }

  makeFolder(path: string): boolean {
    this.#before("makeFolder", path);
    const known = this.#disk.find(path);
    if (known?.kind === "folder") return false;
    if (known !== undefined) throw systemError("EEXIST", "mkdir", path);
    const inode = this.#inside.newInode("folder");
    this.#inside.change([{ folder: this.#inside.folder(dirname(path)), name: basename(path), inode }]);
    this.#caller.after("makeFolder", path);
    return true;
  }

  rename(from: string, to: string): void {
    this.#before("rename", from);
    const inode = this.#disk.find(from);
    if (inode === undefined) throw systemError("ENOENT", "rename", from);
    this.#inside.change([
      { folder: this.#inside.folder(dirname(from)), name: basename(from), inode: undefined },
      { folder: this.#inside.folder(dirname(to)), name: basename(to), inode },
    ]);
    this.#caller.after("rename", to);
  }

  remove(path: string): void {
    this.#before("remove", path);
    if (this.#disk.find(path) === undefined) throw systemError("ENOENT", "unlink", path);
    this.#inside.change([
      { folder: this.#inside.folder(dirname(path)), name: basename(path), inode: undefined },
    ]);
    this.#caller.after("remove", path);
  }

  list(path: string): string[] {
    this.#before("look", path);
    return [...this.#inside.folder(path).entries.keys()].sort();
  }

  kind(path: string): EntryKind | undefined {
    if (this.#caller.dead) throw new ProcessKilled();
    return this.#disk.find(path)?.kind;
  }

  sizeAt(path: string): number | undefined {
    if (this.#caller.dead) throw new ProcessKilled();
    const inode = this.#disk.find(path);
    return inode === undefined ? undefined : inode.kind === "file" ? inode.cache.size : 4096;
  }

  setReadOnly(path: string): void {
    this.#before("look", path);
    const inode = this.#disk.find(path);
    if (inode === undefined) throw systemError("ENOENT", "chmod", path);
    inode.readOnly = true;
  }
}

/** A failure that nobody has been told of is told to whoever opens the file next. */
function openedSeen(inode: Inode): number {
  return inode.failureSeen ? inode.failures : inode.failures - 1;
}
