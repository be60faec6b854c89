import { hash } from "node:crypto";

/** RFC 6962 leaf hash, hex: SHA-256(0x00 ‖ the line's bytes without LF). */
export function leafHash(line: string): string {
  return hash("sha256", `\0${line}`);
}

/** The `prev_hash` of a stream's first line. */
export function genesisHash(storeId: string, stream: string): string {
  return hash("sha256", `eso-stream-genesis/v1\n${storeId}\n${stream}\n`);
}
