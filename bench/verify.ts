import { spawnSync } from "node:child_process";
import { createHash, hash } from "node:crypto";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { openStore } from "../src/index.ts";
import { verifyStore } from "../src/verify/verify-store.ts";
import { type Measurement, time } from "./harness.ts";
import { fill } from "./reads.ts";

const EVENTS = 1_000_000;
const STREAMS = 2_000;
const ROUNDS = 3;

/** A whole store checked from its bytes, beside bare code that reads, parses, hashes and folds the same lines. */
export async function verification(folder: string, events = EVENTS): Promise<Measurement[]> {
  const path = join(folder, "verify");
  {
    await using store = await openStore({ path, durability: "os" });
    await fill(store, events, (index) => `BENCH-${1 + (index % STREAMS)}`);
  }
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await time(() => bareCheck(path)));
    ours.push(await time(async () => void (await verifyStore(path))));
  }
  const mb = peakMemory(path);
  rmSync(path, { recursive: true, force: true });
  return [
    {
      name: `verify ${events.toLocaleString("en")} events, with the whole process at ${mb.toFixed(0)} MB, beside reading, parsing, hashing and folding with bare code`,
      ours: middle(ours) / 1000,
      baseline: middle(bare) / 1000,
      unit: "s",
      kind: "time",
      bar: ">= 0.67",
    },
  ];
}

/** The least that a verifier must do. */
function bareCheck(path: string): void {
  const stack: Buffer[] = [];
  let size = 0;
  for (const file of readdirSync(path, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith("events.jsonl")) continue;
    for (const line of readFileSync(join(path, file), "utf8").split("\n")) {
      if (line === "") continue;
      JSON.parse(line);
      stack.push(hash("sha256", `\0${line}`, "buffer"));
      for (let count = ++size; count % 2 === 0; count /= 2) {
        const right = stack.pop() as Buffer;
        const left = stack.pop() as Buffer;
        stack.push(createHash("sha256").update(ONE).update(left).update(right).digest());
      }
    }
  }
}

const ONE = Buffer.of(1);

function peakMemory(path: string): number {
  const script = `import { verifyStore } from ${JSON.stringify(join(import.meta.dirname, "..", "src", "verify", "verify-store.ts"))};
    await verifyStore(${JSON.stringify(path)}); console.log(process.resourceUsage().maxRSS / 1024);`;
  const child = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  return Number(child.stdout);
}

function middle(values: number[]): number {
  return values.sort((a, b) => a - b)[1] ?? Number.NaN;
}
