import { MAX_LINE_BYTES } from "../event/envelope.ts";
import type { PreparedEvent } from "../event/prepared.ts";
import { ValidationError } from "../errors.ts";
import { genesisHash, sealLine } from "./leaf-hash.ts";
import { nextRuns, type OpenRun, type RunFact, runOf } from "./run-context.ts";

/** The end of a stream: all that is needed to put the next event behind it. */
export interface StreamHead {
  /** 0 for a stream without events. */
  readonly sequence: number;
  /** Leaf hash of the last line, or the stream's genesis hash. */
  readonly hash: string;
  readonly runs: readonly OpenRun[];
}

/** The place and moment that the log gives to one event. */
export interface Slot {
  readonly position: number;
  readonly recordedAt: string;
}

export interface StampedEvent {
  /** The line as it will be stored, with its LF. */
  readonly stored: Buffer;
  readonly head: StreamHead;
  /** What it means for the stream's runs; `head.runs` are those that follow. */
  readonly fact: RunFact;
}

/** The head of a stream that has no events yet. */
export function emptyHead(storeId: string, stream: string): StreamHead {
  return { sequence: 0, hash: genesisHash(storeId, stream), runs: [] };
}

/**
 * Puts an event behind a stream's head: fills what the caller left to the store, renders the line in the
 * contract's field order and gives the head that follows.
 * @throws ValidationError when the finished line is longer than a line may be.
 */
export function stamp(event: PreparedEvent, head: StreamHead, slot: Slot): StampedEvent {
  const opens = event.effect?.kind === "open";
  const run = opens ? undefined : runOf(head.runs, event.correlation_id);
  const correlation = event.correlation_id ?? (opens ? event.event_id : run?.correlation_id);
  const session = event.session_id ?? run?.session_id ?? event.default_session_id;
  const phase = event.phase ?? run?.phase ?? undefined;
  const sequence = head.sequence + 1;
  const line =
    `{"event_id":"${event.event_id}","event_type":"${event.event_type}","event_version":"${event.event_version}"` +
    `,"timestamp":"${event.timestamp ?? slot.recordedAt}","event_sequence":${sequence}` +
    (event.issue_key === undefined ? "" : `,"issue_key":"${event.issue_key}"`) +
    `,"session_id":${JSON.stringify(session)}` +
    (correlation === undefined ? "" : `,"correlation_id":${JSON.stringify(correlation)}`) +
    event.actor_json +
    (phase === undefined ? "" : `,"phase":${JSON.stringify(phase)}`) +
    event.body_json +
    `,"recorded_at":"${slot.recordedAt}","position":${slot.position},"prev_hash":"${head.hash}"}`;
  const { stored, hash } = sealLine(line);
  if (stored.length - 1 > MAX_LINE_BYTES) throw lineTooLong(stored.length - 1);
  const { effect } = event;
  const fact: RunFact = { sequence, effect, correlation_id: correlation, session_id: session, phase };
  return { stored, head: { sequence, hash, runs: nextRuns(head.runs, fact) }, fact };
}

function lineTooLong(bytes: number): ValidationError {
  return new ValidationError(
    "ESO_INVALID_EVENT",
    `the event's line has ${bytes} bytes, a line may have ${MAX_LINE_BYTES}; nothing was written`,
    {
      hint: "Attach long texts as blobs (eso log --attach field=@file) or cut them.",
      details: { issues: [{ path: "$", message: `line of ${bytes} bytes, at most ${MAX_LINE_BYTES}` }] },
    },
  );
}
