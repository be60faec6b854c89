import { closeSync, openSync, readFileSync, readSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { constants, inflateSync } from "node:zlib";
import { errorCode } from "./error-code.ts";
import { textOf } from "./git-dir.ts";

const MAX_COMMIT_BYTES = 65_536;
const COMMIT_KIND = 1;
const FANOUT_BYTES = 1_032;
const OID_BYTES = 20;

/** The tree of a commit, from a loose object or a pack; nothing when it is kept as a delta or not found. */
export function commitTree(commonDir: string, sha: string): string | undefined {
  for (const folder of objectFolders(join(commonDir, "objects"))) {
    const text = looseCommit(folder, sha) ?? packedCommit(folder, sha);
    if (text !== undefined) return /^tree ([0-9a-f]{40})$/m.exec(text)?.[1];
  }
  return undefined;
}

function objectFolders(objects: string): string[] {
  const alternates =
    textOf(join(objects, "info", "alternates"))
      ?.split("\n")
      .filter(Boolean) ?? [];
  return [objects, ...alternates.map((path) => resolve(objects, path))];
}

function looseCommit(folder: string, sha: string): string | undefined {
  try {
    return inflated(readFileSync(join(folder, sha.slice(0, 2), sha.slice(2)))).replace(/^commit \d+\0/, "");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function packedCommit(folder: string, sha: string): string | undefined {
  for (const name of packIndexes(join(folder, "pack"))) {
    const offset = reading(join(folder, "pack", name), (fd) => packOffset(fd, sha));
    if (offset === undefined) continue;
    return reading(join(folder, "pack", name.replace(/idx$/, "pack")), (fd) => commitAt(fd, offset));
  }
  return undefined;
}

function packIndexes(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".idx"));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** Where the pack holds the object, by version 2 of the index: fan-out, sorted ids, checksums, offsets. */
function packOffset(fd: number, sha: string): number | undefined {
  const head = readAt(fd, 0, FANOUT_BYTES);
  if (head.length < FANOUT_BYTES || head.readUInt32BE(0) !== 0xff744f63 || head.readUInt32BE(4) !== 2)
    return undefined;
  const wanted = Buffer.from(sha, "hex");
  const bucket = wanted[0]!;
  const total = head.readUInt32BE(FANOUT_BYTES - 4);
  const first = bucket === 0 ? 0 : head.readUInt32BE(8 + (bucket - 1) * 4);
  const ids = readAt(
    fd,
    FANOUT_BYTES + first * OID_BYTES,
    (head.readUInt32BE(8 + bucket * 4) - first) * OID_BYTES,
  );
  let found = ids.indexOf(wanted);
  while (found !== -1 && found % OID_BYTES !== 0) found = ids.indexOf(wanted, found + 1);
  if (found === -1) return undefined;
  const place = first + found / OID_BYTES;
  const offset = readAt(fd, FANOUT_BYTES + total * (OID_BYTES + 4) + place * 4, 4).readUInt32BE(0);
  // Beyond 2 GiB the offset stands in another table, which no commit of today's work tree has needed.
  return offset >= 0x8000_0000 ? undefined : offset;
}

function commitAt(fd: number, offset: number): string | undefined {
  const bytes = readAt(fd, offset, MAX_COMMIT_BYTES);
  if (((bytes[0]! >> 4) & 7) !== COMMIT_KIND) return undefined;
  let at = 0;
  while ((bytes[at]! & 0x80) !== 0) at += 1;
  return inflated(bytes.subarray(at + 1));
}

/** Only the beginning matters, so output that ends early is no fault. */
function inflated(bytes: Buffer): string {
  return inflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).toString("latin1");
}

function reading<T>(path: string, read: (fd: number) => T): T {
  const fd = openSync(path, "r");
  try {
    return read(fd);
  } finally {
    closeSync(fd);
  }
}

function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(fd, bytes, 0, length, position));
}
