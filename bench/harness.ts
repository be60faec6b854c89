import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

import type { EventInput } from "../src/index.ts";

/** One measured line of the report: ours beside its baseline, both from this run on this disk. */
export interface Measurement {
  readonly name: string;
  readonly ours: number;
  readonly baseline: number;
  readonly unit: string;
  /** Higher is better for rates; for times the ratio is baseline / ours all the same. */
  readonly kind: "rate" | "time";
  readonly bar: string;
}

export function ratioOf({ ours, baseline, kind }: Measurement): number {
  return kind === "rate" ? ours / baseline : baseline / ours;
}

/** A folder on the disk under test: `ESO_BENCH_DIR`, else beside this checkout. Removed by `done`. */
export function benchFolder(): { path: string; done: () => void } {
  const base = process.env["ESO_BENCH_DIR"] ?? join(import.meta.dirname, "..", "..");
  const path = mkdtempSync(join(base, "eso-bench-"));
  return { path, done: () => rmSync(path, { recursive: true, force: true }) };
}

const TASK =
  "Add the missing retry to the payment client, cover it with tests, and keep the public interface as it is. ";

/** An event of about 720 bytes on disk, as agents write them. */
export function sampleInput(stream: string, index: number): EventInput {
  return {
    event_type: "AgentCompleted",
    issue_key: stream,
    actor: { type: "agent", id: "code-writer", model: "claude-sonnet-5" },
    metadata: {
      agent_name: `code-writer-${index % 7}`,
      agent_run_id: `run-${index}`,
      duration_seconds: 1 + (index % 900),
      task_status: "success",
      outputs_created: ["src/payment/client.ts", "src/payment/client.test.ts"],
      tests_written: index % 5,
      note: TASK,
    },
  };
}

/** Runs `work` `times` times and gives the median of what it measures. */
export async function medianOf(times: number, work: () => Promise<number> | number): Promise<number> {
  const values: number[] = [];
  for (let round = 0; round < times; round++) values.push(await work());
  return values.sort((a, b) => a - b)[Math.floor(times / 2)] ?? Number.NaN;
}

/** Units of work a second. */
export async function rate(count: number, work: () => Promise<void> | void): Promise<number> {
  const began = performance.now();
  await work();
  return (count / (performance.now() - began)) * 1000;
}

/** Milliseconds that `work` takes. */
export async function time(work: () => Promise<void> | void): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
