import { IntegrityError } from "../../errors.ts";
import type { ReplayEntry, ReplayJournals } from "../../log/replay-journal.ts";
import { progressOf } from "./progress.ts";

/** A replay that was begun and has left no EventsReplayed. */
export interface UnfinishedReplay {
  readonly replay_id: string;
  readonly began_at: string;
  /** Events that it set out to hand on. */
  readonly events: number;
  /** Those whose outcome is known. */
  readonly settled: number;
}

/** A stream's replays that were interrupted, or are under way right now, oldest first. */
export function unfinishedReplays(journals: ReplayJournals, stream: string): readonly UnfinishedReplay[] {
  const found: UnfinishedReplay[] = [];
  for (const replay_id of journals.list()) {
    const { begin, outcomes, markerSequence } = progressOf(entriesOf(journals, replay_id));
    if (begin?.stream !== stream || markerSequence !== undefined) continue;
    const settled = [...outcomes.values()].filter(({ outcome }) => outcome !== "started").length;
    found.push({ replay_id, began_at: begin.at, events: begin.chosen.length, settled });
  }
  return found.sort((a, b) => (a.began_at < b.began_at ? -1 : 1));
}

/** A damaged journal is told of when it is to be resumed. */
function entriesOf(journals: ReplayJournals, replayId: string): readonly ReplayEntry[] {
  try {
    return journals.read(replayId) ?? [];
  } catch (error) {
    if (error instanceof IntegrityError) return [];
    throw error;
  }
}
