import { dirname } from "node:path";

import type { Disk } from "./disk.ts";

/** Replaces a small file as a whole: temporary file, flush, rename, flush of the folder. */
export function writeAtomic(disk: Disk, path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = disk.open(temporary, "create");
  try {
    disk.truncate(file, 0);
    disk.write(file, typeof content === "string" ? Buffer.from(content) : content, 0);
    disk.sync(file);
  } catch (error) {
    disk.remove(temporary);
    throw error;
  } finally {
    disk.close(file);
  }
  disk.rename(temporary, path);
  disk.syncFolder(dirname(path));
}

/** Like `writeAtomic` for what can be made again: readers never see half of it, a power loss may take it. */
export function replaceDerived(disk: Disk, path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = disk.open(temporary, "create");
  try {
    disk.truncate(file, 0);
    disk.write(file, typeof content === "string" ? Buffer.from(content) : content, 0);
    disk.rename(temporary, path);
  } catch (error) {
    disk.remove(temporary);
    throw error;
  } finally {
    disk.close(file);
  }
}

/** The whole of a small file, or undefined when it is not there. */
export function readWhole(disk: Disk, path: string): Buffer | undefined {
  if (disk.kind(path) === undefined) return undefined;
  const file = disk.open(path, "read");
  try {
    const bytes = Buffer.alloc(disk.size(file));
    return bytes.subarray(0, disk.read(file, bytes, 0));
  } finally {
    disk.close(file);
  }
}
