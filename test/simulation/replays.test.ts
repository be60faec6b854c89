import { expect, test } from "vitest";

import { systemCode } from "../../src/engines/files/disk.ts";
import { fileReplays } from "../../src/engines/files/file-replays.ts";
import { StorageError } from "../../src/errors.ts";
import type { ReplayEntry, ReplayJournals } from "../../src/log/replay-journal.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { type Caller, type Fault, ProcessKilled, SimulatedDisk } from "./simulated-disk.ts";

const STORE = "/store";
const LIVES = 6;
const SEEDS = 400;
const at = "2026-11-24T14:00:00.000Z";

function entryOf(sequence: number, random: SeededRandom): ReplayEntry {
  const error = random.hex(random.chance(0.3) ? random.below(6_000) : random.below(300));
  return { kind: "outcome", sequence, outcome: "failed", error, at };
}

/** A process that ends, or whose disk refuses, at one of its calls. */
function mortal(calls: number, end: "kill" | "power" | Fault): Caller {
  let left = calls;
  const caller = {
    dead: false,
    before(): Fault {
      if (left-- !== 0) return undefined;
      if (end !== "kill" && end !== "power") return end;
      caller.dead = true;
      throw new ProcessKilled(end === "power");
    },
    after: () => undefined,
    later: (done: () => void) => done(),
  };
  return caller;
}

function isExpected(error: unknown): boolean {
  if (error instanceof ProcessKilled || error instanceof StorageError) return true;
  return ["EIO", "ENOSPC"].includes(systemCode(error) ?? "");
}

const openLock = () =>
  Promise.resolve({ tryAcquire: () => true, release: () => undefined, close: () => undefined });

/** A journal and what is known of it: what it holds for sure, and what it may hold. */
class Witness {
  readonly #random: SeededRandom;
  readonly #disk: SimulatedDisk;
  #acknowledged: ReplayEntry[] = [];
  #tried: ReplayEntry[] = [];
  lost = 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.#disk = new SimulatedDisk(this.#random);
    this.#disk.format(STORE);
    this.#disk.format(`${STORE}/.store`);
  }

  /** One process works on the journal; tells whether it ended before its time. */
  async live(): Promise<boolean> {
    const random = this.#random;
    const end = random.pick(["kill", "power", "EIO", "ENOSPC"] as const);
    const crashed = await this.#work(this.#journals(mortal(random.below(40), end))).then(
      () => false,
      (error: unknown) => {
        if (isExpected(error)) return true;
        throw error;
      },
    );
    if (end === "power") this.#disk.losePower();
    return crashed;
  }

  async #work(journals: ReplayJournals): Promise<void> {
    const journal = (await journals.open("r")) ?? (await journals.create("r"));
    this.check(journal.found);
    this.lost += this.#tried.length - journal.found.length;
    this.#acknowledged = [...journal.found];
    this.#tried = [...journal.found];
    for (let count = this.#random.below(12); count > 0; count--) {
      const entry = entryOf(this.#tried.length, this.#random);
      this.#tried.push(entry);
      await journal.append(entry);
      this.#acknowledged.push(entry);
    }
    journal.close();
  }

  #journals(caller: Caller): ReplayJournals {
    return fileReplays(STORE, { disk: this.#disk.portFor(caller), openLock });
  }

  check(found = this.#journals(mortal(-1, undefined)).read("r") ?? []): void {
    expect(found.slice(0, this.#acknowledged.length)).toEqual(this.#acknowledged);
    expect(this.#tried.slice(0, found.length)).toEqual(found);
  }
}

test("what a replay's journal has acknowledged is there after any crash, in order, and nothing else", async () => {
  let [crashes, lost] = [0, 0];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const witness = new Witness(seed);
    for (let life = 0; life < LIVES; life++) if (await witness.live()) crashes++;
    witness.check();
    lost += witness.lost;
  }
  expect(crashes).toBeGreaterThan(SEEDS);
  expect(lost).toBeGreaterThan(SEEDS / 8);
});
