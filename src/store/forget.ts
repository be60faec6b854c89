import { ConfigError, ValidationError } from "../errors.ts";
import { type Actor, GLOBAL_STREAM } from "../event/envelope.ts";
import type { EventLog } from "../log/event-log.ts";
import type { SnapshotShelf } from "../log/snapshot-shelf.ts";
import { storeEvent } from "../log/store-event.ts";
import type { SubjectKeys } from "../personal/subject-keys.ts";
import type { EventIndex } from "../query/event-index.ts";

/** What forgetting works with. */
export interface ForgetParts {
  readonly log: EventLog;
  /** Undefined where no field is declared personal. */
  readonly subjects: SubjectKeys | undefined;
  readonly snapshots: SnapshotShelf | undefined;
  readonly index: EventIndex | undefined;
  /** Removes the reports that the store has made of its events; gives how many there were. */
  readonly removeReports: () => Promise<number>;
}

export interface ForgetOptions {
  /** Who asks for it. */
  readonly actor: Actor;
  readonly why?: string | undefined;
  readonly session_id: string;
}

/** What forgetting a person came to. */
export interface Forgotten {
  /** What stands for the person in the log. */
  readonly pseudonym: string;
  /** False: there was no key, so nothing about this person could be read before either. */
  readonly key_destroyed: boolean;
  readonly snapshots_removed: number;
  readonly reports_removed: number;
  readonly event_sequence: number;
}

/**
 * Destroys a person's key, and removes what was derived from readable events. Lines and proofs stay as they are:
 * what was encrypted cannot be read by anybody again.
 * @throws ConfigError where no field is declared personal.
 */
export async function forget(
  parts: ForgetParts,
  subject: string,
  options: ForgetOptions,
): Promise<Forgotten> {
  const { log, subjects, snapshots, index } = parts;
  if (subjects === undefined) throw nothingPersonal();
  if (subject.trim() === "") throw noSubject();
  const pseudonym = subjects.pseudonymOf(subject);
  // The key first: should this stop half-way, the rest can be done again, and nothing can be read meanwhile.
  const key_destroyed = subjects.destroy(pseudonym);
  const snapshots_removed = snapshots === undefined ? 0 : await removeSnapshots(log, snapshots);
  const reports_removed = await parts.removeReports();
  await index?.reset();
  const { actor, why, session_id } = options;
  const facts = { subject: pseudonym, key_destroyed, snapshots_removed, reports_removed };
  const metadata = { ...facts, ...(why === undefined ? {} : { why }) };
  const text = { type: "StoreSubjectForgotten", stream: GLOBAL_STREAM, session_id, actor, metadata } as const;
  const [placement] = await log.append({
    events: [storeEvent(text)],
    expectedSequence: "any",
    onDuplicate: "conflict",
  });
  return {
    pseudonym,
    key_destroyed,
    snapshots_removed,
    reports_removed,
    event_sequence: placement?.event_sequence ?? 0,
  };
}

/** They were folded from readable events; the next ones will not be. */
async function removeSnapshots(log: EventLog, shelf: SnapshotShelf): Promise<number> {
  let removed = 0;
  for await (const { stream } of log.streams()) {
    for (const { sequence } of shelf.list(stream).slice()) {
      shelf.remove(stream, sequence);
      removed++;
    }
  }
  return removed;
}

function nothingPersonal(): ConfigError {
  return new ConfigError("ESO_INVALID_CONFIG", "no field is declared personal, so nothing can be forgotten", {
    hint: "Declare fields in personal.fields before events are recorded: what was stored readable stays readable.",
    details: { path: "personal.fields" },
  });
}

function noSubject(): ValidationError {
  return new ValidationError("ESO_INVALID_QUERY", "nobody was named", {
    hint: "Give the name as it stands in the events, such as ada@example.com.",
    details: { issues: [{ path: "$.subject", message: "must not be empty" }] },
  });
}
