import assert from "node:assert/strict";

import { samplePrepared, samplesPrepared } from "../sample-event.ts";
import { append, appendOne } from "./driver.ts";
import type { SuiteCase } from "./suite-case.ts";

/** Longer than any runner's time limit would let a forgotten wake-up pass for a time-out. */
const LONG_MS = 600_000;
/** A wake-up later than this is no wake-up but a poll. */
const PROMPT_MS = 5_000;

/** Asserts that a wait settles soon; the time-out is only there to name what hangs. */
async function promptly<T>(what: string, wait: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new assert.AssertionError({ message: `${what}: not woken` })),
    PROMPT_MS,
  );
  try {
    return await Promise.race([wait, late]);
  } finally {
    clearTimeout(timer);
  }
}

export const waitingCases: readonly SuiteCase[] = [
  {
    name: "waitBeyond resolves at once when the log is beyond the position",
    async run({ log }) {
      await append(log, samplesPrepared(1, 3));
      for (const position of [0, 1, 2]) await promptly(`${position}`, log.waitBeyond(position, LONG_MS));
    },
  },
  {
    name: "waitBeyond is woken by an append",
    async run({ log }) {
      await appendOne(log, samplePrepared(1));
      const waits = [1, 2, 3].map(() => log.waitBeyond(1, LONG_MS));
      await appendOne(log, samplePrepared(2));
      await promptly("three waits", Promise.all(waits));
      assert.equal((await log.head()).position, 2);
    },
  },
  {
    name: "waitBeyond ends after its time-out",
    async run({ log }) {
      await appendOne(log, samplePrepared(1));
      await promptly("a wait of 20 ms", log.waitBeyond(1, 20));
      await promptly("a wait of 0 ms", log.waitBeyond(1, 0));
    },
  },
  {
    name: "waitBeyond fails with the signal's reason when aborted",
    async run({ log }) {
      const stop = new AbortController();
      const reason = new Error("enough");
      const wait = log.waitBeyond(0, LONG_MS, stop.signal);
      const ended = assert.rejects(wait, (error) => error === reason);
      stop.abort(reason);
      await promptly("an aborted wait", ended);
      await assert.rejects(log.waitBeyond(0, LONG_MS, stop.signal), (error) => error === reason);
    },
  },
  {
    name: "waitBeyond ends when the log is closed",
    async run({ log }) {
      const wait = log.waitBeyond(0, LONG_MS).catch(() => "refused");
      await log.close();
      await promptly("a wait on a closed log", wait);
    },
  },
  {
    name: "waitBeyond and readAll together miss nothing and repeat nothing",
    needs: ["totalOrder"],
    async run({ log }) {
      const total = 300;
      const seen: number[] = [];
      const follow = async () => {
        while (seen.length < total) {
          const after = seen.at(-1) ?? 0;
          await promptly(`position ${after}`, log.waitBeyond(after, LONG_MS));
          for await (const lines of log.readAll({ after }))
            seen.push(...lines.map(({ position }) => position));
        }
      };
      const write = async () => {
        for (let seed = 0; seed < total; seed += 3)
          await append(log, samplesPrepared(seed, 3, { issue_key: "WAIT-1" }));
      };
      await Promise.all([write(), follow()]);
      assert.deepEqual(
        seen,
        Array.from({ length: total }, (_, index) => index + 1),
      );
    },
  },
];
