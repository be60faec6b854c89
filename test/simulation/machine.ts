import { AsyncLocalStorage } from "node:async_hooks";

import { Catalog } from "../../src/engines/files/catalog.ts";
import type { FilesPorts } from "../../src/engines/files/open-files-log.ts";
import type { StoreLock } from "../../src/engines/files/store-lock.ts";
import type { SeededRandom } from "../../src/testing/seeded-random.ts";
import { SimulatedDatabase } from "./simulated-catalog.ts";
import { type Caller, type CallKind, type Fault, ProcessKilled, SimulatedDisk } from "./simulated-disk.ts";
import { settled, type TimerHost } from "./virtual-time.ts";

/** Where the simulated store lies. */
export const STORE = "/store";

/** Decides what befalls a call of a process; `kill` and `power` end it. */
export type Fate = (process: Process, call: Call) => Fault | "kill" | "power";

/** One call to the disk, about to be made or just made. */
export interface Call {
  readonly kind: CallKind;
  readonly path: string;
  readonly moment: "before" | "after";
}

export const CALM: Fate = () => undefined;

const running = new AsyncLocalStorage<Process>();

/** The process whose code runs; engine code asks for timers through it. */
export function runningProcess(): Process {
  const process = running.getStore();
  if (process === undefined) throw new Error("a timer outside of any simulated process");
  return process;
}

/** A computer: disk, lock, catalogue database, time, and the processes on it. */
export class Machine {
  readonly disk: SimulatedDisk;
  readonly database: SimulatedDatabase;
  readonly random: SeededRandom;
  boot = 1;
  now_ms = 0;
  /** What the wall clock says at `now_ms` 0; jumps both ways. */
  epoch_ms: number;
  lockOwner: Process | undefined;
  processes: Process[] = [];
  /** Told of things that must never happen, and of power losses. */
  onViolation: (what: string) => void = (what) => {
    throw new Error(what);
  };
  onPowerLoss: (() => void) | undefined;
  #pids = 100;

  constructor(
    random: SeededRandom,
    parts: { disk: SimulatedDisk; database: SimulatedDatabase; epoch_ms: number },
  ) {
    this.random = random;
    this.disk = parts.disk;
    this.database = parts.database;
    this.epoch_ms = parts.epoch_ms;
  }

  nextPid(): number {
    // Small numbers, so that they come round as they do on real machines.
    this.#pids = 100 + ((this.#pids - 99) % 40);
    return this.#pids;
  }

  /** The same machine at this moment, with nobody on it: as if every process had been killed. */
  clone(random: SeededRandom): Machine {
    const parts = { disk: this.disk.clone(random), database: this.database.clone(), epoch_ms: this.epoch_ms };
    const copy = new Machine(random, parts);
    copy.boot = this.boot;
    copy.now_ms = this.now_ms;
    copy.onViolation = this.onViolation;
    return copy;
  }

  /** Ends every process and leaves of the un-synced what chance leaves. */
  losePower(): void {
    for (const process of this.processes) process.end();
    this.processes = [];
    this.lockOwner = undefined;
    this.disk.losePower();
    if (this.random.chance(0.06)) this.database.lose();
    this.boot++;
    this.now_ms += 60_000;
    this.onPowerLoss?.();
  }
}

interface Step {
  readonly due_ms: number;
  readonly run: () => void;
  cancelled: boolean;
}

/** A simulated process: its steps run one at a time, in an order that chance decides. */
export class Process implements Caller, TimerHost {
  readonly machine: Machine;
  readonly pid: number;
  readonly fate: Fate;
  dead = false;
  /** Calls to the disk so far. */
  calls = 0;
  onEnd: (() => void) | undefined;
  #steps: Step[] = [];

  constructor(machine: Machine, fate: Fate) {
    this.machine = machine;
    this.pid = machine.nextPid();
    this.fate = fate;
    machine.processes.push(this);
  }

  get now_ms(): number {
    return this.machine.now_ms;
  }

