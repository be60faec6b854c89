import { expect, test } from "vitest";

import { has, seeded, temporaryFolder } from "./support.ts";
import { faultPoints, meetFault, WRITE_CALLS } from "./syscall-faults.ts";

const SEED = 20_261_124;
/** Faults tried for each call; `npm run test:soak` tries every one. */
const PER_CALL = 2;
const WIDTH = 2;

test.skipIf(!has("strace"))(
  "a kill, EIO or ENOSPC at any write-side call loses nothing (needs strace)",
  async () => {
    using folder = temporaryFolder();
    const all = await faultPoints(folder.path);
    const random = seeded(SEED);
    const chosen = WRITE_CALLS.flatMap((call) => {
      const own = all.filter((point) => point.call === call);
      expect(own.length, `${call} is called`).toBeGreaterThan(0);
      return Array.from({ length: PER_CALL }, () => own[Math.floor(random() * own.length)]);
    });
    const queue = chosen.values();
    const wrong: string[] = [];
    const worker = async (): Promise<void> => {
      for (const point of queue) {
        if (point === undefined) continue;
        using own = temporaryFolder();
        const found = await meetFault(own.path, point);
        if (found !== undefined) wrong.push(`${point.fault} at ${point.call} ${point.when}: ${found}`);
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, worker));
    expect(wrong).toEqual([]);
  },
);
