import type { StoredEvent } from "../../src/event/envelope.ts";
import type { PreparedEvent } from "../../src/event/prepared.ts";
import type { Durability, Placement, StoredLine } from "../../src/log/event-log.ts";
import { genesisHash, leafHash } from "../../src/log/leaf-hash.ts";

/** One fact that clients try to record: an event id, or a natural key under which ids may differ. */
export interface Fact {
  readonly identity: string;
  readonly stream: string;
  readonly body_json: string;
  /** The weakest that any try asked for. */
  durability: Durability;
  /** Facts of one append: all of them or none. */
  readonly batch: readonly string[];
  /** Tries whose end is open. */
  underWay: number;
  /** Some try ended without a word, so the fact may be in the log. */
  maybe: boolean;
  acked: Placement | undefined;
  /** Some try was told that it recorded the fact, not that it was there already. */
  recorded: boolean;
}

interface Known {
  readonly identity: string;
  readonly bytes: Buffer | undefined;
  readonly placement: Placement | undefined;
}

/** Housekeeping that the store writes by itself. */
const isOwn = (event: StoredEvent): boolean => event.event_type.startsWith("Store");

function identityOf(event: StoredEvent): string {
  return event.idempotency_key ?? event.event_id;
}

export function textOf(line: StoredLine): string {
  return Buffer.from(line.bytes.buffer, line.bytes.byteOffset, line.bytes.length).toString();
}

/**
 * What the clients were told, and what readers were shown: the log may never contradict it. `guaranteed` is
 * the last position that not even a power loss may take.
 */
export class Oracle {
  readonly facts = new Map<string, Fact>();
  readonly #known: (Known | undefined)[] = [];
  readonly #fail: (what: string) => void;
  guaranteed = 0;
  /** Last position that anybody knows of. */
  get seen(): number {
    return this.#known.length;
  }

  constructor(fail: (what: string) => void) {
    this.#fail = fail;
  }

  issue(events: readonly PreparedEvent[], durability: Durability): Fact[] {
    const batch = events.map((event) => event.idempotency_key ?? event.event_id);
    return events.map((event, index) => {
      const identity = batch[index] as string;
      const known = this.facts.get(identity);
      const { stream, body_json } = event;
      const fact = known ?? {
        identity,
        stream,
        body_json,
        durability,
        batch,
        underWay: 0,
        maybe: false,
        acked: undefined,
        recorded: false,
      };
      fact.underWay++;
      if (durability === "os") fact.durability = durability;
      this.facts.set(identity, fact);
      return fact;
    });
  }

  acknowledged(
    facts: readonly Fact[],
    placements: readonly Placement[],
    events: readonly PreparedEvent[],
  ): void {
    facts.forEach((fact, index) => {
      const placement = placements[index];
      fact.underWay--;
      if (placement === undefined) {
        this.#fail(`append of ${fact.identity} was acknowledged without a placement`);
        return;
      }
      this.#takeAck(fact, placement, events[index] as PreparedEvent);
    });
  }

