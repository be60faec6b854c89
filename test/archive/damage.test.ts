import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";

import { expect, test } from "vitest";

import { IntegrityError } from "../../src/index.ts";
import { ArchiveReader, digestOfText } from "../../src/engines/files/archive-file.ts";
import { nodeDisk } from "../../src/engines/files/disk.ts";
import { runArchive } from "../../src/store/archive/run-archive.ts";
import { restoreArchive } from "../../src/store/archive/restore-archive.ts";
import { filesBelow, folder, openLater, partsOf, recordDays } from "./store-days.ts";

const LATER = 100;

async function archived(): Promise<{ path: string; archive: string }> {
  const path = folder();
  await recordDays(path, 2, 12);
  await using store = await openLater(path, LATER);
  await runArchive(partsOf(store, path, LATER), { olderThanDays: 90 });
  const archive = [...filesBelow(path).keys()].find((name) => name.startsWith("archive/2026-08-01/PROJ-1/"));
  return { path, archive: join(path, archive ?? "") };
}

test("every flipped bit of an archive is found, and names the file", async () => {
  const { archive } = await archived();
  const good = readFileSync(archive);
  const { sha256 } = digestOfText(nodeDisk, archive);
  let harmless = 0;
  for (let bit = 0; bit < good.length * 8; bit += 3) {
    const bytes = Buffer.from(good);
    bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    writeFileSync(archive, bytes);
    try {
      // A bit that says nothing about the text changes nothing of it.
      expect(digestOfText(nodeDisk, archive).sha256).toBe(sha256);
      harmless++;
    } catch (error) {
      expect(error).toBeInstanceOf(IntegrityError);
      expect(error).toMatchObject({ code: "ESO_LOG_DAMAGED", details: { file: archive } });
    }
  }
  expect(harmless).toBeLessThan(good.length / 10);
});

test("a damaged archive stops what needs it, and nothing else", async () => {
  const { path, archive } = await archived();
  const bytes = readFileSync(archive);
  bytes.fill(0, 20, 40);
  writeFileSync(archive, bytes);
  await using store = await openLater(path, LATER + 1);
  await expect(Array.fromAsync(store.readStream("PROJ-1"))).rejects.toThrow(archive);
  expect((await Array.fromAsync(store.readStream("PROJ-2"))).length).toBeGreaterThan(2);
  await expect(restoreArchive(partsOf(store, path, LATER + 1), { issue: "PROJ-1" })).rejects.toThrow(
    IntegrityError,
  );
  await store.logEvent({
    event_type: "PhaseStarted",
    issue_key: "PROJ-2",
    actor: { type: "user", id: "ada" },
    metadata: { phase: "CODE" },
  });
  await store.close();
  // The journal still has its lines: recovery passes it over.
  rmSync(join(path, ".store", "head"));
  await using again = await openLater(path, LATER + 1);
  expect((await Array.fromAsync(again.readStream("PROJ-2"))).length).toBeGreaterThan(3);
});

/** A seekable file of equal frames, each saying that it holds `raw` bytes. */
function bomb(frames: number, raw: number): Buffer {
  const params = { [constants.ZSTD_c_compressionLevel]: 19 };
  const frame = zstdCompressSync(Buffer.alloc(raw, 10), { params });
  const list = Buffer.alloc(8 + frames * 8 + 9);
  list.writeUInt32LE(0x184d2a5e, 0);
  list.writeUInt32LE(list.length - 8, 4);
  for (let index = 0; index < frames; index++) {
    list.writeUInt32LE(frame.length, 8 + index * 8);
    list.writeUInt32LE(Math.min(raw, 128 * 1024), 12 + index * 8);
  }
  list.writeUInt32LE(frames, list.length - 9);
  list.writeUInt32LE(0x8f92eab1, list.length - 4);
  return Buffer.concat([...Array.from({ length: frames }, () => frame), list]);
}

test.each([
  ["many small frames that hold much", bomb(1_600, 128 * 1024)],
  ["one frame that holds more than it says", bomb(1, 200 * 1024 * 1024)],
])("a file that would fill the memory is refused: %s", async (_, bytes) => {
  const { path, archive } = await archived();
  expect(bytes.length).toBeLessThan(60_000);
  writeFileSync(archive, bytes);
  const before = process.memoryUsage().rss;
  expect(() => digestOfText(nodeDisk, archive)).toThrow(IntegrityError);
  await using store = await openLater(path, LATER);
  await expect(Array.fromAsync(store.readStream("PROJ-1"))).rejects.toThrow(IntegrityError);
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
});

test("text that is no archive, and one cut anywhere, are refused", async () => {
  const { archive } = await archived();
  const good = readFileSync(archive);
  for (let size = 0; size < good.length; size += 17) {
    writeFileSync(archive, good.subarray(0, size));
    expect(() => ArchiveReader.open(nodeDisk, archive)).toThrow(IntegrityError);
  }
});
