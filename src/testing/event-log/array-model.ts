import { isDeepStrictEqual } from "node:util";

import { GLOBAL_STREAM, type EventInput } from "../../event/envelope.ts";
import type { ExpectedSequence, OnDuplicate } from "../../log/event-log.ts";

type Metadata = Readonly<Record<string, unknown>>;

/** What the model remembers of a record: the event as given, or what a later sighting added. */
export interface ModelRecord {
  readonly stream: string;
  readonly sequence: number;
  readonly position: number;
  readonly input: EventInput<string, Metadata> | undefined;
  readonly sighting: { readonly of: EventInput<string, Metadata>; readonly adds: Metadata } | undefined;
}

export interface ModelRequest {
  readonly events: readonly EventInput<string, Metadata>[];
  readonly expectedSequence: ExpectedSequence;
  readonly onDuplicate: OnDuplicate;
}

export interface ModelPlacement {
  readonly record: ModelRecord;
  readonly head_sequence: number;
  readonly duplicate: boolean;
}

export function streamOf({ issue_key }: EventInput): string {
  return issue_key ?? GLOBAL_STREAM;
}

/** The promises of an append, told with one array and no thought for speed. */
export class ArrayModel {
  records: readonly ModelRecord[] = [];

  stream(stream: string): readonly ModelRecord[] {
    return this.records.filter((record) => record.stream === stream);
  }

  /** The placements, or undefined where an engine must answer with a conflict. */
  append({ events, expectedSequence, onDuplicate }: ModelRequest): ModelPlacement[] | undefined {
    const next = new ArrayModel();
    next.records = this.records;
    const taken: Omit<ModelPlacement, "head_sequence">[] = [];
    for (const event of events) {
      const first = next.#known(event);
      if (first?.input === undefined)
        taken.push({ record: next.#push(streamOf(event), event), duplicate: false });
      else if (isSame(event, first.input)) taken.push({ record: first, duplicate: true });
      else if (onDuplicate === "same-fact" && event.event_type === first.input.event_type) {
        next.#see(event, first.input);
        taken.push({ record: first, duplicate: true });
      } else return undefined;
    }
    const [event] = events;
    const allKnown = taken.every(({ duplicate }) => duplicate);
    if (event !== undefined && !allKnown && !this.#meets(streamOf(event), expectedSequence)) return undefined;
    this.records = next.records;
    return taken.map((one) => ({ ...one, head_sequence: this.stream(one.record.stream).length }));
  }

  #meets(stream: string, expected: ExpectedSequence): boolean {
    const { length } = this.stream(stream);
    if (expected === "any") return true;
    return expected === "none" ? length === 0 : expected === "exists" ? length > 0 : length === expected;
  }

  #known({ event_id, idempotency_key }: EventInput): ModelRecord | undefined {
    return (
      this.records.find(({ input }) => event_id !== undefined && input?.event_id === event_id) ??
      this.records.find(
        ({ input }) => idempotency_key !== undefined && input?.idempotency_key === idempotency_key,
      )
    );
  }

  #see(event: EventInput<string, Metadata>, of: EventInput<string, Metadata>): void {
    const adds = Object.fromEntries(
      Object.entries(event.metadata).filter(([field]) => !(field in of.metadata)),
    );
    if (Object.keys(adds).length === 0) return;
    const known = this.records.some(
      ({ sighting }) => sighting?.of === of && isDeepStrictEqual(sighting.adds, adds),
    );
    if (!known) this.#push(streamOf(of), undefined, { of, adds });
  }

  #push(stream: string, input: ModelRecord["input"], sighting?: ModelRecord["sighting"]): ModelRecord {
    const sequence = this.stream(stream).length + 1;
    const record = { stream, sequence, position: this.records.length + 1, input, sighting };
    this.records = [...this.records, record];
    return record;
  }
}

/** Both give the same fields; an id counts only where both give one. */
function isSame(a: EventInput, b: EventInput): boolean {
  const { event_id: idOfA, ...restOfA } = a;
  const { event_id: idOfB, ...restOfB } = b;
  return (
    isDeepStrictEqual(restOfA, restOfB) && (idOfA === undefined || idOfB === undefined || idOfA === idOfB)
  );
}
