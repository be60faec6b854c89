import type { Disk } from "./disk.ts";

/** Where one event's line is: which file, at which byte, and what an idempotent append needs to know of it. */
export interface OrderEntry {
  /** Id of the partition file in the catalogue; 0 marks a line that could not be read when this was rebuilt. */
  readonly fileId: number;
  readonly length: number;
  readonly flags: number;
  readonly fileOffset: number;
  readonly recordedMs: number;
  readonly sequence: number;
}

const ENTRY_BYTES = 24;

function encodeEntry(bytes: Buffer, at: number, entry: OrderEntry): void {
  bytes.writeUInt32LE(entry.fileId, at);
  bytes.writeUInt16LE(entry.length, at + 4);
  bytes.writeUInt16LE(entry.flags, at + 6);
  bytes.writeUIntLE(entry.fileOffset, at + 8, 6);
  bytes.writeUIntLE(entry.recordedMs, at + 14, 6);
  bytes.writeUInt32LE(entry.sequence, at + 20);
}

function decodeEntry(bytes: Buffer, at: number): OrderEntry {
  return {
    fileId: bytes.readUInt32LE(at),
    length: bytes.readUInt16LE(at + 4),
    flags: bytes.readUInt16LE(at + 6),
    fileOffset: bytes.readUIntLE(at + 8, 6),
    recordedMs: bytes.readUIntLE(at + 14, 6),
    sequence: bytes.readUInt32LE(at + 20),
  };
}

/** The log's order of record: a dense array on disk, entry p - 1 says where the event at position p lies. */
export class OrderFile {
  readonly #disk: Disk;
  readonly #file: number;

  constructor(disk: Disk, path: string, mode: "read" | "create") {
    this.#disk = disk;
    this.#file = disk.open(path, mode);
  }

  /** Writes the entries of the positions from `first` on. */
  write(first: number, entries: readonly OrderEntry[]): void {
    const bytes = Buffer.alloc(entries.length * ENTRY_BYTES);
    entries.forEach((entry, index) => encodeEntry(bytes, index * ENTRY_BYTES, entry));
    this.#disk.write(this.#file, bytes, (first - 1) * ENTRY_BYTES);
  }

  /** The entries of up to `count` positions from `first` on. */
  read(first: number, count: number): OrderEntry[] {
    const bytes = Buffer.allocUnsafe(count * ENTRY_BYTES);
    const got = this.#disk.read(this.#file, bytes, (first - 1) * ENTRY_BYTES);
    return Array.from({ length: Math.floor(got / ENTRY_BYTES) }, (_, index) =>
      decodeEntry(bytes, index * ENTRY_BYTES),
    );
  }

  /** How many positions the file has room for. */
  length(): number {
    return Math.floor(this.#disk.size(this.#file) / ENTRY_BYTES);
  }

  clear(): void {
    this.#disk.truncate(this.#file, 0);
  }

  sync(): void {
    this.#disk.sync(this.#file);
  }

  close(): void {
    this.#disk.close(this.#file);
  }
}
