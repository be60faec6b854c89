import type { Finding, Findings } from "./finding.ts";
import type { LineFields } from "./stream-check.ts";
import { Leaves } from "./tree-fold.ts";

/** No store is asked to hold positions beyond this: a forged one must not make the verifier allocate without end. */
const POSITIONS_MAX = 2 ** 31;

/** Bytes behind a file's last LF: on their way in, or torn by a crash. */
export interface Unfinished {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
}

/** What all streams together must be: one dense order, one time that never goes back, ids given once. */
export class StoreTally {
  readonly leaves = new Leaves();
  readonly unfinished: Unfinished[] = [];
  events = 0;
  files = 0;
  bytes = 0;
  readonly #findings: Findings;
  #recorded = new Float64Array(1024);
  #ids = new Float64Array(1024);

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Takes note of a line and of its place in the order of record. */
  note(fields: LineFields, leaf: string, where: Partial<Finding>): void {
    const { position, recorded_at, event_id } = fields;
    if (position > POSITIONS_MAX) {
      this.#findings.add({ code: "position", message: `no store has a position ${position}`, ...where });
      return;
    }
    this.#ids = grown(this.#ids, this.events);
    this.#ids[this.events] = idMark(event_id);
    this.events++;
    if (!this.leaves.set(position, leaf)) {
      this.#findings.add({
        code: "duplicate",
        message: `position ${position} is taken by another event`,
        ...where,
      });
      return;
    }
    this.#recorded = grown(this.#recorded, position);
    this.#recorded[position] = Date.parse(recorded_at);
  }

  /** Checks what can only be seen at the end, up to position `last`. */
  finish(last: number): void {
    this.#missing(last);
    this.#times(Math.min(last, this.leaves.greatest));
  }

  #missing(last: number): void {
    for (let position = 1; position <= last; position++) {
      if (this.leaves.get(position) !== undefined) continue;
      const from = position;
      while (position < last && this.leaves.get(position + 1) === undefined) position++;
      const range = from === position ? `position ${from} has` : `positions ${from} to ${position} have`;
      this.#findings.add({
        code: "missing",
        message: `${range} no event: ${position - from + 1} of the record are missing`,
        position: from,
      });
    }
  }

  #times(last: number): void {
    let latest = 0;
    for (let position = 1; position <= last; position++) {
      const recorded = this.#recorded[position] ?? 0;
      if (recorded !== 0 && recorded < latest) {
        const message = `recorded at ${new Date(recorded).toISOString()}, before the events that it follows`;
        this.#findings.add({ code: "time", message, position });
      }
      latest = Math.max(latest, recorded);
    }
  }

  /** Marks that two events share: mostly none; else those events' ids are compared in full. */
  sharedIdMarks(): ReadonlySet<number> {
    const marks = this.#ids.subarray(0, this.events).toSorted();
    const shared = new Set<number>();
    for (let index = 1; index < marks.length; index++)
      if (marks[index] === marks[index - 1]) shared.add(marks[index] as number);
    return shared;
  }
}

/** 52 bits of an event's id, mixed, since some kinds of UUID begin or end alike. */
export function idMark(id: string): number {
  const word = (at: number): number => Number.parseInt(id.slice(at, at + 8), 16) | 0;
  const low = Math.imul(word(0), 0x9e3779b1) ^ Math.imul(word(28), 0x85ebca6b);
  const high = Math.imul(word(9) ^ (low >>> 15), 0xc2b2ae35) ^ word(19);
  return (low >>> 0) * 2 ** 20 + ((high >>> 0) & 0xfffff);
}

function grown(array: Float64Array<ArrayBuffer>, index: number): Float64Array<ArrayBuffer> {
  if (index < array.length) return array;
  const larger = new Float64Array(Math.max(index + 1, array.length * 2));
  larger.set(array);
  return larger;
}
