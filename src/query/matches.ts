import type { StoredEvent } from "../event/envelope.ts";
import { commitsOf, FIELD_VALUES, sameCommit } from "./fields.ts";
import type { CompiledFilter } from "./filter.ts";
import { within } from "./time.ts";
import { hasWord, searchableText } from "./words.ts";

/**
 * Whether an event, as it is stored, meets a filter's conditions. This is what filters mean; an index may
 * only find the same events sooner.
 */
export function matches(filter: CompiledFilter, event: StoredEvent): boolean {
  const { timestamp, recorded } = filter;
  for (const { field, values } of filter.equals) {
    const value = FIELD_VALUES[field](event);
    if (value === undefined || !values.includes(value)) return false;
  }
  if (timestamp !== undefined && !within(timestamp, Date.parse(event.timestamp))) return false;
  if (recorded !== undefined && !within(recorded, Date.parse(event.recorded_at))) return false;
  return matchesCommit(filter, event) && matchesText(filter, event);
}

function matchesCommit({ commit }: CompiledFilter, event: StoredEvent): boolean {
  return commit === undefined || commitsOf(event).some((other) => sameCommit(other, commit));
}

function matchesText({ words }: CompiledFilter, event: StoredEvent): boolean {
  if (words.length === 0) return true;
  const text = searchableText(event);
  return words.every((word) => hasWord(text, word));
}
