import type { PreparedEvent } from "../../src/event/prepared.ts";
import { GIVEN } from "../../src/event/prepared.ts";
import { ConflictError, EsoError, OutcomeUnknownError } from "../../src/errors.ts";
import type { FilesOptions } from "../../src/engines/files/core.ts";
import type { FilesLog } from "../../src/engines/files/files-log.ts";
import { openFilesLog } from "../../src/engines/files/open-files-log.ts";
import type { Durability, ExpectedSequence, StoredLine } from "../../src/log/event-log.ts";
import type { SeededRandom } from "../../src/testing/seeded-random.ts";
import { type Process, STORE } from "./machine.ts";
import type { Fact, Oracle } from "./oracle.ts";

const STREAMS = ["global", "PROJ-1", "PROJ-2", "PROJ-3", "OTHER-7", "OTHER-8"] as const;
const AT_ONCE_MAX = 5;

/** What a client works with. */
export interface ClientParts {
  readonly process: Process;
  readonly oracle: Oracle;
  readonly random: SeededRandom;
  readonly options: Partial<FilesOptions>;
  readonly durabilities: readonly [Durability, ...Durability[]];
  /** Share of reads among what it does. */
  readonly reads: number;
  readonly fail: (what: string, cause?: unknown) => void;
  /** Whether an error is what a fault that was injected may lead to. */
  readonly excused: (error: unknown) => boolean;
}

let serial = 0;

/** Starts every simulation with the same names. */
export function resetSerial(): void {
  serial = 0;
}

/** Events of one append, new to the log. */
export function newEvents(random: SeededRandom): PreparedEvent[] {
  const count = random.chance(0.75) ? 1 : 2 + random.below(3);
  return Array.from({ length: count }, () => {
    const number = ++serial;
    const stream = STREAMS[random.below(STREAMS.length)] as string;
    const key = random.chance(0.25) ? `commit:${number}` : undefined;
    return eventOf({ number, stream, key, filling: fillingOf(random) });
  });
}

function fillingOf(random: SeededRandom): number {
  const kind = random.next();
  return kind < 0.6 ? random.below(80) : kind < 0.95 ? random.below(900) : random.below(6000);
}

function eventOf(given: {
  number: number;
  stream: string;
  key: string | undefined;
  filling: number;
}): PreparedEvent {
  const { number, stream, key } = given;
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
  const tail = key === undefined ? "" : `,"idempotency_key":"${key}"`;
  return {
    event_id: id,
    event_type: "CommentPosted",
    event_version: "1.0.0",
    timestamp: undefined,
    stream,
    issue_key: stream === "global" ? undefined : stream,
    session_id: undefined,
    default_session_id: "simulation",
    correlation_id: undefined,
    phase: undefined,
    idempotency_key: key,
    given: (key === undefined ? GIVEN.event_id : 0) | (stream === "global" ? 0 : GIVEN.issue_key),
    actor_json: ',"actor":{"type":"system","id":"simulation"}',
    body_json: `,"metadata":{"comment_id":"${number}","comment_body":"${"x".repeat(given.filling)}"}${tail}`,
    effect: undefined,
  };
}

/** The events that a fact's batch was first tried with; natural keys come with a new id each time. */
function again(events: readonly PreparedEvent[]): PreparedEvent[] {
  return events.map((event) => {
    if (event.idempotency_key === undefined) return event;
    return { ...event, event_id: `00000000-0000-4000-9000-${String(++serial).padStart(12, "0")}` };
  });
}

/** Every batch that was tried, for retries by whoever comes later. */
export class Attempts {
  readonly #events: PreparedEvent[][] = [];

  add(events: PreparedEvent[]): void {
    this.#events.push(events);
  }

  /** Mostly one of the newest. */
  pick(random: SeededRandom): PreparedEvent[] | undefined {
    const back = random.chance(0.7) ? random.below(12) : random.below(this.#events.length);
    const events = this.#events[this.#events.length - 1 - back];
    return events === undefined ? undefined : again(events);
  }
}

/** A program that appends and reads, and tells the oracle what it was told. */
export class Client {
  readonly #parts: ClientParts;
  readonly #attempts: Attempts;
  #log: FilesLog | undefined;
  #underWay = 0;
  #seen = 0;
  leaving = false;
  readonly #open = new Set<readonly Fact[]>();

