import { crc32 } from "node:zlib";

import type { Disk } from "./disk.ts";

/**
 * What a process must know to append: 80 bytes at the start of `.store/head`, written under the lock.
 * A hint: recovery recomputes it from the journal.
 */
export interface Head {
  /** Number of the journal that takes the next frame. */
  readonly journal: number;
  /** End of its last frame, in bytes. */
  readonly end: number;
  /** Number of that frame, counted over all journals. */
  readonly frame: number;
  readonly frameCrc: number;
  /** End of the last frame whose lines are in their files. */
  readonly applied: number;
  /** Position of the last event. */
  readonly position: number;
  /** Greatest `recorded_at` so far, epoch ms. */
  readonly recordedMs: number;
  /** CRC of the boot id: page cache of an earlier boot is gone. */
  readonly boot: number;
  /** Inode of the head file when written: a copied store is not the store. */
  readonly inode: number;
  /** A flush of this journal failed; it takes no more frames until recovery has copied it. */
  readonly suspect: boolean;
}

const MAGIC = 0x45534f48;
const HEAD_BYTES = 80;
const SYNCED_AT = 128;
const SYNCED_BYTES = 20;

export function writeHead(disk: Disk, file: number, head: Head): void {
  const bytes = Buffer.alloc(HEAD_BYTES);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(head.journal, 4);
  bytes.writeDoubleLE(head.end, 8);
  bytes.writeDoubleLE(head.frame, 16);
  bytes.writeDoubleLE(head.applied, 24);
  bytes.writeDoubleLE(head.position, 32);
  bytes.writeDoubleLE(head.recordedMs, 40);
  bytes.writeUInt32LE(head.boot, 48);
  bytes.writeDoubleLE(head.inode, 52);
  bytes.writeUInt32LE(head.frameCrc, 60);
  bytes.writeUInt32LE(head.suspect ? 1 : 0, 64);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, HEAD_BYTES - 4)), HEAD_BYTES - 4);
  disk.write(file, bytes, 0);
}

/** The head, or undefined when it is absent, half written or not ours. */
export function readHead(disk: Disk, file: number): Head | undefined {
  const bytes = Buffer.alloc(HEAD_BYTES);
  if (disk.read(file, bytes, 0) < HEAD_BYTES || bytes.readUInt32LE(0) !== MAGIC) return undefined;
  if (bytes.readUInt32LE(HEAD_BYTES - 4) !== crc32(bytes.subarray(0, HEAD_BYTES - 4))) return undefined;
  return {
    journal: bytes.readUInt32LE(4),
    end: bytes.readDoubleLE(8),
    frame: bytes.readDoubleLE(16),
    applied: bytes.readDoubleLE(24),
    position: bytes.readDoubleLE(32),
    recordedMs: bytes.readDoubleLE(40),
    boot: bytes.readUInt32LE(48),
    inode: bytes.readDoubleLE(52),
    frameCrc: bytes.readUInt32LE(60),
    suspect: bytes.readUInt32LE(64) === 1,
  };
}

/**
 * Publishes that a journal is on disk up to `end`. Written without the lock, so a slower process may put
 * back an older value; each value is true, and a reader that needs more flushes the journal itself.
 */
export function writeSynced(disk: Disk, file: number, synced: { journal: number; end: number }): void {
  const bytes = Buffer.alloc(SYNCED_BYTES);
  bytes.writeUInt32LE(synced.journal, 0);
  bytes.writeDoubleLE(synced.end, 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, SYNCED_BYTES - 4)), SYNCED_BYTES - 4);
  disk.write(file, bytes, SYNCED_AT);
}

/** How far `journal` is known to be on disk; 0 when nothing is known. */
export function readSynced(disk: Disk, file: number, journal: number): number {
  const bytes = Buffer.alloc(SYNCED_BYTES);
  if (disk.read(file, bytes, SYNCED_AT) < SYNCED_BYTES) return 0;
  if (bytes.readUInt32LE(SYNCED_BYTES - 4) !== crc32(bytes.subarray(0, SYNCED_BYTES - 4))) return 0;
  return bytes.readUInt32LE(0) === journal ? bytes.readDoubleLE(4) : 0;
}
