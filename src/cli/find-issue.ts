import { NotFoundError } from "../errors.ts";
import { suggest } from "../event/suggest.ts";
import type { StreamInfo } from "../log/event-log.ts";
import type { EventStore } from "../store/event-store.ts";

/** Streams looked through for what a misspelt key may have meant. */
const LOOKED_THROUGH_MAX = 10_000;

/**
 * The stream of an issue.
 * @throws NotFoundError naming issues with similar keys.
 */
export async function findIssue(store: EventStore, issue: string): Promise<StreamInfo> {
  const info = await store.log.stream(issue);
  if (info !== undefined) return info;
  const suggestions = suggest(issue, await issueKeys(store, LOOKED_THROUGH_MAX));
  throw new NotFoundError("ESO_NOT_FOUND", `there are no events of ${issue}`, {
    hint: "eso ls lists the issues in the store.",
    details: { what: issue, suggestions },
  });
}

/** The names of streams, at most so many. */
export async function issueKeys(store: EventStore, max: number): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { stream } of store.streams()) {
    if (keys.push(stream) >= max) break;
  }
  return keys;
}