  constructor(parts: ClientParts, attempts: Attempts) {
    this.#parts = parts;
    this.#attempts = attempts;
    parts.process.onEnd = () => {
      for (const facts of this.#open) parts.oracle.unknown(facts);
      this.#open.clear();
    };
  }

  /** Opens the store, works until told to leave, and closes it. */
  async live(): Promise<void> {
    const { process, options, random } = this.#parts;
    try {
      this.#log = await openFilesLog({
        path: STORE,
        ports: process.ports,
        clock: process.wallClock,
        ...options,
      });
      while (!this.leaving) {
        await nap(process, random.below(4) * random.next());
        if (this.#underWay < AT_ONCE_MAX) this.#start();
      }
      while (this.#underWay > 0) await nap(process, 1);
      const log = this.#log;
      this.#log = undefined;
      await log.close();
    } catch (error) {
      this.#tolerate("a client", error);
    }
    process.end();
  }

  #tolerate(what: string, error: unknown): void {
    if (this.#parts.process.dead || this.#parts.excused(error)) return;
    this.#parts.fail(`${what} met an error that nothing explains`, error);
  }

  #start(): void {
    const { random, reads } = this.#parts;
    const work = random.chance(reads) ? this.#read() : this.#append();
    this.#underWay++;
    void work
      .catch((error: unknown) => this.#tolerate("a reader", error))
      .finally(() => {
        this.#underWay--;
      });
  }

  async #append(): Promise<void> {
    const { random, oracle, process } = this.#parts;
    const log = this.#log as FilesLog;
    const retry = random.chance(0.25) ? this.#attempts.pick(random) : undefined;
    const events = retry ?? newEvents(random);
    if (retry === undefined) this.#attempts.add(events);
    const durability = this.#parts.durabilities[random.below(this.#parts.durabilities.length)] as Exclude<
      Durability,
      "memory"
    >;
    const facts = oracle.issue(events, durability);
    const expectedSequence = retry === undefined ? this.#expectation(events) : "any";
    if (process.dead) return;
    this.#open.add(facts);
    try {
      const placements = await log.append({ events, expectedSequence, onDuplicate: "conflict", durability });
      if (!this.#open.delete(facts)) return;
      oracle.acknowledged(facts, placements, events);
      for (const { position } of placements) this.#seen = Math.max(this.#seen, position);
    } catch (error) {
      if (!this.#open.delete(facts)) return;
      if (error instanceof OutcomeUnknownError) oracle.unknown(facts);
      else oracle.rejected(facts);
      if (error instanceof ConflictError && expectedSequence !== "any") return;
      if (!(error instanceof OutcomeUnknownError)) this.#tolerate("an append", error);
    }
  }

  #expectation(events: readonly PreparedEvent[]): ExpectedSequence {
    const { random } = this.#parts;
    if (events.length > 1 || random.chance(0.9)) return "any";
    return random.chance(0.5) ? "none" : random.below(30);
  }

  async #read(): Promise<void> {
    const { random } = this.#parts;
    const kind = random.below(5);
    if (kind === 0) await this.probe();
    else if (kind === 1) await this.#readAll(0);
    else if (kind === 2) await this.#readAll(Math.max(0, this.#parts.oracle.guaranteed - random.below(20)));
    else if (kind === 3) await this.#readStream();
    else await this.#find();
  }

  /** Asks where the log ends; what a reader could see once it must not be out of sight later. */
  async probe(): Promise<void> {
    const log = this.#log;
    if (log === undefined) return;
    const before = this.#seenByAll();
    const position = await log.head().then(
      (head) => head.position,
      (error: unknown) => {
        // It was just closing the store.
        if (error instanceof EsoError && error.code === "ESO_STORE_CLOSED") return undefined;
        throw error;
      },
    );
    if (position === undefined || this.#parts.process.dead) return;
    if (position < before) this.#parts.fail(`a reader sees up to ${position}, but was at ${before} before`);
    this.#seen = Math.max(this.#seen, position);
  }

  #seenByAll(): number {
    return this.#seen;
  }

  async #readAll(after: number): Promise<void> {
    const log = this.#log as FilesLog;
    const before = this.#seenByAll();
    let next = after + 1;
    for await (const lines of log.readAll({ after, chunk: 50 })) {
      for (const line of lines) {
        if (line.position !== next)
          this.#parts.fail(`a reader of all was shown ${line.position} instead of ${next}`);
        next = line.position + 1;
      }
      this.#show(lines);
    }
    if (next <= before && after < before)
      this.#parts.fail(`a reader of all was shown up to ${next - 1}, but was at ${before} before`);
  }

  #show(lines: readonly StoredLine[]): void {
    if (this.#parts.process.dead) return;
    this.#parts.oracle.shown(lines);
    for (const { position } of lines) this.#seen = Math.max(this.#seen, position);
  }

  async #readStream(): Promise<void> {
    const { random } = this.#parts;
    const log = this.#log as FilesLog;
    const stream = STREAMS[random.below(STREAMS.length)] as string;
    const direction = random.chance(0.5) ? "forwards" : "backwards";
    const shown: StoredLine[] = [];
    for await (const lines of log.readStream(stream, { direction })) shown.push(...lines);
    if (direction === "backwards") shown.reverse();
    shown.forEach((line, index) => {
      if (line.sequence !== index + 1)
        this.#parts.fail(
          `a reader of ${stream} (${direction}) was shown sequence ${line.sequence} as number ${index + 1} of ${shown.length}`,
        );
    });
    this.#show(shown);
  }

  async #find(): Promise<void> {
    const { oracle, random } = this.#parts;
    const facts = [...oracle.facts.values()];
    const fact = facts[random.below(facts.length)];
    if (fact === undefined) return;
    const acked = fact.acked;
    const log = this.#log as FilesLog;
    const byKey = fact.identity.startsWith("commit:");
    const line = byKey ? await log.findByKey(fact.identity) : await log.findById(fact.identity);
    if (line !== undefined) this.#show([line]);
    else if (
      acked !== undefined &&
      fact.acked === acked &&
      acked.position <= this.#seen &&
      !this.#parts.process.dead
    ) {
      this.#parts.fail(`${fact.identity}, acknowledged at position ${acked.position}, is not found`);
    }
  }
}

function nap(process: Process, ms: number): Promise<void> {
  return new Promise((resolve) => void process.startTimer(ms, resolve));
}
