import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

const BUFFER_BYTES = 262_144;

/**
 * Writes a file as a whole: what stood there stays until everything is on disk, and also when writing fails.
 * Only the user can read it.
 */
export async function replaceFile(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeAll(temporary, pieces);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

async function writeAll(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  await using file = await open(path, "wx", 0o600);
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    waiting.push(piece);
    bytes += piece.length;
    if (bytes < BUFFER_BYTES) continue;
    await file.writeFile(Buffer.concat(waiting));
    waiting = [];
    bytes = 0;
  }
  await file.writeFile(Buffer.concat(waiting));
  await file.sync();
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, "r");
  await folder.sync();
}
