import { GLOBAL_STREAM, type StoredEvent } from "../../../event/envelope.ts";
import type { Interval } from "../intervals.ts";
import { type IntervalKind, marksOf, type MarkText } from "../marks.ts";

/** An interval with the `event_id`s of its events. */
export interface PlainInterval extends Omit<Interval, "start" | "end"> {
  readonly start: string | undefined;
  readonly end: string | undefined;
}

/** A start or an end with its event. */
interface Plain extends MarkText {
  readonly event: StoredEvent;
  readonly at: number;
  readonly run: string | undefined;
}

/**
 * The intervals of events as the rules say them, by comparing everything with everything: slow, and written apart
 * from the product, to judge it by. `start` and `end` hold the `event_id`s.
 */
// oxlint-disable-next-line max-lines-per-function -- the rules in one place, to be read against the product's
export function plainIntervals(
  events: readonly StoredEvent[],
  kinds: readonly IntervalKind[],
): PlainInterval[] {
  const wanted = new Set<IntervalKind>(["run", "pause", ...kinds]);
  const all = events.flatMap((event): Plain[] =>
    marksOf(event)
      .filter(({ kind }) => wanted.has(kind))
      .map((mark) => ({ ...mark, event, at: Date.parse(event.timestamp), run: event.correlation_id })),
  );
  all.sort((a, b) => a.at - b.at || a.event.event_sequence - b.event.event_sequence);
  const partner = new Map<Plain, Plain>();
  const inferred = new Map<Plain, boolean>();
  const again = new Map<Plain, number>();
  const replaced = new Set<Plain>();
  const isFree = (mark: Plain): boolean => !partner.has(mark) && !again.has(mark) && !replaced.has(mark);
  const marry = (start: Plain, end: Plain): void => {
    partner.set(start, end);
    partner.set(end, start);
  };
  const streamOf = ({ event }: Plain): string => event.issue_key ?? GLOBAL_STREAM;
  const isSideBySide = ({ kind }: Plain): boolean => kind === "agent" || kind === "test" || kind === "check";

  /** Marks under one key, in order of time. */
  const inTurn = (marks: readonly Plain[], sameId: boolean, mayGiveUp: boolean): void => {
    let before: Plain | undefined;
    const lonely: Plain[] = [];
    for (const mark of marks) {
      if (mark.edge !== "start") {
        if (before === undefined) lonely.push(mark);
        else marry(before, mark);
        before = undefined;
      } else if (before !== undefined && mark.implied === true) replaced.add(mark);
      else {
        if (before?.implied === true) replaced.add(before);
        else if (before !== undefined && mayGiveUp) again.set(before, mark.at);
        before = mark;
      }
    }
    backwards(marks, lonely, sameId);
  };
  /** Ends before which nothing began take the next start, where that was recorded first or has their id. */
  const backwards = (marks: readonly Plain[], lonely: readonly Plain[], sameId: boolean): void => {
    const starts = marks.filter((mark) => mark.edge === "start" && !partner.has(mark) && !replaced.has(mark));
    for (const end of lonely) {
      const next = starts.find(({ at }) => at >= end.at);
      if (next === undefined || partner.has(next)) continue;
      const earlier = next.event.event_sequence < end.event.event_sequence || next.at === end.at;
      if (!sameId && (!earlier || (next.id !== undefined && end.id !== undefined))) continue;
      again.delete(next);
      marry(next, end);
      if (isSideBySide(next) && !sameId) inferred.set(next, false);
    }
  };
  const sideBySide = (marks: readonly Plain[], byName: (end: Plain) => boolean): void => {
    const starts = marks.filter(({ edge }) => edge === "start");
    const ends = marks.filter(({ edge }) => edge !== "start");
    const identity = (start: Plain): string => start.id ?? start.event.event_id;
    const idOfEnd = (end: Plain): string | undefined => {
      const byId = starts.find((start) => end.id === identity(start) || end.id === start.event.event_id);
      if (byId !== undefined) return identity(byId);
      const cause = starts.find(
        ({ event, name }) => event.event_id === end.event.causation_id && name === end.name,
      );
      if (cause === undefined || (end.id !== undefined && cause.id !== undefined)) return undefined;
      return identity(cause);
    };
    const known = new Map(ends.map((end) => [end, idOfEnd(end)]));
    for (const id of new Set(starts.map(identity))) {
      inTurn(
        marks.filter((mark) => (mark.edge === "start" ? identity(mark) : known.get(mark)) === id),
        true,
        true,
      );
    }
    for (const name of new Set(marks.map((mark) => mark.name))) {
      const waiting = starts.filter((start) => start.name === name && isFree(start));
      const lonely: Plain[] = [];
      const queue = ends.filter((end) => end.name === name && known.get(end) === undefined && byName(end));
      for (const end of queue) {
        const place = marks.indexOf(end);
        const could = waiting.filter(
          (start) =>
            isFree(start) && marks.indexOf(start) < place && (start.id === undefined || end.id === undefined),
        );
        if (could[0] === undefined) lonely.push(end);
        else {
          marry(could[0], end);
          inferred.set(could[0], could.length > 1);
        }
      }
      backwards(waiting, lonely, false);
    }
  };

  const byNames = (marks: readonly Plain[], mayGiveUp: boolean): void => {
    for (const name of new Set(marks.map((mark) => mark.name))) {
      const own = marks.filter((mark) => mark.name === name);
      inTurn(own, false, mayGiveUp);
    }
  };
  /** Marks of one kind in one run. */
  const withinRun = (marks: readonly Plain[]): void => {
    if (marks[0] !== undefined && isSideBySide(marks[0])) sideBySide(marks, () => true);
    else byNames(marks, true);
  };
  /** What is left of one kind in all runs of a stream; nothing is given up for what another run began. */
  const acrossRuns = (marks: readonly Plain[]): void => {
    const given = new Set(again.keys());
    if (marks[0] !== undefined && isSideBySide(marks[0])) sideBySide(marks, ({ run }) => run === undefined);
    else
      byNames(
        marks.filter(({ kind, edge, run }) => kind === "gap" || edge === "start" || run === undefined),
        false,
      );
    const added = [...again.keys()].filter((start) => !given.has(start));
    for (const start of added) again.delete(start);
  };
  for (const stream of new Set(all.map(streamOf))) {
    const here = all.filter((mark) => streamOf(mark) === stream);
    const runs = new Set(here.map(({ run }) => run));
    for (const kind of wanted) {
      for (const run of runs) withinRun(here.filter((mark) => mark.kind === kind && mark.run === run));
      if (runs.size > 1) acrossRuns(here.filter((mark) => mark.kind === kind && isFree(mark)));
    }
  }

  const asOf = Math.max(...events.map(({ timestamp }) => Date.parse(timestamp)));
  const span = (start: Plain): { readonly status: Interval["status"]; readonly ended: number } => {
    const end = partner.get(start);
    if (end !== undefined) return { status: end.edge === "failed" ? "failed" : "complete", ended: end.at };
    const isRunEnd = ({ kind, edge, run }: Plain): boolean =>
      kind === "run" && edge !== "start" && run === start.run;
    const runEnd = all.find(
      (mark) => isRunEnd(mark) && streamOf(mark) === streamOf(start) && mark.at >= start.at,
    )?.at;
    const next = again.get(start);
    if (next !== undefined && next <= (runEnd ?? next)) return { status: "abandoned", ended: next };
    if (runEnd !== undefined) return { status: "truncated", ended: runEnd };
    return { status: "open", ended: Math.max(asOf, start.at) };
  };
  const pauses = all
    .filter(({ kind, edge }) => kind === "pause" && edge === "start")
    .map((start) => ({ stream: streamOf(start), run: start.run, from: start.at, to: span(start).ended }));
  const isFaded = (start: Plain): boolean =>
    start.implied === true &&
    !partner.has(start) &&
    all.some(
      (mark) =>
        mark.kind === "phase" &&
        mark.name !== start.name &&
        mark.run === start.run &&
        streamOf(mark) === streamOf(start) &&
        all.indexOf(mark) > all.indexOf(start) &&
        (mark.at > start.at || mark.event.event_sequence > start.event.event_sequence),
    );

  return all
    .filter((mark) => !replaced.has(mark))
    .filter((mark) => (mark.edge === "start" ? !isFaded(mark) : !partner.has(mark)))
    .map((mark): PlainInterval => {
      const start = mark.edge === "start" ? mark : undefined;
      const end = start === undefined ? mark : partner.get(start);
      const { status, ended } =
        start === undefined ? ({ status: "orphan_end", ended: mark.at } as const) : span(start);
      const from = start?.at ?? ended;
      const paused = pauses
        .filter(({ stream, run }) => stream === streamOf(mark) && run === mark.run)
        .reduce((sum, { from: a, to: b }) => sum + Math.max(0, Math.min(ended, b) - Math.max(from, a)), 0);
      const wall_ms = Math.max(0, ended - from);
      return {
        kind: mark.kind,
        stream: streamOf(mark),
        correlation_id: mark.run ?? null,
        name: mark.name,
        tag: mark.tag ?? end?.tag,
        status,
        outcome: end === undefined ? null : end.edge === "failed" ? "failed" : "complete",
        started_ms: start?.at ?? null,
        ended_ms: ended,
        wall_ms,
        active_ms: wall_ms - paused,
        inferred: start !== undefined && end !== undefined && inferred.has(start),
        ambiguous: start !== undefined && end !== undefined && inferred.get(start) === true,
        clock_skew: ended < from,
        implied: start?.implied ?? false,
        start: start?.event.event_id,
        end: end?.event.event_id,
      };
    });
}
