import { expect, test } from "vitest";

import { openMemoryLog } from "../engines/memory/memory-log.ts";
import { createCodec } from "../event/codec.ts";
import { MAX_LINE_BYTES, type StoredEvent } from "../event/envelope.ts";
import type { StoredLine } from "../log/event-log.ts";
import { leafHashOfBytes } from "../log/leaf-hash.ts";
import { rangeRoot } from "../log/range-root.ts";
import { prepareSample, sampleEvent, type SampleOverrides } from "../testing/sample-event.ts";
import { summaryCompanions } from "./summaries.ts";

const LONG = `${"\u0001\u202e".repeat(800)}${"ß🚀 ".repeat(900)}`;

async function linesOf(events: readonly SampleOverrides[]): Promise<StoredLine[]> {
  const log = openMemoryLog({ companions: summaryCompanions({ phase: 5, run: 12 }) });
  const unset = { session_id: undefined, correlation_id: undefined, phase: undefined };
  const prepared = events.map((event, seed) =>
    prepareSample(sampleEvent(seed, { ...unset, ...event, issue_key: "SUM-1" })),
  );
  await log.append({ events: prepared, expectedSequence: "none", onDuplicate: "conflict" });
  return (await Array.fromAsync(log.readStream("SUM-1"))).flat();
}

const eventOf = ({ bytes }: StoredLine): StoredEvent =>
  JSON.parse(Buffer.from(bytes).toString()) as StoredEvent;

const HISTORY: readonly SampleOverrides[] = [
  { event_type: "OrchestrationStarted", metadata: { issue_summary: LONG, initial_phase: "CODE" } },
  ...Array.from({ length: 30 }, () => ({})),
  { event_type: "AgentFailed", metadata: { agent_name: LONG, failure_reason: LONG } },
  { event_type: "PhaseCompleted", metadata: { phase: "CODE" } },
  { event_type: "OrchestrationFailed", metadata: { failure_reason: LONG } },
];

test("a summary is an event like any other: its schema takes it, and it fits a line", async () => {
  const codec = await createCodec({ defaultSessionId: "s" });
  const lines = await linesOf(HISTORY);
  const summaries = lines.filter((line) => eventOf(line).event_type.endsWith("SummaryCreated"));
  expect(summaries.length).toBeGreaterThan(8);
  for (const line of summaries) {
    const { event_type, actor, metadata, causation_id = "" } = eventOf(line);
    expect(actor).toEqual({ type: "system", id: "eso" });
    expect(() => codec.prepare({ event_type, actor, metadata, causation_id })).not.toThrow();
    expect(line.bytes.length).toBeLessThan(MAX_LINE_BYTES / 10);
  }
});

test("its root and counts are those of the lines that it names", async () => {
  const lines = await linesOf(HISTORY);
  for (const { event_type, metadata } of lines.map(eventOf)) {
    if (!event_type.endsWith("SummaryCreated")) continue;
    const [from, to] = [Number(metadata["from_sequence"]), Number(metadata["to_sequence"])];
    const range = lines.slice(from - 1, to);
    expect(metadata["range_root"]).toBe(rangeRoot(range.map(({ bytes }) => leafHashOfBytes(bytes))));
    const counts: Record<string, number> = {};
    for (const { event_type: type } of range.map(eventOf))
      if (!type.endsWith("SummaryCreated")) counts[type] = (counts[type] ?? 0) + 1;
    expect(metadata["counts"]).toEqual(counts);
  }
});

test("the last summary of a run covers its end, and none follows", async () => {
  const events = (await linesOf([...HISTORY, {}, {}])).map(eventOf);
  const [summary, ...behind] = events.slice(-3);
  expect(summary?.event_type).toBe("OrchestrationSummaryCreated");
  expect(summary?.correlation_id).toBe(events[0]?.event_id);
  expect(summary?.causation_id).toBe(events.at(-4)?.event_id);
  expect(behind.map(({ correlation_id }) => correlation_id)).toEqual([undefined, undefined]);
});
