import type { StoredEvent } from "../../event/envelope.ts";
import { isEventOf } from "../../event/registry.ts";
import type { EventLogReader, ReadStreamOptions } from "../../log/event-log.ts";
import type { History } from "../history.ts";

/** What a replay reads. */
export interface ReplaySource {
  readonly log: Pick<EventLogReader, "stream">;
  readonly history: Pick<History, "lines" | "stateAt">;
  readStream(stream: string, options?: ReadStreamOptions): AsyncIterable<StoredEvent>;
}

/** A part of a stream, both ends inclusive. */
export interface SequenceRange {
  readonly stream: string;
  readonly from: number;
  readonly to: number;
  readonly signal?: AbortSignal | undefined;
}

/** Every event of a range, in order of sequence: completed by later sightings, and whether it is void today. */
export async function* eventsOfRange(
  source: ReplaySource,
  { stream, from, to, signal }: SequenceRange,
): AsyncGenerator<{ readonly event: StoredEvent; readonly voided: boolean }, void, undefined> {
  // What was voided behind the range counts too, so the past that is asked about is today's.
  const today = { kind: "latest" } as const;
  for await (const { stored, event } of source.history.lines(stream, today, { after: from - 1, signal })) {
    if (stored.event_sequence > to) return;
    yield { event: event ?? stored, voided: event === undefined };
  }
}

/** Notices events that are voided while a replay is under way, reading only what the stream has grown by. */
export class VoidWatch {
  readonly #source: ReplaySource;
  readonly #stream: string;
  readonly #voided = new Set<string>();
  #head: number;

  /** Knows nothing of what was voided up to sequence `head`. */
  constructor(source: ReplaySource, stream: string, head: number) {
    this.#source = source;
    this.#stream = stream;
    this.#head = head;
  }

  async isVoid(eventId: string): Promise<boolean> {
    const head = (await this.#source.log.stream(this.#stream))?.head_sequence ?? 0;
    if (head > this.#head) {
      for await (const event of this.#source.readStream(this.#stream, { from: this.#head + 1, to: head })) {
        if (isEventOf(event, "StoreEventVoided")) this.#voided.add(event.metadata.voided_event_id);
      }
      this.#head = head;
    }
    return this.#voided.has(eventId);
  }
}
