import { dirname, join } from "node:path";

import type { StoredEvent } from "../../event/envelope.ts";
import { GLOBAL_STREAM } from "../../event/envelope.ts";
import type { EngineCore } from "./core.ts";
import type { LogView } from "./log-view.ts";
import { scanLines } from "./partition-scan.ts";
import type { Partitions } from "./partitions.ts";
import { readWhole, replaceDerived } from "./write-atomic.ts";

/** Streams whose summaries a leaving process refreshes; the rest follows when the day is closed. */
const TOUCHED_MAX = 256;
/** A day's index that has grown beyond this is rewritten only when the day is closed. */
const INDEX_BYTES_MAX = 1024 * 1024;

/** `metadata.json`: what one stream's file of one day holds. */
export interface StreamSummary {
  readonly issue_key: string;
  readonly date: string;
  /** Bytes of `events.jsonl` that this covers. */
  readonly bytes: number;
  readonly events: number;
  readonly sequence_range: { readonly first: number; readonly last: number };
  readonly position_range: { readonly first: number; readonly last: number };
  readonly recorded: { readonly first: string; readonly last: string };
  readonly sessions: readonly string[];
  readonly event_types: Readonly<Record<string, number>>;
  /** From the last event that says so: in_progress, paused, completed or failed; else absent. */
  readonly status?: string;
}

const STATUS: Readonly<Record<string, string>> = {
  OrchestrationStarted: "in_progress",
  OrchestrationResumed: "in_progress",
  OrchestrationPaused: "paused",
  OrchestrationCompleted: "completed",
  OrchestrationFailed: "failed",
};

/** Keeps `metadata.json` and `index.json` near the events; both may be deleted at any time. */
export class DerivedFiles {
  readonly #core: EngineCore;
  readonly #partitions: Partitions;
  readonly #touched = new Set<string>();

  constructor(core: EngineCore, partitions: Partitions) {
    this.#core = core;
    this.#partitions = partitions;
  }

  touched(stream: string): void {
    if (this.#touched.size < TOUCHED_MAX) this.#touched.add(stream);
  }

  get pending(): boolean {
    return this.#touched.size > 0;
  }

  /** Under the lock, with everything applied: refreshes what this process's appends made stale. */
  write(view: LogView): void {
    const byDay = Map.groupBy(this.#touched, (stream) => view.headOf(stream).day);
    for (const [day, streams] of byDay) this.writeDay(day, streams);
    this.#touched.clear();
  }

  /** Refreshes the summaries of these streams of a day, and the day's index. */
  writeDay(day: string, streams: readonly string[]): void {
    const summaries = streams
      .map((stream) => this.#summarise(stream, day))
      .filter((one) => one !== undefined);
    const issues = summaries.filter((summary) => summary.issue_key !== GLOBAL_STREAM);
    if (issues.length > 0) this.#writeIndex(day, issues);
  }

  #summarise(stream: string, day: string): StreamSummary | undefined {
    const { disk } = this.#core;
    const path = this.#partitions.pathOf(stream, day);
    if (disk.sizeAt(path) === undefined) return undefined;
    const target = join(dirname(path), "metadata.json");
    const before = this.#held(target, { stream, day });
    const file = disk.open(path, "read");
    try {
      let summary = before;
      for (const lines of scanLines(disk, file, { from: before?.bytes ?? 0, to: disk.size(file) })) {
        for (const line of lines)
          summary = extend(summary, {
            text: line.bytes.toString(),
            stream,
            day,
            end: line.offset + line.bytes.length + 1,
          });
      }
      if (summary !== undefined && summary !== before)
        replaceDerived(disk, target, `${JSON.stringify(summary, undefined, 2)}\n`);
      return summary;
    } finally {
      disk.close(file);
    }
  }

  /** The present summary, if it can be continued. */
  #held(path: string, of: { stream: string; day: string }): StreamSummary | undefined {
    const held = parseOr(readWhole(this.#core.disk, path)) as StreamSummary | undefined;
    return held?.issue_key === of.stream && held.date === of.day && Number.isSafeInteger(held.bytes)
      ? held
      : undefined;
  }

  #writeIndex(day: string, summaries: readonly StreamSummary[]): void {
    const path = join(this.#core.layout.base, day, "index.json");
    const { disk } = this.#core;
    if ((disk.sizeAt(path) ?? 0) > INDEX_BYTES_MAX && summaries.length <= TOUCHED_MAX) return;
    const held = parseOr(readWhole(disk, path)) as { issues?: Record<string, unknown> } | undefined;
    const issues = { ...held?.issues };
    for (const { issue_key, date: _date, bytes: _bytes, sessions: _sessions, ...rest } of summaries)
      issues[issue_key] = rest;
    const sorted = Object.fromEntries(Object.entries(issues).sort(([a], [b]) => (a < b ? -1 : 1)));
    replaceDerived(disk, path, `${JSON.stringify({ date: day, issues: sorted }, undefined, 2)}\n`);
  }
}

function parseOr(bytes: Buffer | undefined): unknown {
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    // Derived and half written, or edited: made anew from the events.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

interface SummarisedLine {
  readonly text: string;
  readonly stream: string;
  readonly day: string;
  readonly end: number;
}

function extend(before: StreamSummary | undefined, line: SummarisedLine): StreamSummary | undefined {
  const event = parseOr(Buffer.from(line.text)) as StoredEvent | undefined;
  if (event === undefined) return before === undefined ? undefined : { ...before, bytes: line.end };
  const status = STATUS[event.event_type] ?? before?.status;
  const { event_type, session_id, event_sequence, position, recorded_at } = event;
  const event_types = { ...before?.event_types, [event_type]: (before?.event_types[event_type] ?? 0) + 1 };
  return {
    issue_key: line.stream,
    date: line.day,
    bytes: line.end,
    events: (before?.events ?? 0) + 1,
    sequence_range: { first: before?.sequence_range.first ?? event_sequence, last: event_sequence },
    position_range: { first: before?.position_range.first ?? position, last: position },
    recorded: { first: before?.recorded.first ?? recorded_at, last: recorded_at },
    sessions: before?.sessions.includes(session_id)
      ? before.sessions
      : [...(before?.sessions ?? []), session_id],
    event_types,
    ...(status === undefined ? {} : { status }),
  };
}
