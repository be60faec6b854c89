import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { hash } from "node:crypto";

const LF = 10;
const CHUNK_BYTES = 4 * 1024 * 1024;
/** A line may have 65,535 bytes; one without an end must not fill the memory. */
const LINE_BYTES_MAX = 1024 * 1024;

/** A line as it lies on disk. `bytes` are valid until the next one is asked for. */
export interface ScannedLine {
  readonly bytes: Buffer;
  /** RFC 6962 leaf hash of the bytes, hex. */
  readonly leaf: string;
  /** Counted from 1. */
  readonly number: number;
  readonly offset: number;
}

/** What a scan ends with: bytes behind the last LF, and how much was read. */
export interface ScanEnd {
  readonly bytes: number;
  readonly unfinished: number;
  /** Where a line began that is longer than any line may be; nothing behind it was read. */
  readonly endless?: number;
}

/** Opens a regular file, never through a link; undefined when there is none. */
export function openRegular(path: string): number | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ELOOP"))
      return undefined;
    throw error;
  }
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  return undefined;
}

/**
 * The lines of an open file, up to its size now. The byte before a line is overwritten by the 0x00 of the leaf
 * hash, which spares a copy.
 */
export function* scanFile(file: number): Generator<ScannedLine, ScanEnd> {
  const size = fstatSync(file).size;
  let buffer = Buffer.allocUnsafe(1 + Math.min(size, CHUNK_BYTES));
  let [held, read, number, offset] = [0, 0, 0, 0];
  while (read < size) {
    if (held === buffer.length - 1) {
      if (buffer.length > LINE_BYTES_MAX) return { bytes: read, unfinished: 0, endless: offset };
      buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)]);
    }
    const got = readSync(file, buffer, 1 + held, Math.min(buffer.length - 1 - held, size - read), read);
    if (got === 0) break;
    read += got;
    const end = 1 + held + got;
    let start = 1;
    for (let lf = buffer.indexOf(LF, 1 + held); lf !== -1 && lf < end; lf = buffer.indexOf(LF, start)) {
      buffer[start - 1] = 0;
      const leaf = hash("sha256", buffer.subarray(start - 1, lf));
      yield { bytes: buffer.subarray(start, lf), leaf, number: ++number, offset };
      offset += lf - start + 1;
      start = lf + 1;
    }
    held = end - start;
    buffer.copyWithin(1, start, end);
  }
  return { bytes: read, unfinished: held };
}