  #takeAck(fact: Fact, placement: Placement, event: PreparedEvent): void {
    const { position } = placement;
    const at = `${fact.identity} at position ${position}`;
    if (placement.stream !== fact.stream)
      this.#fail(`${at} was acknowledged in ${placement.stream}, not ${fact.stream}`);
    if (!placement.duplicate && placement.event_id !== event.event_id)
      this.#fail(`${at} was acknowledged with another id`);
    if (fact.acked !== undefined) {
      if (!placement.duplicate && fact.recorded)
        this.#fail(`${at} was recorded twice; before at ${fact.acked.position}`);
      if (fact.acked.position !== position)
        this.#fail(`${at} was acknowledged before at ${fact.acked.position}`);
      if (fact.acked.recorded_at !== placement.recorded_at) this.#fail(`${at}: recorded_at has changed`);
    } else if (
      placement.duplicate &&
      !fact.maybe &&
      fact.underWay === 0 &&
      this.#known[position - 1]?.identity !== fact.identity
    ) {
      this.#fail(`${at} is called a duplicate, but no earlier try can be in the log`);
    }
    fact.acked = placement;
    fact.recorded ||= !placement.duplicate;
    const known = this.#known[position - 1];
    if (known !== undefined && known.identity !== fact.identity)
      this.#fail(`${at}: that position is known as ${known.identity}`);
    this.#know(position, { identity: fact.identity, bytes: known?.bytes, placement });
    if (placement.durability !== "os") this.guaranteed = Math.max(this.guaranteed, position);
  }

  #know(position: number, known: Known): void {
    while (this.#known.length < position) this.#known.push(undefined);
    this.#known[position - 1] = known;
  }

  /** The append was refused: unless an earlier try may have got through, these facts must never appear. */
  rejected(facts: readonly Fact[]): void {
    for (const fact of facts) fact.underWay--;
  }

  unknown(facts: readonly Fact[]): void {
    for (const fact of facts) {
      fact.underWay--;
      fact.maybe = true;
    }
  }

  /** Checks lines that a reader was shown, against all that was said and shown before, and remembers them. */
  shown(lines: readonly StoredLine[]): void {
    for (const line of lines) {
      const event = this.#check(line);
      if (event === undefined) continue;
      const known = this.#known[line.position - 1];
      const identity = isOwn(event) ? event.event_id : identityOf(event);
      this.#know(line.position, { identity, bytes: Buffer.from(line.bytes), placement: known?.placement });
      const fact = this.facts.get(identity);
      if (fact?.durability !== "os") this.guaranteed = Math.max(this.guaranteed, line.position);
    }
  }

  /** Checks one line against what is known; undefined when it was seen before with the same bytes. */
  #check(line: StoredLine): StoredEvent | undefined {
    const known = this.#known[line.position - 1];
    if (known?.bytes?.equals(line.bytes) === true) return undefined;
    if (known?.bytes !== undefined)
      this.#fail(`the line at position ${line.position} has changed (${known.identity})`);
    const event = this.checkLine(line);
    const identity = isOwn(event) ? event.event_id : identityOf(event);
    if (known !== undefined && known.identity !== identity) {
      this.#fail(
        `position ${line.position} holds ${identity}, but ${known.identity} was promised or shown there`,
      );
    }
    return event;
  }

  /** Checks one line in itself and against what its client was told. */
  checkLine(line: StoredLine): StoredEvent {
    const text = textOf(line);
    const event = JSON.parse(text) as StoredEvent;
    const at = `position ${line.position}`;
    if (event.position !== line.position || event.event_sequence !== line.sequence)
      this.#fail(`${at}: the line is another's`);
    if ((event.issue_key ?? "global") !== line.stream) this.#fail(`${at}: the line is of another stream`);
    if (isOwn(event)) return event;
    const fact = this.facts.get(identityOf(event));
    if (fact === undefined) {
      this.#fail(`${at} holds ${identityOf(event)}, which nobody appended`);
      return event;
    }
    if (fact.acked === undefined && !fact.maybe && fact.underWay === 0) {
      this.#fail(`${at} holds ${fact.identity}, whose append was rejected or whose loss was seen`);
    }
    if (!text.includes(fact.body_json))
      this.#fail(`${at}: the bytes are not those that ${fact.identity} was given`);
    const { acked } = fact;
    if (acked === undefined) return event;
    const same =
      acked.position === event.position &&
      acked.event_sequence === event.event_sequence &&
      acked.recorded_at === event.recorded_at &&
      acked.event_id === event.event_id;
    if (!same)
      this.#fail(`${at} holds ${fact.identity}, acknowledged at position ${acked.position} otherwise`);
    return event;
  }

  /**
   * Checks a whole log as it stands after a crash. After a power loss what was promised to be in the page
   * cache only may be missing, as a suffix. Gives the first position that is not what it was known to be.
   */
  checkWhole(lines: readonly StoredLine[], how: { storeId: string; mayLose: boolean }): number {
    const heads = new Map<string, { sequence: number; hash: string }>();
    const identities = new Set<string>();
    let recordedAt = "";
    let differs: number | undefined;
    lines.forEach((line, index) => {
      const position = index + 1;
      if (line.position !== position) this.#fail(`position ${position} is followed by ${line.position}`);
      const known = this.#known[index];
      const event = JSON.parse(textOf(line)) as StoredEvent;
      const identity = isOwn(event) ? event.event_id : identityOf(event);
      if (differs === undefined && known !== undefined && known.identity !== identity) differs = position;
      if (differs === undefined && known?.bytes?.equals(line.bytes) !== true) this.#check(line);
      // The frame of a try whose end nobody heard may come to light where a later one, not flushed, was lost.
      const fact = this.facts.get(identity);
      const mayAppear =
        isOwn(event) || (fact?.acked === undefined && (fact?.maybe === true || (fact?.underWay ?? 0) > 0));
      if (differs !== undefined && !mayAppear) {
        this.#fail(`${identity} stands at position ${position}, behind the loss that begins at ${differs}`);
      }
      if (identities.has(identity)) this.#fail(`${identity} is in the log twice`);
      identities.add(identity);
      if (event.recorded_at < recordedAt) this.#fail(`recorded_at decreases at position ${position}`);
      recordedAt = event.recorded_at;
      this.#checkChain(line, event, { heads, storeId: how.storeId });
    });
    if (differs === undefined && lines.length < this.#known.length) differs = lines.length + 1;
    const end = differs ?? lines.length + 1;
    if (end <= this.guaranteed) {
      this.#fail(
        `the log is lost from position ${end} on; up to ${this.guaranteed} was promised or shown as durable`,
      );
    }
    if (!how.mayLose && differs !== undefined)
      this.#fail(`without a power loss the log is lost from position ${differs} on`);
    this.#checkBatches(identities);
    return end;
  }

  #checkChain(
    line: StoredLine,
    event: StoredEvent,
    how: { heads: Map<string, { sequence: number; hash: string }>; storeId: string },
  ): void {
    const head = how.heads.get(line.stream) ?? { sequence: 0, hash: genesisHash(how.storeId, line.stream) };
    if (event.event_sequence !== head.sequence + 1) {
      this.#fail(
        `${line.stream}: sequence ${head.sequence} is followed by ${event.event_sequence} (position ${line.position})`,
      );
    }
    if (event.prev_hash !== head.hash)
      this.#fail(`${line.stream}: the chain breaks at sequence ${event.event_sequence}`);
    how.heads.set(line.stream, { sequence: event.event_sequence, hash: leafHash(textOf(line)) });
  }

  #checkBatches(present: ReadonlySet<string>): void {
    for (const { batch } of this.facts.values()) {
      if (batch.length === 1) continue;
      const count = batch.filter((identity) => present.has(identity)).length;
      if (count !== 0 && count !== batch.length)
        this.#fail(`of the batch of ${batch[0]} ${count} of ${batch.length} events are there`);
    }
  }

  /** After a real power loss: what was legally lost is forgotten, and may appear again only if it is appended again. */
  forgetFrom(position: number, lines: readonly StoredLine[]): void {
    const present = new Set(lines.map((line) => identityOf(JSON.parse(textOf(line)) as StoredEvent)));
    this.#known.length = Math.min(this.#known.length, position - 1);
    for (const fact of this.facts.values()) {
      if (present.has(fact.identity)) continue;
      fact.acked = undefined;
      fact.recorded = false;
      fact.maybe = false;
    }
  }
}
