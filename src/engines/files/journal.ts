import { type Disk, systemCode } from "./disk.ts";
import {
  decodeEvents,
  decodeHeader,
  decodeStart,
  encodeStart,
  type FrameEvent,
  type FrameHeader,
  frameHolds,
  HEADER_BYTES,
  type JournalStart,
} from "./frame.ts";
import { journalPath, type Layout } from "./layout.ts";

/** A journal grows by this much at a time, so that a flush need not change the file's size. */
export const PREALLOCATE_BYTES = 256 * 1024;
const ZEROS = Buffer.alloc(PREALLOCATE_BYTES);
const PREALLOCATED_FRAME_BYTES_MAX = 16 * 1024;
const SCAN_BYTES = 1024 * 1024;

/** The end of a chain of frames: where the next one goes and what it must continue. */
export interface ChainEnd {
  readonly journal: number;
  readonly end: number;
  readonly frame: number;
  readonly crc: number;
}

/** A frame as it stands in a journal. */
export interface JournalFrame {
  readonly journal: number;
  /** Where its header starts. */
  readonly start: number;
  /** Behind its last byte. */
  readonly end: number;
  readonly header: FrameHeader;
  /** From `start` to `end`. */
  readonly bytes: Buffer;
  readonly events: readonly FrameEvent[];
}

/** The line of one of a frame's events, with its LF. */
export function lineOf(frame: JournalFrame, event: FrameEvent): Buffer {
  const at = event.lineAt - frame.start;
  return frame.bytes.subarray(at, at + event.length + 1);
}

/** Where journals are. */
export interface JournalPlace {
  readonly disk: Disk;
  readonly layout: Layout;
}

/** One open journal file. */
export class JournalFile {
  readonly number: number;
  readonly #disk: Disk;
  readonly #file: number;
  #allocated: number;

  constructor(disk: Disk, file: number, number: number) {
    this.number = number;
    this.#disk = disk;
    this.#file = file;
    this.#allocated = disk.size(file);
  }

  /** Opens an existing journal; undefined when it is gone (every frame of it has been checkpointed). */
  static open(place: JournalPlace, number: number, mode: "read" | "write"): JournalFile | undefined {
    const { disk, layout } = place;
    try {
      return new JournalFile(disk, disk.open(journalPath(layout, number), mode), number);
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Makes a journal that continues the chain; it is on disk, name included, when this returns. */
  static create(disk: Disk, layout: Layout, start: JournalStart): JournalFile {
    const file = disk.open(journalPath(layout, start.journal), "create");
    disk.truncate(file, 0);
    disk.write(file, Buffer.alloc(PREALLOCATE_BYTES), 0);
    disk.write(file, encodeStart(start), 0);
    disk.sync(file);
    disk.syncFolder(layout.journals);
    return new JournalFile(disk, file, start.journal);
  }

  start(): JournalStart | undefined {
    const bytes = Buffer.alloc(HEADER_BYTES);
    return this.#disk.read(this.#file, bytes, 0) === HEADER_BYTES ? decodeStart(bytes) : undefined;
  }

  /** Whether it holds no frame: its maker was killed before the head named it. */
  isBare(): boolean {
    return decodeHeader(this.readAt(HEADER_BYTES, HEADER_BYTES)) === undefined;
  }

  /**
   * Makes room for a small frame, so that its flush need not change the file's size. A large one is cheaper
   * to write behind the end than to write twice. When the disk is full this fails before any byte is written.
   */
  reserve(at: number, length: number): void {
    const end = at + length;
    if (length > PREALLOCATED_FRAME_BYTES_MAX || end <= this.#allocated) return;
    // Another process may have grown the file; zeros must not fall on its frames.
    this.#allocated = Math.max(this.#disk.size(this.#file), at);
    if (end <= this.#allocated) return;
    this.#disk.write(this.#file, ZEROS, this.#allocated);
    this.#allocated += ZEROS.length;
  }

  write(bytes: Uint8Array, at: number): void {
    this.#disk.write(this.#file, bytes, at);
  }

  /** Cuts off what a failed write may have left, so that it can never be taken for a frame. Needs no space. */
  takeBack(at: number): void {
    this.truncate(at);
    // Or a power loss could bring back, whole, what was refused.
    this.sync();
  }

  /** Reads `length` bytes at `at`, fewer at the end of the file. */
  readAt(at: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, this.#disk.read(this.#file, bytes, at));
  }

  size(): number {
    return this.#disk.size(this.#file);
  }

  truncate(size: number): void {
    this.#disk.truncate(this.#file, size);
    this.#allocated = size;
  }

  sync(): void {
    this.#disk.sync(this.#file);
  }

  syncAsync(): Promise<void> {
    return this.#disk.syncAsync(this.#file);
  }

  close(): void {
    this.#disk.close(this.#file);
  }

  /**
   * The frames behind `from`, up to byte `limit`, as long as each one's CRC holds and continues the chain.
   * `bytes` are views of buffers that are never reused.
   */
  *frames(from: Omit<ChainEnd, "journal">, limit = Number.POSITIVE_INFINITY): Generator<JournalFrame> {
    const window = new JournalWindow(this, limit);
    let { end: at, frame, crc } = from;
    while (at + HEADER_BYTES <= limit) {
      const header = decodeHeader(window.bytes(at, HEADER_BYTES));
      if (header === undefined || at + HEADER_BYTES + header.bytes > limit) return;
      const bytes = window.bytes(at, HEADER_BYTES + header.bytes);
      if (bytes.length < HEADER_BYTES + header.bytes) return;
      if (!frameHolds(header, bytes, { frame: frame + 1, crc })) return;
      const end = at + HEADER_BYTES + header.bytes;
      const place = { journal: this.number, start: at };
      yield { ...place, end, header, bytes, events: decodeEvents(header, bytes, place) };
      ({ frame, crc } = header);
      at = end;
    }
  }
}

/** Reads a journal in large steps, so that many small frames cost few calls. */
class JournalWindow {
  readonly #journal: JournalFile;
  readonly #limit: number;
  #start = 0;
  #held: Buffer = Buffer.alloc(0);

  constructor(journal: JournalFile, limit: number) {
    this.#journal = journal;
    this.#limit = limit;
  }

  bytes(at: number, length: number): Buffer {
    const inside = at - this.#start;
    if (inside < 0 || inside + length > this.#held.length) {
      this.#held = this.#journal.readAt(at, Math.max(length, Math.min(SCAN_BYTES, this.#limit - at)));
      this.#start = at;
      return this.#held.subarray(0, length);
    }
    return this.#held.subarray(inside, inside + length);
  }
}

/** The numbers of the journals that exist, oldest first. */
export function listJournals(disk: Disk, layout: Layout): number[] {
  return disk
    .list(layout.journals)
    .filter((name) => /^\d{8}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}
