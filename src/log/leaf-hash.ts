import { hash } from "node:crypto";

/** RFC 6962 leaf hash, hex: SHA-256(0x00 ‖ the line's bytes without LF). */
export function leafHash(line: string): string {
  return hash("sha256", `\0${line}`);
}

/** The same for a line as read. */
export function leafHashOfBytes(line: Uint8Array): string {
  const bytes = Buffer.allocUnsafe(line.length + 1);
  bytes[0] = 0;
  bytes.set(line, 1);
  return hash("sha256", bytes);
}

/** A line's bytes with LF, and its leaf hash; encodes the line only once. */
export function sealLine(line: string): { stored: Buffer; hash: string } {
  const bytes = Buffer.from(`\0${line}\n`);
  return { stored: bytes.subarray(1), hash: hash("sha256", bytes.subarray(0, bytes.length - 1)) };
}

/** The `prev_hash` of a stream's first line. */
export function genesisHash(storeId: string, stream: string): string {
  return hash("sha256", `eso-stream-genesis/v1\n${storeId}\n${stream}\n`);
}
