import { dirname, join } from "node:path";

import { makeFolders } from "./archive-file.ts";
import { manifestNames, notABackup, readManifest } from "./backup-folder.ts";
import { type Disk, nodeDisk, storageError } from "./disk.ts";

const BLOCK = 512;
const COPY_BYTES = 1024 * 1024;
/** The only names in a backup: no way out of the folder that it is unpacked into. */
const MEMBER = /^(?:backup-[0-9TZ.-]{20,32}\.json|objects\/[0-9a-f]{2}\/[0-9a-f]{64})$/;
const REGULAR = "0";
const OCTAL_MAX = 8 ** 11;

/** Writes the newest backup of a folder as one plain tar file. */
export function packBackup(folder: string, target: string, disk: Disk = nodeDisk): void {
  const name = manifestNames(disk, folder).at(-1) ?? "";
  const { manifest } = readManifest(disk, join(folder, name));
  const objects = [...new Set(manifest.files.map(({ sha256 }) => sha256))].sort();
  const members = [name, ...objects.map((sha256) => `objects/${sha256.slice(0, 2)}/${sha256}`)];
  const temporary = `${target}.tmp`;
  try {
    if (disk.kind(temporary) !== undefined) disk.remove(temporary);
    const out = disk.open(temporary, "create");
    try {
      let at = 0;
      for (const member of members)
        at = packed(disk, out, { at, member, path: join(folder, ...member.split("/")) });
      disk.write(out, Buffer.alloc(2 * BLOCK), at);
      disk.sync(out);
    } finally {
      disk.close(out);
    }
    disk.rename(temporary, target);
    disk.syncFolder(dirname(target));
  } catch (error) {
    throw storageError(error, target);
  }
}

function packed(disk: Disk, out: number, of: { at: number; member: string; path: string }): number {
  const file = disk.open(of.path, "read");
  try {
    const size = disk.size(file);
    disk.write(out, header(of.member, size), of.at);
    copy(disk, { file, from: 0, size }, { out, at: of.at + BLOCK });
    return of.at + BLOCK + padded(size);
  } finally {
    disk.close(file);
  }
}

function copy(
  disk: Disk,
  source: { file: number; from: number; size: number },
  target: { out: number; at: number },
): void {
  for (let done = 0; done < source.size;) {
    const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, source.size - done));
    const got = disk.read(source.file, buffer, source.from + done);
    if (got === 0) return;
    disk.write(target.out, buffer.subarray(0, got), target.at + done);
    done += got;
  }
}

const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;

function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0);
  block.write("0000600\0", 100);
  block.write("0000000\0", 108);
  block.write("0000000\0", 116);
  if (size < OCTAL_MAX) block.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  else {
    block.writeUInt8(0x80, 124);
    block.writeBigUInt64BE(BigInt(size), 128);
  }
  block.write("00000000000\0", 136);
  block.write(REGULAR, 156);
  block.write("ustar\u000000", 257);
  block.write(`${checksum(block).toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

/** The sum of a header's bytes, its own field counted as blanks. */
function checksum(block: Buffer): number {
  return block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
}

/**
 * Unpacks a tar file that `packBackup` wrote. Links, folders and any other name are refused before anything is made.
 * @throws IntegrityError when it is not one.
 */
export function unpackBackup(tar: string, folder: string, disk: Disk = nodeDisk): void {
  const file = disk.open(tar, "read");
  try {
    const members = [...membersOf(disk, file, tar)];
    makeFolders(disk, dirname(folder), folder);
    for (const { name, from, size } of members) {
      const path = join(folder, ...name.split("/"));
      makeFolders(disk, folder, dirname(path));
      const out = disk.open(path, "create");
      try {
        copy(disk, { file, from, size }, { out, at: 0 });
      } finally {
        disk.close(out);
      }
    }
  } finally {
    disk.close(file);
  }
}

function* membersOf(
  disk: Disk,
  file: number,
  tar: string,
): Generator<{ name: string; from: number; size: number }> {
  const end = disk.size(file);
  const seen = new Set<string>();
  for (let at = 0; ;) {
    const block = Buffer.alloc(BLOCK);
    if (disk.read(file, block, at) !== BLOCK) throw notABackup(tar, "ends in the middle");
    if (block.every((byte) => byte === 0)) return;
    if (Number.parseInt(block.toString("latin1", 148, 154), 8) !== checksum(block))
      throw notABackup(tar, `is damaged at byte ${at}`);
    const name = textAt(block, 0, 100);
    if (
      block.toString("latin1", 156, 157) !== REGULAR ||
      !MEMBER.test(name) ||
      textAt(block, 345, 155) !== ""
    )
      throw notABackup(tar, `has a member that no backup has: ${JSON.stringify(name)}`);
    const size = sizeIn(block);
    if (!Number.isSafeInteger(size) || at + BLOCK + size > end || seen.has(name))
      throw notABackup(tar, `is damaged at byte ${at}`);
    seen.add(name);
    yield { name, from: at + BLOCK, size };
    at += BLOCK + padded(size);
  }
}

function textAt(block: Buffer, at: number, length: number): string {
  const text = block.subarray(at, at + length);
  const end = text.indexOf(0);
  return text.toString("latin1", 0, end === -1 ? length : end);
}

function sizeIn(block: Buffer): number {
  if (block.readUInt8(124) === 0x80) return Number(block.readBigUInt64BE(128));
  const digits = textAt(block, 124, 12);
  return /^[0-7]{1,11}$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}
