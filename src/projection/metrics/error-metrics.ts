import { GLOBAL_STREAM, type StoredEvent } from "../../event/envelope.ts";
import { type EventOf, isEventOf } from "../../event/registry.ts";
import type { Projection } from "../projection.ts";
import {
  addDuration,
  type DurationFigures,
  durationFigures,
  type Durations,
  durations,
} from "./durations.ts";
import { count, countsOf } from "./figures.ts";
import { constructIntervals, type Interval, type IntervalLog, intervalLog, noteEvent } from "./intervals.ts";
import { idNumber } from "./mark-table.ts";
import { maskedMessage } from "./masked-message.ts";
import { groupedBy } from "./pairing.ts";
import { type Rate, rateOf } from "./rate.ts";

/** Attempts to recover. */
export interface RecoveryFigures {
  readonly attempted: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Attempts of which nothing more is known. */
  readonly open: number;
  readonly success: Rate;
  /** From the attempt to its end. */
  readonly duration: DurationFigures;
}

/** Errors that are taken to be the same: by fingerprint, else by type and message without its numbers and names. */
export interface ErrorFigures {
  readonly error_fingerprint: string | null;
  readonly error_type: string;
  /** Numbers, paths, ids and times masked. */
  readonly message: string;
  readonly count: number;
  readonly first_seen: string;
  readonly last_seen: string;
  readonly issues: number;
  readonly runs: number;
  /** How often in each phase, and by each agent. */
  readonly phases: Readonly<Record<string, number>>;
  readonly agents: Readonly<Record<string, number>>;
  readonly recoveries: RecoveryFigures;
  /** The newest one, to look at. */
  readonly last: {
    readonly issue_key: string | null;
    readonly event_sequence: number;
    readonly event_id: string;
  };
}

export interface ErrorMetrics {
  /** The most frequent first. */
  readonly errors: readonly ErrorFigures[];
  readonly total: number;
  readonly recoveries: RecoveryFigures;
  /** Recoveries from what no error said. */
  readonly unlinked_recoveries: number;
}

interface Group {
  readonly error_fingerprint: string | null;
  /** Of the newest error. */
  error_type: string;
  message: string;
  count: number;
  first_seen: string;
  readonly streams: Set<string>;
  readonly runs: Set<string>;
  readonly phases: Map<string, number>;
  readonly agents: Map<string, number>;
  last: Pick<StoredEvent, "timestamp" | "issue_key" | "event_sequence" | "event_id">;
}

/** Where an error is, so that recoveries find it. */
interface Seen {
  readonly at_ms: number;
  /** Of its event_id, see `idNumber`. */
  readonly id: number;
  readonly error_type: string;
  readonly group: Group;
}

export interface ErrorFold {
  readonly log: IntervalLog;
  /** What caused the attempts to recover; the first one is never asked for. */
  readonly causes: number[];
  readonly groups: Map<string, Group>;
  readonly seen: Map<string, Seen[]>;
}

/**
 * Errors by cause, where and when they came, and how recovering from them went.
 *
 * @example
 * ```ts
 * const { errors } = await store.project(errorMetrics, { fromTimestamp: "2026-11-01" });
 * for (const { error_type, message, count, recoveries } of errors)
 *   console.log(count, error_type, message, `${recoveries.succeeded} of ${recoveries.success.n} recovered`);
 * ```
 */
export const errorMetrics: Projection<ErrorFold, ErrorMetrics> = {
  name: "error-metrics",
  version: 1,
  initial: () => ({ log: intervalLog("recovery"), causes: [0], groups: new Map(), seen: new Map() }),
  apply(fold, event) {
    const cause = event.event_type === "RecoveryAttempted" ? event.causation_id : undefined;
    noteEvent(fold.log, event, cause === undefined ? undefined : fold.causes.push(idNumber(cause)) - 1);
    if (isEventOf(event, "ErrorOccurred")) noteError(fold, event);
    return fold;
  },
  result: resultOf,
};

function noteError({ groups, seen }: ErrorFold, event: EventOf<"ErrorOccurred">): void {
  const { timestamp, event_id, issue_key = GLOBAL_STREAM, correlation_id, phase, actor } = event;
  const key = keyOf(event);
  const group = groups.get(key) ?? newGroup(event);
  groups.set(key, group);
  group.count++;
  if (timestamp < group.first_seen) group.first_seen = timestamp;
  group.streams.add(issue_key);
  if (correlation_id !== undefined) group.runs.add(`${issue_key} ${correlation_id}`);
  if (phase !== undefined) count(group.phases, phase);
  if (actor.type === "agent") count(group.agents, actor.id);
  if (isNewer(event, group.last)) Object.assign(group, { last: lastOf(event), ...textOf(event) });
  const here = seen.get(issue_key) ?? [];
  seen.set(issue_key, here);
  here.push({
    at_ms: Date.parse(timestamp),
    id: idNumber(event_id),
    error_type: ownCopy(event.metadata.error_type, group),
    group,
  });
}

/** At one moment the id decides, so that the order of record does not. */
function isNewer(a: Group["last"], b: Group["last"]): boolean {
  return a.timestamp > b.timestamp || (a.timestamp === b.timestamp && a.event_id > b.event_id);
}

