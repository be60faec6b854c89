import { compareSemver, parseSemver } from "../event/semver.ts";
import type { ReadPlan } from "../event/upcast.ts";
import { damagedLine } from "../log/damaged-line.ts";
import type { EventLogReader, StoredLine } from "../log/event-log.ts";
import { storedEvent } from "../query/stored-event.ts";

/** One version of one type as it is stored, and what reading makes of it. */
export interface StoredVersion {
  readonly event_type: string;
  readonly event_version: string;
  readonly events: number;
  readonly first_position: number;
  readonly last_position: number;
  /** The newest version that is known; null for an unknown type. */
  readonly newest: string | null;
  readonly read: ReadPlan["read"];
  /** Migrations that reading goes through. */
  readonly steps: number;
}

/** What a store holds, by type and version. */
export interface SchemaReport {
  readonly events: number;
  /** How many events are read in which way. */
  readonly totals: Readonly<Record<ReadPlan["read"], number>>;
  /** By type, then version, oldest first. */
  readonly versions: readonly StoredVersion[];
}

export interface SchemaReportOptions {
  /** What reading makes of a version; from `createReadPlanner`. */
  readonly planOf: (type: string, version: string) => ReadPlan;
  readonly signal?: AbortSignal;
  /** Told how many events were counted since it was told last. */
  readonly onProgress?: (events: number) => void;
}

interface Count {
  readonly event_type: string;
  readonly event_version: string;
  events: number;
  readonly first_position: number;
  last_position: number;
}

/**
 * Counts every stored line by type and version, the store's own and void ones too. Reads the whole log once and
 * keeps one number a version, so that memory does not depend on the length of the log.
 *
 * @throws IntegrityError at a line that is no event.
 * @example
 * ```ts
 * const { versions } = await schemaReport(store.log, { planOf: createReadPlanner() });
 * for (const { event_type, event_version, events } of versions) console.log(event_type, event_version, events);
 * ```
 */
export async function schemaReport(
  log: EventLogReader,
  { planOf, signal, onProgress }: SchemaReportOptions,
): Promise<SchemaReport> {
  const counts = new Map<string, Count>();
  for await (const lines of log.readAll(signal === undefined ? {} : { signal })) {
    for (const line of lines) note(counts, line);
    onProgress?.(lines.length);
  }
  const totals = { "as-is": 0, migrated: 0, newer: 0, unknown: 0 };
  const versions = [...counts.values()].sort(byTypeAndVersion).map((count): StoredVersion => {
    const plan = planOf(count.event_type, count.event_version);
    totals[plan.read] += count.events;
    const newest = plan.read === "unknown" ? null : plan.newest;
    return { ...count, newest, read: plan.read, steps: plan.read === "migrated" ? plan.steps : 0 };
  });
  return { events: versions.reduce((sum, { events }) => sum + events, 0), totals, versions };
}

function note(counts: Map<string, Count>, line: StoredLine): void {
  const { event_type, event_version } = storedEvent(line);
  if (typeof event_type !== "string" || typeof event_version !== "string") throw damagedLine(line);
  const { position } = line;
  const key = `${event_type}@${event_version}`;
  const count = counts.get(key);
  if (count === undefined) {
    counts.set(key, {
      event_type,
      event_version,
      events: 1,
      first_position: position,
      last_position: position,
    });
  } else {
    count.events++;
    count.last_position = position;
  }
}

function byTypeAndVersion(a: Count, b: Count): number {
  if (a.event_type !== b.event_type) return a.event_type < b.event_type ? -1 : 1;
  const [older, newer] = [parseSemver(a.event_version), parseSemver(b.event_version)];
  if (older !== undefined && newer !== undefined) return compareSemver(older, newer);
  return a.event_version < b.event_version ? -1 : 1;
}
