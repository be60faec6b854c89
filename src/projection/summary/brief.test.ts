import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { JsonObject, StoredEvent } from "../../event/envelope.ts";
import { EVENT_TYPE_NAMES } from "../../event/registry.ts";
import { metadataOf } from "../../event/testdata/sample-metadata.ts";
import { fold } from "../projection.ts";
import { orchestrationState } from "../state/apply-event.ts";
import { notStarted } from "../state/orchestration-state.ts";
import { BRIEF_BYTES_MAX, briefText } from "./brief-text.ts";
import { issueBrief } from "./issue-brief.ts";

const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc
    .constantFrom("\n- done\n", "\u202e\u0007", "👩‍👩‍👧", "ß", "日本")
    .chain((text) => fc.integer({ min: 1, max: 2_000 }).map((times) => text.repeat(times))),
);

/** Every text of the metadata replaced by a hostile one, where the type does not say what it may be. */
function spoiled(metadata: JsonObject, text: string): JsonObject {
  const kept = /^(?:severity|phase|commit_sha|initial_phase|next_phase|$)/;
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [
      key,
      typeof value === "string" && !kept.test(key) ? text : value,
    ]),
  );
}

const histories = fc
  .array(
    fc
      .tuple(fc.constantFrom(...EVENT_TYPE_NAMES), hostile)
      .chain(([type, text]) =>
        metadataOf(type).map((metadata) => ({ type, metadata: spoiled(metadata, text) })),
      ),
    { maxLength: 25 },
  )
  .map((all) => all.map(({ type, metadata }, index) => eventOf(type, metadata, index + 1)));

function eventOf(event_type: string, metadata: JsonObject, sequence: number): StoredEvent {
  const at = new Date(Date.UTC(2026, 10, 24, 13, sequence)).toISOString();
  return {
    event_id: `11111111-1111-4111-8111-${String(sequence).padStart(12, "0")}`,
    event_type,
    event_version: "1.0.0",
    timestamp: at,
    event_sequence: sequence,
    issue_key: "PROJ-1",
    session_id: "s",
    correlation_id: "run",
    actor: { type: "agent", id: "a" },
    metadata,
    recorded_at: at,
    position: sequence,
    prev_hash: "",
  };
}

function briefOf(events: readonly StoredEvent[], title?: string) {
  const newest = events.toReversed();
  return issueBrief({
    state: fold(orchestrationState, events),
    title,
    summaries: newest.filter(({ event_type }) => event_type.endsWith("SummaryCreated")),
    latest: newest,
    failure: newest.find(({ event_type }) => event_type.endsWith("Failed")),
  });
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

test("whatever events say, the text stays under a kilobyte, in whole characters and lines of its own", () => {
  fc.assert(
    fc.property(histories, hostile, (events, title) => {
      const text = briefText(briefOf(events, title));
      expect(bytesOf(text)).toBeLessThan(1_000);
      expect(text.isWellFormed()).toBe(true);
      expect(text).toMatch(/\n$/);
      // What events say can neither begin a line nor pass for a heading.
      for (const line of text.split("\n").slice(2, -1)) expect(line).toMatch(/^(?:- |[A-Z][a-z, ]+:)/);
    }),
  );
});

test("a smaller bound is kept too, as long as there is room for the head", () => {
  fc.assert(
    fc.property(histories, fc.integer({ min: 700, max: 5_000 }), (events, bytesMax) => {
      expect(bytesOf(briefText(briefOf(events), { bytesMax }))).toBeLessThanOrEqual(bytesMax);
    }),
  );
});

test("what makes texts longer, such as escaping, does not make the brief longer", () => {
  fc.assert(
    fc.property(histories, (events) => {
      expect(bytesOf(briefText(briefOf(events), { shown: escapedWholly }))).toBeLessThanOrEqual(
        BRIEF_BYTES_MAX,
      );
    }),
  );
});

test("tells what is open, what failed, what happened and what was committed", () => {
  const started = { issue_summary: "Login times out", initial_phase: "CODE" };
  const events = [
    eventOf("OrchestrationStarted", started, 1),
    eventOf("AgentSpawned", { agent_name: "coder", assigned_task: "find the leak" }, 2),
    eventOf("GapIdentified", { gap_id: "g-1", gap_type: "test", severity: "low" }, 3),
    eventOf("GapIdentified", { gap_id: "g-2", gap_type: "test", severity: "high", blocking: true }, 4),
    eventOf("CommitCreated", { commit_sha: "0123456789", commit_message: "Close it\n\nLong story" }, 5),
    eventOf("AgentFailed", { agent_name: "tester", failure_reason: "no memory" }, 6),
    eventOf("PhaseSummaryCreated", { phase: "CODE", from_sequence: 2, to_sequence: 6, text: "hard work" }, 7),
    eventOf("PRCreated", { pr_number: 7, pr_title: "Close the leak" }, 8),
  ];
  expect(briefText(briefOf(events, "Login times out"))).toBe(
    `PROJ-1: Login times out
Status: in progress in phase CODE; 8 events, last at 2026-11-24 13:08Z
Open:
- gap g-2 (high, blocking): test
- gap g-1 (low): test
- agent coder is at work: find the leak
- pull request #7 open: Close the leak
Last failure:
- #6 2026-11-24 13:06Z agent tester failed: no memory
Latest events, newest first:
- #8 2026-11-24 13:08Z pull request #7 opened: Close the leak
- #7 2026-11-24 13:07Z summary of CODE, events 2–6: hard work
- #5 2026-11-24 13:05Z commit 01234567: Close it
- #4 2026-11-24 13:04Z gap g-2 found, high test
- #3 2026-11-24 13:03Z gap g-1 found, low test
Summaries, newest first:
- CODE #2-6: hard work
Last commits:
- 01234567 Close it
`,
  );
});

test("a summary of the run makes those of its phases superfluous", () => {
  const { summaries } = briefOf([
    summaryOf("PLAN", [1, 9], 10),
    summaryOf("CODE", [11, 20], 21),
    summaryOf(null, [1, 20], 22),
    summaryOf("CODE", [23, 40], 41),
  ]);
  expect(summaries.map(({ phase, to_sequence }) => [phase, to_sequence])).toEqual([
    ["CODE", 40],
    [null, 20],
  ]);
});

test("an issue that nothing is known of has not started", () => {
  const brief = issueBrief({
    state: notStarted("PROJ-2"),
    title: undefined,
    summaries: [],
    latest: [],
    failure: undefined,
  });
  expect(briefText(brief)).toBe("PROJ-2\nStatus: not started; 0 events\n");
});

function escapedWholly(text: string): string {
  return text.replaceAll(/./gu, "\\u0000");
}

function summaryOf(
  phase: string | null,
  [from_sequence, to_sequence]: readonly [number, number],
  sequence: number,
) {
  return eventOf(
    phase === null ? "OrchestrationSummaryCreated" : "PhaseSummaryCreated",
    { ...(phase === null ? {} : { phase }), from_sequence, to_sequence, text: "t" },
    sequence,
  );
}
