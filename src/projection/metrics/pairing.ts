import { type Edge, type IntervalKind, SIDE_BY_SIDE } from "./marks.ts";

/** A beginning or an end in a run. */
export interface Mark {
  readonly kind: IntervalKind;
  readonly edge: Edge;
  /** When it happened, epoch milliseconds. */
  readonly at_ms: number;
  readonly sequence: number;
  readonly name: string;
  readonly id: number | undefined;
  /** Of a start the event's id; of an end what caused it. Kept where ends are told apart by it. */
  readonly event_id: number | undefined;
  readonly tag: string | undefined;
  readonly implied: boolean;
  /** False for events of no run. */
  readonly in_run: boolean;
  /** Leads to what else a fold keeps of the event. */
  readonly extra: number | undefined;
}

/** A start and its end; one of them may be missing. */
export interface Pair {
  readonly start?: Mark;
  readonly end?: Mark;
  /** No id says that they belong together: the first to start was taken to be the first to end. */
  readonly inferred?: boolean;
  /** Another start could have been meant. */
  readonly ambiguous?: boolean;
  /** The same began again, so this one was given up; epoch milliseconds. */
  readonly again_ms?: number;
}

/**
 * Pairs the marks of one kind in one run, in the order in which things happened: records may come late and in any
 * order. Where clocks disagree, so that an end lies before its start, the order of record decides.
 */
export function pairMarks(marks: readonly Mark[]): Pair[] {
  const [first] = marks;
  if (first === undefined) return [];
  if (SIDE_BY_SIDE.has(first.kind)) return pairSideBySide(marks, () => true);
  return [...groupedBy(marks, ({ name }) => name).values()].flatMap((group) => pairInTurn(group, false));
}

/**
 * Pairs what is left over in the runs of one stream. An event recorded after its run was closed belongs to no run or
 * to the next one: ids, and the names of gaps, reach across runs; other names only from events of no run.
 */
export function pairAcrossRuns(marks: readonly Mark[]): Pair[] {
  const [first] = marks;
  if (first === undefined) return [];
  if (SIDE_BY_SIDE.has(first.kind)) return pairSideBySide(marks, ({ in_run }) => !in_run);
  const reaches = ({ edge, in_run }: Mark): boolean => first.kind === "gap" || edge === "start" || !in_run;
  const groups = groupedBy(marks.filter(reaches), ({ name }) => name);
  const unreached = marks.filter((mark) => !reaches(mark)).map((end) => ({ end }));
  return [...unreached, ...[...groups.values()].flatMap((group) => pairInTurn(group, false))];
}

/** By id, else by cause, else first in first out by name. */
function pairSideBySide(marks: readonly Mark[], byName: (end: Mark) => boolean): Pair[] {
  const starts = marks.filter(({ edge }) => edge === "start");
  const identities = new Map<number, number>();
  const names = new Map<number, string>();
  for (const { id, event_id = 0, name } of starts) {
    identities.set(event_id, id ?? event_id);
    names.set(event_id, name);
  }
  const known = new Set(identities.values());
  const identityOf = ({ id, event_id = 0, edge, name }: Mark): number | undefined => {
    if (edge === "start") return id ?? event_id;
    if (id !== undefined && known.has(identities.get(id) ?? id)) return identities.get(id) ?? id;
    const cause = names.get(event_id) === name ? identities.get(event_id) : undefined;
    return id === undefined || cause === event_id ? cause : undefined;
  };
  const groups = groupedBy(marks, identityOf);
  const unknown = groups.get(undefined) ?? [];
  groups.delete(undefined);
  const pairs = [...groups.values()].flatMap((group) => pairInTurn(group, true));
  const isLeft = ({ end, again_ms }: Pair): boolean => end === undefined && again_ms === undefined;
  const left = pairs.filter(isLeft).flatMap(({ start }) => (start === undefined ? [] : [start]));
  const queues = groupedBy([...left, ...unknown.filter(byName)], ({ name }) => name);
  return [
    ...pairs.filter((pair) => !isLeft(pair)),
    ...unknown.filter((end) => !byName(end)).map((end) => ({ end })),
    ...[...queues.values()].flatMap(pairInQueue),
  ];
}

/** One after the other under one key: whatever begins again was given up. */
function pairInTurn(marks: readonly Mark[], sameId: boolean): Pair[] {
  const pairs: Pair[] = [];
  const left: Pair[] = [];
  const orphans: Mark[] = [];
  let open: Mark | undefined;
  for (const mark of marks.toSorted(inTime)) {
    if (mark.edge !== "start") {
      if (open === undefined) orphans.push(mark);
      else pairs.push({ start: open, end: mark });
      open = undefined;
    } else if (open === undefined) open = mark;
    else if (!mark.implied) {
      if (!open.implied) left.push({ start: open, again_ms: mark.at_ms });
      open = mark;
    }
  }
  if (open !== undefined) left.push({ start: open });
  return [...pairs, ...pairDespiteClocks(left, orphans, sameId)];
}

/** First in, first out. An end and a start that name different ids never belong together. */
function pairInQueue(marks: readonly Mark[]): Pair[] {
  const pairs: Pair[] = [];
  const orphans: Mark[] = [];
  const queue: Mark[] = [];
  for (const mark of marks.toSorted(inTime)) {
    if (mark.edge === "start") {
      queue.push(mark);
      continue;
    }
    const meant = ({ id }: Mark): boolean => id === undefined || mark.id === undefined;
    const at = queue.findIndex(meant);
    if (at === -1) orphans.push(mark);
    else {
      const ambiguous = queue.some((start, other) => other !== at && meant(start));
      pairs.push({ start: queue[at]!, end: mark, inferred: true, ambiguous });
      queue.splice(at, 1);
    }
  }
  const left = queue.map((start) => ({ start }));
  const late = pairDespiteClocks(left, orphans, false).map((pair) =>
    pair.start !== undefined && pair.end !== undefined ? { ...pair, inferred: true } : pair,
  );
  return [...pairs, ...late];
}

/** Pairs ends that no start precedes with the next start, if that one was recorded first or has the same id. */
function pairDespiteClocks(left: readonly Pair[], orphans: readonly Mark[], sameId: boolean): Pair[] {
  const ended = new Map<Mark, Mark>();
  const alone: Pair[] = [];
  for (const end of orphans) {
    const start = firstFrom(left, end.at_ms);
    const meant =
      start !== undefined &&
      !ended.has(start) &&
      (sameId || start.id === undefined || end.id === undefined) &&
      (sameId || start.sequence < end.sequence || start.at_ms === end.at_ms);
    if (meant) ended.set(start, end);
    else alone.push({ end });
  }
  const paired = left.map((pair) => {
    const end = pair.start === undefined ? undefined : ended.get(pair.start);
    return end === undefined || pair.start === undefined ? pair : { start: pair.start, end };
  });
  return [...paired, ...alone];
}

/** The first start at a moment or later; they are in order of time. */
function firstFrom(left: readonly Pair[], at_ms: number): Mark | undefined {
  let [low, high] = [0, left.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((left[middle]?.start?.at_ms ?? 0) < at_ms) low = middle + 1;
    else high = middle;
  }
  return left[low]?.start;
}

function inTime(a: Mark, b: Mark): number {
  return a.at_ms - b.at_ms || a.sequence - b.sequence;
}

/** Values in groups, in the order in which their keys first came. */
export function groupedBy<T, K>(values: Iterable<T>, keyOf: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}
