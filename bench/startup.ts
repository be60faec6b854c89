import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { type Measurement } from "./harness.ts";

const ROUNDS = 15;
const ESO = join(import.meta.dirname, "..", "dist", "bin", "eso.js");

/** Start of the built command, interleaved with bare `node -e 0`; the bar is the difference. */
export function startUp(folder: string): Measurement[] {
  const commands: Readonly<Record<string, { words: string[]; bar_ms: number }>> = {
    "eso version": { words: ["version"], bar_ms: 40 },
    "eso log": {
      words: [
        "log",
        "ErrorOccurred",
        "--issue",
        "BENCH-1",
        "-m",
        "error_type=a",
        "-m",
        "error_message=b",
        "--store",
        join(folder, "start"),
      ],
      bar_ms: 80,
    },
  };
  return Object.entries(commands).map(([name, { words, bar_ms }]) => {
    spawn([ESO, ...words]);
    const bare: number[] = [];
    const ours: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      bare.push(spawn(["-e", "0"]));
      ours.push(spawn([ESO, ...words]));
    }
    const over = median(ours) - median(bare);
    return {
      name: `${name}, ms over bare node, beside its bar`,
      ours: over,
      baseline: bar_ms,
      unit: "ms",
      kind: "time",
      bar: ">= 1",
    };
  });
}

function spawn(words: string[]): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${words.join(" ")} ended with ${status}: ${stderr}`);
  return performance.now() - began;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