  /** Its end as the kernel does it: locks are freed, transactions rolled back, nothing else is said. */
  end(): void {
    if (this.dead) return;
    this.dead = true;
    this.#steps = [];
    this.machine.database.abandon(this);
    if (this.machine.lockOwner === this) this.machine.lockOwner = undefined;
    this.machine.processes = this.machine.processes.filter((other) => other !== this);
    this.onEnd?.();
  }

  before(kind: CallKind, path: string): Fault {
    if (this.dead) throw new ProcessKilled();
    this.calls++;
    return this.#meet(this.fate(this, { kind, path, moment: "before" }));
  }

  after(kind: CallKind, path: string): void {
    this.#meet(this.fate(this, { kind, path, moment: "after" }));
  }

  #meet(fate: Fault | "kill" | "power"): Fault {
    if (fate === "kill") {
      this.end();
      throw new ProcessKilled();
    }
    if (fate === "power") {
      this.machine.losePower();
      throw new ProcessKilled(true);
    }
    return fate;
  }

  startTimer(ms: number, run: () => void): { cancel(): void } {
    const step: Step = { due_ms: this.machine.now_ms + Math.max(0, ms), run, cancelled: false };
    if (!this.dead) this.#steps.push(step);
    return {
      cancel: () => {
        step.cancelled = true;
      },
    };
  }

  later(done: () => void): void {
    this.startTimer(this.machine.random.below(4) * 0.4, done);
  }

  /** When the next step is due; undefined when there is none. */
  get nextDue_ms(): number | undefined {
    this.#steps = this.#steps.filter((step) => !step.cancelled);
    let least: number | undefined;
    for (const step of this.#steps) if (least === undefined || step.due_ms < least) least = step.due_ms;
    return least;
  }

  get ready(): boolean {
    const due = this.nextDue_ms;
    return due !== undefined && due <= this.machine.now_ms;
  }

  /** Runs one step that is due, and all that follows from it at once. */
  async turn(): Promise<void> {
    const due = this.#steps.filter((step) => !step.cancelled && step.due_ms <= this.machine.now_ms);
    const step = due[this.machine.random.below(due.length)];
    if (step === undefined) return;
    this.#steps = this.#steps.filter((other) => other !== step);
    this.run(step.run);
    await settled();
  }

  /** Runs code as this process. */
  run<T>(code: () => T): T {
    return running.run(this, code);
  }

  /** Runs code as this process with nobody else around, until what it promises is settled. */
  async alone<T>(code: () => Promise<T>): Promise<T> {
    const ended = Promise.withResolvers<never>();
    ended.promise.catch(() => undefined);
    const waiting = new Set([code]);
    const result = Promise.race([this.run(code), ended.promise]).finally(() => waiting.clear());
    result.catch(() => undefined);
    await settled();
    for (let turns = 0; waiting.size > 0; turns++) {
      const due = this.nextDue_ms;
      if (this.dead) ended.reject(new ProcessKilled());
      else if (due === undefined || turns > 200_000)
        ended.reject(new Error("the process waits for something that never comes"));
      else {
        this.machine.now_ms = Math.max(this.machine.now_ms, due);
        await this.turn();
      }
      await settled();
    }
    return result;
  }

  get ports(): FilesPorts {
    const { machine } = this;
    const disk = machine.disk.portFor(this);
    return {
      disk,
      boot: machine.boot,
      openLock: () => Promise.resolve(this.#lock()),
      openCatalog: (layout) => Promise.resolve(new Catalog(machine.database.connect(this), disk, layout)),
    };
  }

  #lock(): StoreLock {
    const { machine } = this;
    return {
      tryAcquire: () => {
        if (this.dead) throw new ProcessKilled();
        if (machine.lockOwner === this) machine.onViolation("a process asked for the lock that it holds");
        if (machine.lockOwner !== undefined) return false;
        machine.lockOwner = this;
        return true;
      },
      release: () => {
        if (this.dead) return;
        if (machine.lockOwner !== this)
          machine.onViolation("a process gave back the lock without holding it");
        machine.lockOwner = undefined;
      },
      close: () => undefined,
    };
  }

  wallClock = (): number => this.machine.epoch_ms + this.machine.now_ms;
}
