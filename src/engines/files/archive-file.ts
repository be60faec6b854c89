import { createHash } from "node:crypto";
import { dirname } from "node:path";

import { IntegrityError } from "../../errors.ts";
import { type Disk, systemCode } from "./disk.ts";
import { SeekableReader, SeekableWriter } from "./seekable-zstd.ts";

const READ_BYTES = 1024 * 1024;
/** Lines hold hashes and ids that do not compress: what promises more than this many times its size is no log. */
const RATIO_MAX = 4096;

/** What a text is known by. */
export interface Digest {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** What was made of a file: the text in it, and the file itself. */
export interface ArchiveDigests {
  readonly raw: Digest;
  readonly file: Digest;
}

/** A compressed file of lines, open for reading at any offset of the text. */
export class ArchiveReader {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #text: SeekableReader;
  #file: number;

  private constructor(disk: Disk, path: string, file: number) {
    this.#disk = disk;
    this.#path = path;
    this.#file = file;
    // The file may be closed and opened again; what is known of it stays.
    const read: Disk["read"] = (_, into, offset) => disk.read(this.#file, into, offset);
    const text = SeekableReader.of({ ...disk, size: (opened) => disk.size(opened), read }, file);
    if (text === undefined) throw damagedArchive(path, "its list of frames is not whole");
    if (text.size > disk.size(file) * RATIO_MAX)
      throw damagedArchive(path, `it promises ${text.size} bytes, more than a log can be compressed`);
    this.#text = text;
  }

  /** @throws IntegrityError when the file is not one that the store wrote. */
  static open(disk: Disk, path: string): ArchiveReader {
    return ArchiveReader.of(disk, path, disk.open(path, "read"));
  }

  /** The same of a file that is open; it is closed with the reader, or when it is not an archive. */
  static of(disk: Disk, path: string, file: number): ArchiveReader {
    try {
      return new ArchiveReader(disk, path, file);
    } catch (error) {
      disk.close(file);
      throw error;
    }
  }

  /** Goes on with the same file, opened anew after `close`. */
  reopen(file: number): void {
    this.#file = file;
  }

  /** Bytes of the text. */
  get size(): number {
    return this.#text.size;
  }

  /** Fills `into` from `offset` of the text on; gives the bytes read. */
  read(into: Uint8Array, offset: number): number {
    try {
      return this.#text.read(into, offset);
    } catch (error) {
      if (isSystemError(error)) throw error;
      const says = error instanceof Error ? error.message : String(error);
      throw damagedArchive(
        this.#path,
        `it cannot be unpacked near byte ${offset} of its text: ${says}`,
        error,
      );
    }
  }

  close(): void {
    this.#disk.close(this.#file);
  }
}

/** Faults of the disk have names such as EIO; zlib has its own for what is wrong with the bytes. */
function isSystemError(error: unknown): boolean {
  return /^E(?!RR_)[A-Z0-9]+$/.test(systemCode(error) ?? "");
}

/** The error for a compressed file whose bytes are not what was written. */
export function damagedArchive(path: string, what: string, cause?: unknown): IntegrityError {
  return new IntegrityError("ESO_LOG_DAMAGED", `${path} is damaged: ${what}`, {
    hint: "Bring the file back from a backup; other streams stay readable.",
    details: { file: path, offset: 0 },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Gives the pieces of an open file, whatever its size. */
export function* piecesOf(read: (into: Uint8Array, offset: number) => number): Generator<Buffer> {
  for (let at = 0; ;) {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    const got = read(buffer, at);
    if (got === 0) return;
    yield buffer.subarray(0, got);
    at += got;
  }
}

/** Size and SHA-256 of a file as it lies on the disk. */
export function digestOfFile(disk: Disk, path: string): Digest {
  const file = disk.open(path, "read");
  try {
    return digestOf(piecesOf((into, offset) => disk.read(file, into, offset)));
  } finally {
    disk.close(file);
  }
}

/** Size and SHA-256 of the text in a compressed file. */
export function digestOfText(disk: Disk, path: string): Digest {
  const reader = ArchiveReader.open(disk, path);
  try {
    return digestOf(piecesOf((into, offset) => reader.read(into, offset)));
  } finally {
    reader.close();
  }
}

export function digestOf(pieces: Iterable<Uint8Array>): Digest {
  const sum = createHash("sha256");
  let bytes = 0;
  for (const piece of pieces) {
    sum.update(piece);
    bytes += piece.length;
  }
  return { bytes, sha256: sum.digest("hex") };
}

/** Whether two texts are the same. */
export function sameDigest(one: Digest, other: Digest): boolean {
  return one.bytes === other.bytes && one.sha256 === other.sha256;
}

/** Folders whose names are known to be on the device. */
const durable = new WeakMap<Disk, Set<string>>();

/** Makes the folders between `base` and `folder`, durable on return. */
export function makeFolders(disk: Disk, base: string, folder: string): void {
  if (folder === base) return;
  const known = durable.get(disk) ?? new Set();
  durable.set(disk, known);
  if (known.has(folder) && disk.kind(folder) === "folder") return;
  makeFolders(disk, base, dirname(folder));
  disk.makeFolder(folder);
  // Also when it is there already: whoever made it may have died before its name was safe.
  disk.syncFolder(dirname(folder));
  known.add(folder);
}

/** The nearest folder above that is there, for `makeFolders` to begin below. */
export function nearestFolder(disk: Disk, path: string): string {
  const parent = dirname(path);
  return parent === path || disk.kind(parent) !== undefined ? parent : nearestFolder(disk, parent);
}

/** A file that is written under another name first, so that its own name never stands for half of it. */
export interface NewFile {
  readonly base: string;
  readonly path: string;
  readonly write: (file: number) => void;
  /** Looks at what was written, before it gets its name. */
  readonly check: (temporary: string) => void;
}

/** Writes, flushes, checks and names a file; durable on return. Nothing is left when one of these fails. */
export function writeChecked(disk: Disk, { base, path, write, check }: NewFile): void {
  makeFolders(disk, base, dirname(path));
  // Always the same name: what a killed process left there goes first, since it may be read-only.
  const temporary = `${path}.tmp`;
  if (disk.kind(temporary) !== undefined) disk.remove(temporary);
  const file = disk.open(temporary, "create");
  try {
    try {
      disk.truncate(file, 0);
      write(file);
      disk.sync(file);
    } finally {
      disk.close(file);
    }
    check(temporary);
  } catch (error) {
    removeIfThere(disk, temporary);
    throw error;
  }
  disk.rename(temporary, path);
  disk.syncFolder(dirname(path));
}

/** A disk that refuses everything must not hide why it was called. */
function removeIfThere(disk: Disk, path: string): void {
  try {
    disk.remove(path);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}

/**
 * Compresses a text into a file of its own and reads the whole of it back.
 * @throws IntegrityError when what comes back is not the text that was expected.
 */
export function writeArchive(
  disk: Disk,
  { base, path }: { readonly base: string; readonly path: string },
  text: { readonly pieces: Iterable<Uint8Array>; readonly expected: Digest | undefined },
): Digest {
  let given: Digest | undefined;
  const write = (file: number): void => {
    const writer = new SeekableWriter(disk, file);
    given = digestOf(passing(text.pieces, (piece) => writer.add(piece)));
    writer.finish();
  };
  const check = (temporary: string): void => {
    const expected = text.expected ?? given;
    if (expected === undefined || !sameDigest(digestOfText(disk, temporary), expected))
      throw damagedArchive(path, "its text is not the one that was to be kept, so it was not put in place");
    disk.setReadOnly(temporary);
  };
  writeChecked(disk, { base, path, write, check });
  return given as Digest;
}

function* passing(pieces: Iterable<Uint8Array>, take: (piece: Uint8Array) => void): Generator<Uint8Array> {
  for (const piece of pieces) {
    take(piece);
    yield piece;
  }
}
