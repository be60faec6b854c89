import { NotFoundError } from "../errors.ts";
import type { StoredEvent } from "../event/envelope.ts";
import { storedEvent } from "../query/stored-event.ts";
import type { EventStore } from "../store/event-store.ts";
import { findIssue } from "./find-issue.ts";
import { UsageError } from "./usage-error.ts";

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ID_START = /^[0-9a-f-]{8,35}$/i;
const PLACE = /^(?:(.+):|seq:)(\d+)$/;
/** The beginning of an id is looked for among so many events, the newest ones. */
const LOOKED_THROUGH_MAX = 20_000;
const HINT = "Write its id or the beginning of it (8 digits or more), or issue and sequence: PROJ-123:41.";

/**
 * The event that a word on the command line means: an id, the beginning of one, `PROJ-123:41`, or `seq:41` of the
 * default issue.
 * @throws NotFoundError when there is none, UsageError when there are several, or the word is none of these.
 */
export async function findEvent(
  store: EventStore,
  word: string,
  issue: string | undefined,
): Promise<StoredEvent> {
  const [, named = issue, digits] = PLACE.exec(word) ?? [];
  if (digits !== undefined)
    return eventAt(store, { word, issue: word.startsWith("seq:") ? issue : named, digits });
  if (ID.test(word)) return existing(await store.getEvent(word), word);
  if (ID_START.test(word)) return existing(await eventStarting(store, word.toLowerCase()), word);
  throw new UsageError(`"${word}" does not name an event`, HINT);
}

async function eventAt(
  store: EventStore,
  {
    word,
    issue,
    digits,
  }: { readonly word: string; readonly issue: string | undefined; readonly digits: string },
): Promise<StoredEvent> {
  if (issue === undefined) throw new UsageError(`${word}: of which issue?`, `Write PROJ-123:${digits}.`);
  const { head_sequence } = await findIssue(store, issue);
  const sequence = Number(digits);
  for await (const event of store.readStream(issue, { from: sequence, to: sequence })) return event;
  throw new NotFoundError("ESO_NOT_FOUND", `${issue} has no event ${digits}: it has ${head_sequence}`, {
    details: { what: word },
  });
}

async function eventStarting(store: EventStore, start: string): Promise<StoredEvent | undefined> {
  const found: StoredEvent[] = [];
  let left = LOOKED_THROUGH_MAX;
  for await (const lines of store.log.readAll({ direction: "backwards" })) {
    for (const line of lines) {
      const event = storedEvent(line);
      if (event.event_id.startsWith(start)) found.push(event);
    }
    left -= lines.length;
    if (left <= 0) break;
  }
  if (found.length < 2) return found[0];
  const some = found.slice(0, 3).map(({ event_id }) => event_id);
  throw new UsageError(`${found.length} events begin with ${start}`, `Such as ${some.join(", ")}.`);
}

function existing(event: StoredEvent | undefined, word: string): StoredEvent {
  if (event !== undefined) return event;
  const newest = ID.test(word) ? "" : ` among the newest ${LOOKED_THROUGH_MAX}`;
  throw new NotFoundError("ESO_NOT_FOUND", `there is no event ${word}${newest}`, {
    hint: HINT,
    details: { what: word },
  });
}