function lastOf({ timestamp, issue_key, event_sequence, event_id }: StoredEvent): Group["last"] {
  return { timestamp, event_sequence, event_id, ...(issue_key === undefined ? {} : { issue_key }) };
}

function keyOf({ metadata }: EventOf<"ErrorOccurred">): string {
  const { error_fingerprint, error_type, error_message } = metadata;
  if (error_fingerprint !== undefined) return `f ${error_fingerprint}`;
  return `m ${JSON.stringify([error_type, maskedMessage(error_message)])}`;
}

function newGroup(event: EventOf<"ErrorOccurred">): Group {
  const { error_fingerprint = null } = event.metadata;
  return {
    error_fingerprint,
    ...textOf(event),
    count: 0,
    first_seen: event.timestamp,
    streams: new Set(),
    runs: new Set(),
    phases: new Map(),
    agents: new Map(),
    last: lastOf(event),
  };
}

/** The group's copy of a type, where it is the same text. */
function ownCopy(error_type: string, group: Group): string {
  return error_type === group.error_type ? group.error_type : error_type;
}

function textOf({ metadata }: EventOf<"ErrorOccurred">): Pick<Group, "error_type" | "message"> {
  return { error_type: metadata.error_type, message: maskedMessage(metadata.error_message) };
}

interface RecoverySum {
  attempted: number;
  succeeded: number;
  failed: number;
  open: number;
  readonly duration: Durations;
}

function emptySum(): RecoverySum {
  return { attempted: 0, succeeded: 0, failed: 0, open: 0, duration: durations() };
}

function resultOf({ log, causes, groups, seen }: ErrorFold): ErrorMetrics {
  const total = emptySum();
  const byGroup = new Map<Group, RecoverySum>();
  let unlinked = 0;
  const recoveries = [...constructIntervals(log)].filter(({ kind }) => kind === "recovery");
  for (const [stream, here] of groupedBy(recoveries, ({ stream }) => stream)) {
    const errors = (seen.get(stream) ?? []).toSorted((a, b) => a.at_ms - b.at_ms);
    const ids = new Map(errors.map(({ id, group }) => [id, group]));
    const named = byName(errors);
    for (const recovery of here) {
      const group =
        ids.get(causes[recovery.start ?? 0] ?? 0) ??
        ids.get(idNumber(recovery.name)) ??
        newestBefore(named.get(recovery.name) ?? [], recovery.started_ms ?? recovery.ended_ms);
      addRecovery(total, recovery);
      if (group === undefined) unlinked++;
      else {
        const sum = byGroup.get(group) ?? emptySum();
        byGroup.set(group, sum);
        addRecovery(sum, recovery);
      }
    }
  }
  const figures = [...groups.values()].map((group) => errorFigures(group, byGroup.get(group) ?? emptySum()));
  return {
    errors: figures.sort(mostFirst),
    total: figures.reduce((sum, { count }) => sum + count, 0),
    recoveries: recoveryFigures(total),
    unlinked_recoveries: unlinked,
  };
}

function mostFirst(a: ErrorFigures, b: ErrorFigures): number {
  if (a.count !== b.count) return b.count - a.count;
  if (a.last_seen !== b.last_seen) return a.last_seen < b.last_seen ? 1 : -1;
  return a.last.event_id < b.last.event_id ? 1 : -1;
}

/** Errors by what a recovery can call them: their fingerprint or their type. */
function byName(errors: readonly Seen[]): ReadonlyMap<string, readonly Seen[]> {
  return groupedBy(
    errors.flatMap((error) => namesOf(error).map((name) => ({ ...error, name }))),
    ({ name }) => name,
  );
}

function namesOf({ error_type, group: { error_fingerprint } }: Seen): readonly string[] {
  return error_fingerprint === null || error_fingerprint === error_type
    ? [error_type]
    : [error_type, error_fingerprint];
}

function newestBefore(errors: readonly Seen[], at_ms: number): Group | undefined {
  let [low, high] = [0, errors.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((errors[middle]?.at_ms ?? 0) <= at_ms) low = middle + 1;
    else high = middle;
  }
  return errors[low - 1]?.group;
}

function addRecovery(sum: RecoverySum, interval: Interval): void {
  if (interval.status !== "orphan_end") sum.attempted++;
  if (interval.outcome === "complete") sum.succeeded++;
  else if (interval.outcome === "failed") sum.failed++;
  else sum.open++;
  addDuration(sum.duration, interval, interval.wall_ms);
}

function recoveryFigures({ duration, ...counts }: RecoverySum): RecoveryFigures {
  const success = rateOf(counts.succeeded, counts.succeeded + counts.failed);
  return { ...counts, success, duration: durationFigures(duration) };
}

function errorFigures(group: Group, recoveries: RecoverySum): ErrorFigures {
  const { error_fingerprint, error_type, message, count, first_seen, streams, runs, phases, agents, last } =
    group;
  const { timestamp, issue_key = null, event_sequence, event_id } = last;
  return {
    error_fingerprint,
    error_type,
    message,
    count,
    first_seen,
    last_seen: timestamp,
    issues: streams.size,
    runs: runs.size,
    phases: countsOf(phases),
    agents: countsOf(agents),
    recoveries: recoveryFigures(recoveries),
    last: { issue_key, event_sequence, event_id },
  };
}
