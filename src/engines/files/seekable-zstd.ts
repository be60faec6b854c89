import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";

import type { Disk } from "./disk.ts";

/**
 * Compressed files that can be read from anywhere: Zstandard's seekable format. The text is cut into frames of equal
 * size, each compressed by itself, and a skippable frame at the end lists their sizes. `zstd -d` reads the whole.
 */

/** One event costs one frame: small enough to be quick, large enough to compress well. */
export const FRAME_BYTES = 128 * 1024;
const SKIPPABLE_MAGIC = 0x184d2a5e;
const SEEKABLE_MAGIC = 0x8f92eab1;
const SKIPPABLE_HEADER_BYTES = 8;
const ENTRY_BYTES = 8;
const FOOTER_BYTES = 9;
/** A list of frames longer than this is not one of ours. */
const FRAMES_MAX = 4_000_000;

/** Compresses a text, given in order and in pieces of any size, into `file`; gives the compressed size. */
export class SeekableWriter {
  readonly #disk: Disk;
  readonly #file: number;
  readonly #sizes: { compressed: number; raw: number }[] = [];
  #held: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(disk: Disk, file: number) {
    this.#disk = disk;
    this.#file = file;
  }

  add(bytes: Uint8Array): void {
    this.#held = this.#held.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#held, bytes]);
    while (this.#held.length >= FRAME_BYTES) {
      this.#frame(this.#held.subarray(0, FRAME_BYTES));
      this.#held = this.#held.subarray(FRAME_BYTES);
    }
  }

  #frame(raw: Buffer): void {
    const params = { [constants.ZSTD_c_compressionLevel]: 9, [constants.ZSTD_c_checksumFlag]: 1 };
    const compressed = zstdCompressSync(raw, { params });
    this.#write(compressed);
    this.#sizes.push({ compressed: compressed.length, raw: raw.length });
  }

  #write(bytes: Uint8Array): void {
    this.#disk.write(this.#file, bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Writes what is left and the list of frames; the caller flushes. */
  finish(): number {
    if (this.#held.length > 0) this.#frame(this.#held);
    this.#held = Buffer.alloc(0);
    const list = Buffer.alloc(SKIPPABLE_HEADER_BYTES + this.#sizes.length * ENTRY_BYTES + FOOTER_BYTES);
    let at = list.writeUInt32LE(SKIPPABLE_MAGIC, 0);
    at = list.writeUInt32LE(list.length - SKIPPABLE_HEADER_BYTES, at);
    for (const { compressed, raw } of this.#sizes) {
      at = list.writeUInt32LE(compressed, at);
      at = list.writeUInt32LE(raw, at);
    }
    at = list.writeUInt32LE(this.#sizes.length, at);
    at = list.writeUInt8(0, at);
    list.writeUInt32LE(SEEKABLE_MAGIC, at);
    this.#write(list);
    return this.#at;
  }
}

interface Frame {
  /** In the file, and in the text. */
  readonly at: number;
  readonly rawAt: number;
  readonly compressed: number;
  readonly raw: number;
}

/** Reads a text of the seekable format at any offset; the frame last read is kept. */
export class SeekableReader {
  readonly #disk: Disk;
  readonly #file: number;
  readonly #frames: readonly Frame[];
  /** Bytes of the whole text. */
  readonly size: number;
  #kept: { readonly frame: Frame; readonly raw: Buffer } | undefined;

  private constructor(disk: Disk, file: number, frames: readonly Frame[]) {
    this.#disk = disk;
    this.#file = file;
    this.#frames = frames;
    const last = frames.at(-1);
    this.size = last === undefined ? 0 : last.rawAt + last.raw;
  }

  /** A reader of an open file, or undefined when its list of frames is not whole. */
  static of(disk: Disk, file: number): SeekableReader | undefined {
    const frames = readFrames(disk, file);
    return frames === undefined ? undefined : new SeekableReader(disk, file, frames);
  }

  /**
   * Fills `into` from `offset` on as far as the text goes; gives the bytes read.
   * @throws Error of zlib's when a frame is damaged.
   */
  read(into: Uint8Array, offset: number): number {
    let done = 0;
    while (done < into.length && offset + done < this.size) {
      const frame = this.#frameAt(offset + done);
      const raw = this.#raw(frame);
      const from = offset + done - frame.rawAt;
      const part = raw.subarray(from, from + into.length - done);
      into.set(part, done);
      done += part.length;
    }
    return done;
  }

  #frameAt(offset: number): Frame {
    let low = 0;
    let high = this.#frames.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#frames[middle] as Frame).rawAt <= offset) low = middle;
      else high = middle - 1;
    }
    return this.#frames[low] as Frame;
  }

  #raw(frame: Frame): Buffer {
    if (this.#kept?.frame === frame) return this.#kept.raw;
    const compressed = Buffer.alloc(frame.compressed);
    this.#disk.read(this.#file, compressed, frame.at);
    // A frame says itself how long it is: it is not believed beyond what the list says.
    const raw = zstdDecompressSync(compressed, { maxOutputLength: frame.raw });
    if (raw.length !== frame.raw)
      throw new Error(`a frame holds ${raw.length} bytes instead of ${frame.raw}`);
    this.#kept = { frame, raw };
    return raw;
  }
}

function readFrames(disk: Disk, file: number): Frame[] | undefined {
  const size = disk.size(file);
  const footer = Buffer.alloc(FOOTER_BYTES);
  if (size < FOOTER_BYTES || disk.read(file, footer, size - FOOTER_BYTES) !== FOOTER_BYTES) return undefined;
  const count = footer.readUInt32LE(0);
  if (footer.readUInt32LE(5) !== SEEKABLE_MAGIC || footer.readUInt8(4) !== 0 || count > FRAMES_MAX)
    return undefined;
  const list = Buffer.alloc(SKIPPABLE_HEADER_BYTES + count * ENTRY_BYTES);
  const listAt = size - FOOTER_BYTES - list.length;
  if (listAt < 0 || disk.read(file, list, listAt) !== list.length) return undefined;
  if (list.readUInt32LE(0) !== SKIPPABLE_MAGIC) return undefined;
  if (list.readUInt32LE(4) !== list.length - SKIPPABLE_HEADER_BYTES + FOOTER_BYTES) return undefined;
  const frames: Frame[] = [];
  let [at, rawAt] = [0, 0];
  for (let index = 0; index < count; index++) {
    const compressed = list.readUInt32LE(SKIPPABLE_HEADER_BYTES + index * ENTRY_BYTES);
    const raw = list.readUInt32LE(SKIPPABLE_HEADER_BYTES + index * ENTRY_BYTES + 4);
    if (raw > FRAME_BYTES) return undefined;
    frames.push({ at, rawAt, compressed, raw });
    at += compressed;
    rawAt += raw;
  }
  return at === listAt ? frames : undefined;
}
