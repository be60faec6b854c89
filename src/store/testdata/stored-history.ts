import type { StoredEvent } from "../../event/envelope.ts";
import { HISTORY_ISSUE, randomHistory } from "../../projection/testdata/random-history.ts";
import type { EventStore } from "../event-store.ts";
import type { Moment } from "../moment.ts";
import { openHistoryStore } from "./history-store.ts";

export { HISTORY_ISSUE } from "../../projection/testdata/random-history.ts";

/** A store that holds a random history, and the history. */
export async function storedHistory(
  seed: number,
  size: number,
): Promise<{ readonly store: EventStore; readonly events: readonly StoredEvent[] }> {
  const opened = await openHistoryStore();
  const { store } = opened;
  for (const event of randomHistory(seed, size)) await opened.record(event);
  const events: StoredEvent[] = [];
  for await (const event of store.readStream(HISTORY_ISSUE)) events.push(event);
  return { store, events };
}

/** A moment of each kind, about so far into a history. */
export function momentAt(events: readonly StoredEvent[], kind: number, share: number): Moment {
  const event = events[Math.min(events.length - 1, Math.floor(share * events.length))];
  if (event === undefined) return { sequence: 0 };
  const { event_sequence: sequence, timestamp, recorded_at: asKnownAt } = event;
  return ([{ sequence }, timestamp, { asKnownAt }] as const)[kind % 3] ?? { sequence };
}
