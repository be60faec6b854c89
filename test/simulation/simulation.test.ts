import { beforeAll, describe, expect, test } from "vitest";

import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { noFigures } from "./audit.ts";
import { Inode, SECTOR_BYTES } from "./device.ts";
import { type Ending, endAtCall } from "./every-call.ts";
import { Simulation } from "./simulation.ts";
import { loadCatalogSchema } from "./simulated-catalog.ts";
import { SimulatedDisk } from "./simulated-disk.ts";

/** Histories of `npm test`; `npm run test:soak` goes on with other seeds for as long as it is told. */
const SEEDS = Array.from({ length: 36 }, (_, index) => index + 1);
const STEPS = 700;
const AUDIT_EVERY = 45;

beforeAll(loadCatalogSchema);

function sector(letter: string): Buffer {
  return Buffer.alloc(SECTOR_BYTES, letter);
}

/** In how many of 60 power losses the name of a new file survives. */
function namesLeft(flush: boolean): number {
  const left = Array.from({ length: 60 }, (_, seed) => {
    const disk = new SimulatedDisk(new SeededRandom(seed));
    disk.format("/store");
    const caller = {
      dead: false,
      before: () => undefined,
      after: () => undefined,
      later: (done: () => void) => done(),
    };
    const port = disk.portFor(caller);
    port.close(port.open("/store/file", "create"));
    if (flush) port.syncFolder("/store");
    disk.losePower();
    return disk.find("/store/file") !== undefined;
  });
  return left.filter(Boolean).length;
}

describe("the simulated device", () => {
  test("keeps what was flushed, and of the rest any sectors", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 400; seed++) {
      const file = new Inode(1, "file");
      file.write(Buffer.concat([sector("a"), sector("a")]), 0);
      file.flushed(file.stamp);
      file.write(Buffer.concat([sector("b"), sector("b")]), 0);
      file.collapse(new SeededRandom(seed));
      seen.add(String.fromCharCode(file.cache.bytes[0] ?? 0, file.cache.bytes[SECTOR_BYTES] ?? 0));
    }
    expect([...seen].sort()).toEqual(["aa", "ab", "ba", "bb"]);
  });

  test("a flush after a failed one says that all is well, and writes nothing", () => {
    const lost = Array.from({ length: 50 }, (_, seed) => {
      const random = new SeededRandom(seed);
      const file = new Inode(1, "file");
      file.write(sector("a"), 0);
      file.flushFailed(file.stamp, random);
      file.flushed(file.stamp);
      expect(file.cache.bytes[0]).toBe(97);
      file.collapse(random);
      return file.cache.bytes[0] !== 97;
    });
    expect(lost).toContain(true);
  });

  test("a file's name survives for sure only once its folder was flushed", () => {
    expect(namesLeft(true)).toBe(60);
    expect(namesLeft(false)).toBeGreaterThan(0);
    expect(namesLeft(false)).toBeLessThan(60);
  });
});

describe("a small store's life, ended at every call to the disk in turn", () => {
  const endings: Ending[] = ["kill", "power", "EIO", "ENOSPC"];
  test.each(endings)("%s", async (ending) => {
    const figures = noFigures();
    // What a fault leaves behind differs less from call to call than what an end does.
    const stride = ending === "kill" || ending === "power" ? 1 : 2;
    let call = 1;
    while (await endAtCall(call, ending, figures)) call += stride;
    expect(call).toBeGreaterThan(150);
    console.log(`${ending} at calls up to ${call}: ${figures.states} crash states`);
  });
});

test("seeded histories of several processes on one failing machine", async () => {
  const figures = noFigures();
  for (const seed of SEEDS)
    await new Simulation({ seed, steps: STEPS, auditEvery: AUDIT_EVERY }, figures).run();
  console.log(`seeds ${SEEDS[0]} to ${SEEDS.at(-1)}: ${JSON.stringify(figures)}`);
  expect(figures.states).toBeGreaterThan(800);
  expect(figures.kills).toBeGreaterThan(50);
  expect(figures.power_losses).toBeGreaterThan(50);
  expect(figures.io_errors).toBeGreaterThan(10);
  expect(figures.full_disks).toBeGreaterThan(50);
});

test("the same seed is the same history", async () => {
  const [once, twice] = [noFigures(), noFigures()];
  const options = { seed: 77, steps: 400, auditEvery: 60 };
  await new Simulation(options, once).run();
  await new Simulation(options, twice).run();
  expect(twice).toEqual(once);
});
