import type { FrameEvent } from "./frame.ts";

/** The events behind the catalogue's end, in order of position, held in memory; their lines are in journals. */
export class Tail {
  #base: number;
  #events: FrameEvent[] = [];
  #lastOfStream = new Map<string, FrameEvent>();
  #lastBefore: ReadonlyMap<string, FrameEvent> = new Map();
  readonly #byHash = new Map<number, FrameEvent | FrameEvent[]>();

  /** @param base position of the last event that the catalogue covers */
  constructor(base: number) {
    this.#base = base;
  }

  get base(): number {
    return this.#base;
  }

  get position(): number {
    return this.#base + this.#events.length;
  }

  get events(): readonly FrameEvent[] {
    return this.#events;
  }

  push(events: readonly FrameEvent[]): void {
    for (const event of events) {
      event.before = this.#lastOfStream.get(event.stream);
      this.#events.push(event);
      this.#lastOfStream.set(event.stream, event);
      this.#remember(event.idHash, event);
      if (event.keyHash >= 0) this.#remember(event.keyHash, event);
    }
  }

  #remember(hash: number, event: FrameEvent): void {
    const known = this.#byHash.get(hash);
    if (known === undefined) this.#byHash.set(hash, event);
    else if (Array.isArray(known)) known.push(event);
    else this.#byHash.set(hash, [known, event]);
  }

  at(position: number): FrameEvent | undefined {
    return this.#events[position - this.#base - 1];
  }

  last(stream: string): FrameEvent | undefined {
    return this.#lastOfStream.get(stream);
  }

  /** The last of a stream's events among those that were let go last: what they were is still remembered. */
  lastBefore(stream: string): FrameEvent | undefined {
    return this.#lastBefore.get(stream);
  }

  /** The streams that have events here. */
  streams(): IterableIterator<string> {
    return this.#lastOfStream.keys();
  }

  /** The events of one stream, oldest first. */
  ofStream(stream: string): FrameEvent[] {
    const events: FrameEvent[] = [];
    for (let event = this.last(stream); event !== undefined; event = event.before) events.push(event);
    return events.reverse();
  }

  find(hash: number): readonly FrameEvent[] {
    const known = this.#byHash.get(hash);
    return known === undefined ? [] : Array.isArray(known) ? known : [known];
  }

  /** Lets go of everything: the catalogue now covers it. */
  covered(): void {
    this.#base = this.position;
    this.#events = [];
    this.#lastBefore = this.#lastOfStream;
    this.#lastOfStream = new Map();
    this.#byHash.clear();
  }
}
