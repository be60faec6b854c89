import { createHash } from "node:crypto";
import { once } from "node:events";
import { openSync, writeSync } from "node:fs";

import { EsoError, OutcomeUnknownError } from "../../src/errors.ts";
import { comment, openWith, type WriterJob } from "./support.ts";

/**
 * A process that appends to a store and writes down, before and after each append, what it tried and what it
 * was told, so that a checker can hold the store against it after this process has been killed.
 */

const job = JSON.parse(process.argv[2] ?? "{}") as WriterJob;
const { batch = 1, width = 1, retries = 0, textBytes = 20 } = job;
const record = openSync(job.journal, "a", 0o600);

/** One `write` to a file opened for appending: whole lines, in order, whenever this process dies. */
function note(line: object): void {
  writeSync(record, `${JSON.stringify(line)}\n`);
}

function say(text: string): void {
  writeSync(1, `${text}\n`);
}

function idOf(index: number): string {
  const hex = createHash("sha256").update(`${job.prefix} ${index}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function inputsFrom(first: number, count: number) {
  return Array.from({ length: count }, (_, offset) => {
    const index = first + offset;
    const stream = job.streams[index % job.streams.length] ?? "global";
    return { ...comment(stream, `${job.prefix}-${index}`, "x".repeat(textBytes)), event_id: idOf(index) };
  });
}

const clock = job.clockOffsetMs === undefined ? {} : { clock: () => Date.now() + (job.clockOffsetMs ?? 0) };
const store = await openWith(job.path, job, {
  ...clock,
  ...(job.durability === undefined ? {} : { durability: job.durability }),
});
say("ready");
if (job.waitForGo === true) await once(process.stdin, "data");

async function append(first: number, count: number): Promise<void> {
  const inputs = inputsFrom(first, count);
  const ids = inputs.map((input) => input.event_id);
  for (let attempt = 0; attempt <= retries; attempt++) {
    note({ tried: ids });
    try {
      const acks = await store.logEvents(inputs);
      note({
        acks: acks.map(({ event_id, event_sequence, position, recorded_at }, index) => ({
          event_id,
          stream:
            "issue_key" in (inputs[index] ?? {})
              ? (inputs[index] as { issue_key: string }).issue_key
              : "global",
          event_sequence,
          position,
          recorded_at,
        })),
      });
      return;
    } catch (error) {
      const unknown = error instanceof OutcomeUnknownError;
      note({ [unknown ? "unknown" : "rejected"]: ids, error: described(error) });
      if (!unknown) return;
    }
  }
}

function described(error: unknown): { code: string; name: string; message: string } {
  if (error instanceof EsoError) return { code: error.code, name: error.name, message: error.message };
  const code = error instanceof Error && "code" in error ? String(error.code) : "none";
  return {
    code,
    name: "RAW",
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}

let next = 0;
let halfway = false;
async function lane(): Promise<void> {
  while (next < job.events) {
    const first = next;
    next += batch;
    await append(first, Math.min(batch, job.events - first));
    if (job.chatty === true) say("appended");
    if (!halfway && next >= job.events / 2) {
      halfway = true;
      say("halfway");
    }
  }
}

await Promise.all(Array.from({ length: width }, lane));
say("done");
if (job.linger === true) await once(process.stdin, "end");
try {
  await store.close();
} catch (error) {
  note({ error: described(error) });
  say("close failed");
  process.exitCode = 9;
}
process.stdin.destroy();
