import type { EventLogReader, StoredLine } from "../log/event-log.ts";
import type { EventIndex } from "../query/event-index.ts";
import type { QueryFilter } from "../query/filter.ts";
import { findMatches } from "../query/find-matches.ts";
import { parseFilter } from "../query/parse-filter.ts";
import { QueryBudget } from "../query/query-budget.ts";
import type { Run } from "../query/run.ts";
import { storedEvent } from "../query/stored-event.ts";

/** What an export reads from. */
export interface ExportSource {
  readonly log: EventLogReader;
  readonly index?: EventIndex | undefined;
}

export type ExportFilter = Omit<QueryFilter, "after" | "includeVoided">;

/** Matches that are looked for at once. */
const WANTED = 1_000;

/**
 * The stored lines that match, byte for byte, in order of record, as the log stands when the export begins.
 * Nothing is left out: voided events and the store's own housekeeping are given like all others.
 *
 * @throws ValidationError for a filter that cannot be understood; IntegrityError at a damaged line.
 */
export async function* exportLines(
  { log, index }: ExportSource,
  filter: ExportFilter = {},
  signal?: AbortSignal,
): AsyncGenerator<StoredLine, void, undefined> {
  const compiled = parseFilter({ ...filter, includeVoided: true });
  const run: Run = {
    source: {
      log,
      index,
      decode: (bytes) => storedEvent({ stream: "export", sequence: 0, position: 0, bytes }),
    },
    filter: compiled,
    order: compiled.order ?? "asc",
    interval: { low: 0, high: (await log.head()).position },
  };
  let left = compiled.limit ?? Number.POSITIVE_INFINITY;
  if (left === 0) return;
  const search = { wanted: Math.min(left, WANTED), budget: new QueryBudget(0, signal) };
  for await (const line of findMatches(run, search)) {
    yield line;
    left--;
    if (left === 0) return;
  }
}
