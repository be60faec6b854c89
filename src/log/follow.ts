import type { StoredEvent } from "../event/envelope.ts";
import { mayChangeRun, runEffect } from "../event/run-effect.ts";
import { leafHash } from "./leaf-hash.ts";
import { nextRuns } from "./run-context.ts";
import type { StreamHead } from "./stamp.ts";

const TYPE_FIELD = '"event_type":"';
/** Behind `{"event_id":"<36 characters>",` on every stored line. */
const TYPE_AT = 13 + 36 + 2;

/** The event type of a stored line, read from its fixed place. */
export function typeOfLine(line: string): string {
  const start = TYPE_AT + TYPE_FIELD.length;
  return line.startsWith(TYPE_FIELD, TYPE_AT) ? line.slice(start, line.indexOf('"', start)) : "";
}

/** The open runs of a stream after a stored line. */
export function followRuns(head: Pick<StreamHead, "runs">, line: string): StreamHead["runs"] {
  if (!mayChangeRun(typeOfLine(line))) return head.runs;
  const event = JSON.parse(line) as StoredEvent;
  const effect = runEffect(event.event_type, event.metadata);
  if (effect === undefined || event.correlation_id === undefined) return head.runs;
  const run = {
    correlation_id: event.correlation_id,
    session_id: event.session_id,
    phase: event.phase ?? null,
  };
  return nextRuns(head.runs, effect, run);
}

/** The head of a stream after a line that is stored already. */
export function followLine(head: StreamHead, line: string, sequence: number): StreamHead {
  return { sequence, hash: leafHash(line), runs: followRuns(head, line) };
}
