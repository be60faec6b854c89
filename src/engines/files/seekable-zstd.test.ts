import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";

import { SeededRandom } from "../../testing/seeded-random.ts";
import { nodeDisk } from "./disk.ts";
import { FRAME_BYTES, SeekableReader, SeekableWriter } from "./seekable-zstd.ts";

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "eso-zstd-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "text.zst");
}

/** Compressible bytes, the same for the same seed. */
function sample(size: number, seed = 1): Buffer {
  const random = new SeededRandom(seed);
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 16) bytes.write(`line ${random.below(1000)} `, at);
  return bytes;
}

function compress(path: string, raw: Buffer, piece: number): void {
  const file = nodeDisk.open(path, "create");
  const writer = new SeekableWriter(nodeDisk, file);
  for (let at = 0; at < raw.length; at += piece) writer.add(raw.subarray(at, at + piece));
  const size = writer.finish();
  expect(nodeDisk.size(file)).toBe(size);
  nodeDisk.close(file);
}

function reader(path: string): { opened: SeekableReader | undefined; close: () => void } {
  const file = nodeDisk.open(path, "read");
  return { opened: SeekableReader.of(nodeDisk, file), close: () => nodeDisk.close(file) };
}

test("any part of the text can be read, whatever its size and the pieces it came in", () => {
  const path = temporaryFile();
  const sizes = fc.constantFrom(0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES + 77);
  fc.assert(
    fc.property(
      sizes,
      fc.integer({ min: 1_000, max: 400_000 }),
      fc.array(fc.nat(), { maxLength: 8 }),
      (size, piece, nats) => {
        const raw = sample(size, size + piece);
        rmSync(path, { force: true });
        compress(path, raw, piece);
        const { opened, close } = reader(path);
        expect(opened?.size).toBe(size);
        for (const nat of [0, size, ...nats]) {
          const offset = nat % (size + 1);
          const into = Buffer.alloc(1 + (nat % 200_000));
          const got = opened?.read(into, offset) ?? -1;
          expect(into.subarray(0, got).equals(raw.subarray(offset, offset + into.length))).toBe(true);
        }
        close();
      },
    ),
    { numRuns: 40 },
  );
});

test.skipIf(spawnSync("zstd", ["--version"]).status !== 0)(
  "zstd -d gives the whole text (needs zstd)",
  () => {
    const path = temporaryFile();
    const raw = sample(2 * FRAME_BYTES + 5);
    compress(path, raw, 50_000);
    const { stdout, status } = spawnSync("zstd", ["-dc", path], { maxBuffer: raw.length * 2 });
    expect(status).toBe(0);
    expect(stdout.equals(raw)).toBe(true);
  },
);

test("a file that is cut anywhere, or whose list was changed, is not read as whole", () => {
  const path = temporaryFile();
  const raw = sample(FRAME_BYTES + 500);
  compress(path, raw, 10_000);
  const whole = readFileSync(path);
  const attempts = [
    ...Array.from({ length: 60 }, (_, index) => whole.subarray(0, Math.floor((whole.length * index) / 60))),
    ...Array.from({ length: 30 }, (_, index) => {
      const changed = Buffer.from(whole);
      const at = whole.length - 1 - index;
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      return changed;
    }),
  ];
  for (const bytes of attempts) {
    writeFileSync(path, bytes);
    const { opened, close } = reader(path);
    const into = Buffer.alloc(raw.length);
    const read = () => opened !== undefined && opened.read(into, 0) === raw.length && into.equals(raw);
    expect(outcome(read)).toBe(false);
    close();
  }
});

test("no bit of a compressed frame can be changed unnoticed", () => {
  const path = temporaryFile();
  const raw = sample(4_000);
  compress(path, raw, 4_000);
  const whole = readFileSync(path);
  for (let bit = 0; bit < whole.length * 8; bit += 7) {
    const changed = Buffer.from(whole);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    writeFileSync(path, changed);
    const { opened, close } = reader(path);
    const into = Buffer.alloc(raw.length);
    const lied = outcome(
      () =>
        opened !== undefined && opened.read(into, 0) > 0 && !into.equals(raw) && opened.size === raw.length,
    );
    expect(lied).toBe(false);
    close();
  }
});

/** Refusing by an error is as good as saying no. */
function outcome(ask: () => boolean): boolean {
  try {
    return ask();
  } catch {
    return false;
  }
}
