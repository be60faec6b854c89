import { GLOBAL_STREAM, type StoredEvent } from "../../event/envelope.ts";
import { type Edge, type IntervalKind, type MarkText, SIDE_BY_SIDE } from "./marks.ts";
import type { Mark } from "./pairing.ts";

/** A run of a stream, or the stream's events of no run. */
export interface RunKey {
  readonly stream: string;
  readonly correlation_id: string | null;
}

export type Floats = Float64Array<ArrayBuffer>;
export type Words = Uint32Array<ArrayBuffer>;

/**
 * Marks in columns: 45 bytes each instead of some 250 as objects, since all of them are kept. Of ids a number is
 * kept; they are compared within one stream only.
 */
export interface MarkTable {
  length: number;
  at_ms: Floats;
  id: Floats;
  event_id: Floats;
  sequence: Words;
  run: Words;
  name: Words;
  tag: Words;
  extra: Words;
  flags: Uint8Array<ArrayBuffer>;
  readonly runs: RunKey[];
  readonly runIndex: Map<string, number>;
  readonly names: string[];
  readonly nameIndex: Map<string, number>;
}

const KINDS: readonly IntervalKind[] = ["run", "pause", "phase", "agent", "gap", "test", "check", "recovery"];
const EDGES: readonly Edge[] = ["start", "complete", "failed"];
const IMPLIED = 32;
const IN_RUN = 64;
const HAS_TAG = 128;
/** Stands for no id. */
const NONE = 0;
const CAPACITY_MIN = 64;

export function markTable(): MarkTable {
  return {
    length: 0,
    at_ms: new Float64Array(),
    id: new Float64Array(),
    event_id: new Float64Array(),
    sequence: new Uint32Array(),
    run: new Uint32Array(),
    name: new Uint32Array(),
    tag: new Uint32Array(),
    extra: new Uint32Array(),
    flags: new Uint8Array(),
    runs: [],
    runIndex: new Map(),
    names: [],
    nameIndex: new Map(),
  };
}

/** Puts a mark into the table; `extra` is a number from 1 on that leads back to what else is known of the event. */
export function addMark(table: MarkTable, text: MarkText, { event, at_ms, extra = 0 }: Marked): void {
  const row = table.length;
  if (row === table.at_ms.length) grow(table);
  const { kind, edge, name, id, tag, implied } = text;
  const own = edge === "start" ? event.event_id : event.causation_id;
  table.at_ms[row] = at_ms;
  table.id[row] = id === undefined ? NONE : idNumber(id);
  table.event_id[row] = own === undefined || !SIDE_BY_SIDE.has(kind) ? NONE : idNumber(own);
  table.sequence[row] = event.event_sequence;
  table.run[row] = runNumber(table, event);
  table.name[row] = nameNumber(table, name);
  table.tag[row] = tag === undefined ? 0 : nameNumber(table, tag);
  table.extra[row] = extra;
  table.flags[row] =
    KINDS.indexOf(kind) +
    8 * EDGES.indexOf(edge) +
    (implied === true ? IMPLIED : 0) +
    (event.correlation_id === undefined ? 0 : IN_RUN) +
    (tag === undefined ? 0 : HAS_TAG);
  table.length = row + 1;
}

interface Marked {
  readonly event: StoredEvent;
  readonly at_ms: number;
  readonly extra?: number | undefined;
}

function grow(table: MarkTable): void {
  const capacity = Math.max(CAPACITY_MIN, Math.ceil(table.length * 1.25));
  for (const column of ["at_ms", "id", "event_id"] as const)
    table[column] = longerFloats(table[column], capacity);
  for (const column of ["sequence", "run", "name", "tag", "extra"] as const)
    table[column] = longerWords(table[column], capacity);
  table.flags = new Uint8Array(table.flags.buffer.transfer(capacity));
}

/** The same numbers with room for more; the old memory is given back at once, not when garbage is collected. */
export function longerFloats({ buffer }: Floats, capacity: number): Floats {
  return new Float64Array(buffer.transfer(capacity * Float64Array.BYTES_PER_ELEMENT));
}

export function longerWords({ buffer }: Words, capacity: number): Words {
  return new Uint32Array(buffer.transfer(capacity * Uint32Array.BYTES_PER_ELEMENT));
}

function runNumber(table: MarkTable, event: StoredEvent): number {
  const stream = event.issue_key ?? GLOBAL_STREAM;
  const correlation_id = event.correlation_id ?? null;
  const key = `${stream} ${correlation_id ?? ""}`;
  const known = table.runIndex.get(key);
  if (known !== undefined) return known;
  table.runIndex.set(key, table.runs.length);
  return table.runs.push({ stream, correlation_id }) - 1;
}

function nameNumber({ names, nameIndex }: MarkTable, name: string): number {
  const known = nameIndex.get(name);
  if (known !== undefined) return known;
  nameIndex.set(name, names.length);
  return names.push(name) - 1;
}

/**
 * A number for an id: 52 bits, never 0. Two ids of a stream with 100,000 of them get the same one with a probability
 * of one in a million; whoever wants to confuse the pairing can give the same id twice anyway.
 */
export function idNumber(id: string): number {
  let [low, high] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < id.length; at++) {
    const unit = id.charCodeAt(at);
    low = Math.imul(low ^ unit, 2654435761);
    high = Math.imul(high ^ unit, 1597334677);
  }
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  return 2 ** 32 * (0xfffff & (high >>> 0)) + (low >>> 0) + 1;
}

/** The marks of all runs, one stream after the other. */
export function* marksByStream(table: MarkTable): Generator<ReadonlyMap<RunKey, Mark[]>, void, undefined> {
  const next = new Int32Array(table.length).fill(-1);
  const first = new Int32Array(table.runs.length).fill(-1);
  for (let row = table.length - 1; row >= 0; row--) {
    const run = table.run[row]!;
    next[row] = first[run]!;
    first[run] = row;
  }
  const streams = new Map<string, number[]>();
  for (const [run, { stream }] of table.runs.entries()) {
    const known = streams.get(stream);
    if (known === undefined) streams.set(stream, [run]);
    else known.push(run);
  }
  for (const runs of streams.values()) {
    const marks = new Map<RunKey, Mark[]>();
    for (const run of runs) {
      const own: Mark[] = [];
      for (let row = first[run]!; row !== -1; row = next[row]!) own.push(markAt(table, row));
      marks.set(table.runs[run]!, own);
    }
    yield marks;
  }
}

function markAt(table: MarkTable, row: number): Mark {
  const flags = table.flags[row]!;
  const extra = table.extra[row]!;
  return {
    kind: KINDS[flags & 7]!,
    edge: EDGES[(flags >> 3) & 3]!,
    at_ms: table.at_ms[row]!,
    sequence: table.sequence[row]!,
    name: table.names[table.name[row]!]!,
    id: numberOrNone(table.id[row]!),
    event_id: numberOrNone(table.event_id[row]!),
    tag: (flags & HAS_TAG) === 0 ? undefined : table.names[table.tag[row]!],
    implied: (flags & IMPLIED) !== 0,
    in_run: (flags & IN_RUN) !== 0,
    extra: extra === 0 ? undefined : extra,
  };
}

function numberOrNone(id: number): number | undefined {
  return id === NONE ? undefined : id;
}
