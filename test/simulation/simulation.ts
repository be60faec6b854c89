import type { FilesOptions } from "../../src/engines/files/core.ts";
import {
  EsoError,
  IntegrityError,
  OutcomeUnknownError,
  StorageError,
  StoreLockedError,
} from "../../src/errors.ts";
import type { Durability } from "../../src/log/event-log.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { audit, type AuditParts, type Figures } from "./audit.ts";
import { Attempts, Client, resetSerial } from "./client.ts";
import { type Fate, Machine, Process, runningProcess, STORE } from "./machine.ts";
import { Oracle } from "./oracle.ts";
import { SimulatedDatabase } from "./simulated-catalog.ts";
import { type CallKind, type Fault, ProcessKilled, SimulatedDisk } from "./simulated-disk.ts";
import { installVirtualTime, settled } from "./virtual-time.ts";

/** What one simulated history is made of. */
export interface SimulationOptions {
  readonly seed: number;
  readonly steps: number;
  /** A look at some crash state about every so many steps. */
  readonly auditEvery: number;
  /** Print every call to the disk. */
  readonly trace?: boolean;
  /** Faults that do not happen in this history, to narrow down what a failure needs. */
  readonly without?: readonly ("kill" | "power" | "eio" | "full")[];
}

/** Something that must never happen has happened. */
export class SimulationFailure extends Error {
  constructor(where: string, what: string, cause?: unknown) {
    super(`${where}: ${what}`, cause === undefined ? undefined : { cause });
    this.name = "SimulationFailure";
  }
}

/** Chances of faults, per call or per step. */
interface Weather {
  kill: number;
  power: number;
  eio: number;
  full: number;
  /** Overwriting in place needs space too, as on copy-on-write file systems. */
  copyOnWrite: boolean;
}

const FAIR: Weather = { kill: 0, power: 0, eio: 0, full: 0, copyOnWrite: false };
const DAY_MS = 86_400_000;
const MIDNIGHT_MS = Date.UTC(2026, 10, 25);

/** One seeded history: processes come, work and die on one machine, whose disk and power fail now and then. */
export class Simulation {
  readonly #options: SimulationOptions;
  readonly #random: SeededRandom;
  readonly #machine: Machine;
  readonly #oracle: Oracle;
  readonly #attempts = new Attempts();
  readonly #figures: Figures;
  readonly #engine: Partial<FilesOptions>;
  readonly #durabilities: readonly [Durability, ...Durability[]];
  #clients = new Map<Process, Client>();
  #weather: Weather = { ...FAIR };
  #step = 0;
  #failure: SimulationFailure | undefined;
  #powerWasLost = false;
  #faulty = false;
  #probing = false;

  constructor(options: SimulationOptions, figures: Figures) {
    this.#options = options;
    this.#figures = figures;
    const random = new SeededRandom(options.seed);
    this.#random = random;
    const disk = new SimulatedDisk(new SeededRandom(random.below(2 ** 31)));
    disk.format(STORE);
    const epoch_ms = MIDNIGHT_MS - random.below(5000);
    this.#machine = new Machine(random, { disk, database: new SimulatedDatabase(), epoch_ms });
    this.#machine.onViolation = (what) => this.#fail(what);
    this.#machine.onPowerLoss = () => {
      this.#powerWasLost = true;
    };
    this.#oracle = new Oracle((what) => this.#fail(what));
    disk.onWrite = (path, bytes) => this.#checkApplied(path, bytes);
    this.#engine = engineOptions(random);
    const kinds = [["group"], ["group", "sync"], ["group", "sync", "os"], ["os"], ["group", "os"]] as const;
    this.#durabilities = kinds[random.below(kinds.length)] ?? ["group"];
  }

  #fail(what: string, cause?: unknown): void {
    this.#failure ??= new SimulationFailure(
      `seed ${this.#options.seed}, step ${this.#step}`,
      what,
      cause ?? new Error("seen here"),
    );
  }

  /** No line goes to its file before its frame is on the device for sure. */
  #checkApplied(path: string, bytes: Uint8Array): void {
    if (!path.endsWith("/events.jsonl")) return;
    const journals = this.#machine.disk.find(`${STORE}/.store/journal`);
    const devices = [...(journals?.entries.values() ?? [])].map((inode) => inode.device);
    let start = 0;
    const all = Buffer.from(bytes);
    for (let end = all.indexOf(10); end >= 0; end = all.indexOf(10, start)) {
      const line = all.subarray(start, end + 1);
      if (!devices.some((device) => device.bytes.subarray(0, device.size).includes(line))) {
        this.#fail(
          `a line went to ${path} before its frame was on the device: ${line.toString().slice(-110)}`,
        );
      }
      start = end + 1;
    }
  }

  async run(): Promise<void> {
    resetSerial();
    const undo = installVirtualTime(
      () => runningProcess(),
      new SeededRandom(this.#options.seed ^ 0x5eed),
      (error) => {
        if (!(error instanceof ProcessKilled)) this.#fail("an error of the engine went unheard", error);
      },
    );
    try {
      await this.#history();
      await settled();
      if (this.#failure !== undefined) throw this.#failure;
    } finally {
      undo();
      this.#machine.database.close();
    }
    this.#figures.seeds++;
    this.#figures.steps += this.#step;
    this.#figures.acknowledged += [...this.#oracle.facts.values()].filter(
      (fact) => fact.acked !== undefined,
    ).length;
  }

  async #history(): Promise<void> {
    for (; this.#step < this.#options.steps && this.#failure === undefined; this.#step++) {
      await this.#happen();
      this.#populate();
      await this.#turn();
      if (this.#powerWasLost) await this.#takeStock();
      else if (this.#random.chance(1 / this.#options.auditEvery)) await this.#look();
    }
    await this.#end();
  }

  /** Things that happen to the machine from outside. */
  async #happen(): Promise<void> {
    const random = this.#random;
    if (random.chance(1 / 250)) this.#setWeather();
    if (random.chance(1 / 900)) this.#machine.epoch_ms += jumpOf(random);
    if (random.chance(1 / 700)) {
      this.#figures.power_losses++;
      this.#machine.losePower();
    }
    if (random.chance(1 / 300)) this.#anyone()?.end();
    if (random.chance(1 / 250)) {
      const client = this.#clients.get(this.#anyone() as Process);
      if (client !== undefined) client.leaving = true;
    }
    if (this.#weather.eio > 0 && random.chance(1 / 200) && this.#machine.disk.failWriteBack()) {
      this.#figures.io_errors++;
      this.#faulty = true;
    }
    if (this.#powerWasLost) await this.#takeStock();
  }

  #setWeather(): void {
    this.#weather = weatherOf(this.#random);
    for (const fault of this.#options.without ?? []) this.#weather[fault] = 0;
  }

  #anyone(): Process | undefined {
    const { processes } = this.#machine;
    return processes[this.#random.below(Math.max(1, processes.length))];
  }

  #populate(): void {
    const { processes } = this.#machine;
    if (processes.length >= 4 || (processes.length > 0 && !this.#random.chance(0.01))) return;
    const process = new Process(this.#machine, this.#fate);
    const client = new Client(
      {
        process,
        oracle: this.#oracle,
        random: this.#random,
        options: this.#engine,
        durabilities: this.#durabilities,
        reads: this.#random.chance(0.25) ? 1 : 0.3,
        fail: (what, cause) => this.#fail(what, cause),
        excused: (error) => this.#excused(error),
      },
      this.#attempts,
    );
    this.#clients.set(process, client);
    for (const known of this.#clients.keys()) if (known.dead) this.#clients.delete(known);
    void process.run(() => client.live());
  }

  async #turn(): Promise<void> {
    const { processes } = this.#machine;
    const ready = processes.filter((process) => process.ready);
    if (ready.length === 0 || this.#random.chance(0.05))
      this.#machine.now_ms += ready.length === 0 ? this.#nextDue_ms() : 0.2;
    const process = ready[this.#random.below(ready.length)];
    if (process === undefined) await settled();
    else await process.turn();
  }

  #nextDue_ms(): number {
    const dues = this.#machine.processes
      .map((process) => process.nextDue_ms)
      .filter((due) => due !== undefined);
    return dues.length === 0 ? 1 : Math.max(0, Math.min(...dues) - this.#machine.now_ms);
  }

  readonly #fate: Fate = (process, call) => {
    const fate = this.#decide(process, call);
    const { kind, path, moment } = call;
    if (this.#options.trace === true && moment === "before")
      console.log(this.#step, process.pid, kind, path, fate ?? "");
    return fate;
  };

  readonly #decide: Fate = (process, { kind, path, moment }) => {
    this.#figures.calls++;
    const random = this.#random;
    const weather = this.#weather;
    if (!this.#probing && random.chance(0.01)) this.#probe(process);
    if (random.chance(weather.kill)) {
      this.#figures.kills++;
      return "kill";
    }
    if (random.chance(weather.power)) {
      this.#figures.power_losses++;
      return "power";
    }
    return moment === "before" ? this.#fault(kind, path) : undefined;
  };

  #fault(kind: CallKind, path: string): Fault {
    const random = this.#random;
    const { eio, full, copyOnWrite } = this.#weather;
    if (eio > 0 && FAILS.has(kind) && random.chance(kind === "read" ? eio / 20 : eio)) {
      this.#figures.io_errors++;
      this.#faulty = true;
      return "EIO";
    }
    const needsSpace = kind === "grow" || kind === "create" || kind === "makeFolder" || path === "catalog.db";
    if (full > 0 && (needsSpace || (copyOnWrite && kind === "write")) && random.chance(full)) {
      this.#figures.full_disks++;
      this.#faulty = true;
      return "ENOSPC";
    }
    return undefined;
  }

  /** Another process looks at the log in the middle of what this one does. */
  #probe(busy: Process): void {
    const others = this.#machine.processes.filter((process) => process !== busy);
    const other = others[this.#random.below(Math.max(1, others.length))];
    if (other === undefined) return;
    this.#probing = true;
    other.run(() => {
      this.#clients
        .get(other)
        ?.probe()
        .catch((error: unknown) => {
          if (!other.dead && !this.#excused(error)) this.#fail("a look at the log fails", error);
        });
    });
    this.#probing = false;
  }

  #excused(error: unknown): boolean {
    if (!this.#faulty || error instanceof IntegrityError) return false;
    if (
      error instanceof StorageError ||
      error instanceof StoreLockedError ||
      error instanceof OutcomeUnknownError
    )
      return true;
    if (error instanceof EsoError) return false;
    return (
      error instanceof Error &&
      (error.message.includes("(simulated)") || error.message.startsWith("SQLite: "))
    );
  }

  #auditParts(): AuditParts {
    return {
      machine: this.#machine,
      oracle: this.#oracle,
      random: this.#random,
      options: this.#engine,
      fail: (what, cause) => this.#fail(what, cause),
      figures: this.#figures,
    };
  }

  /** What a crash at this moment would leave. */
  async #look(): Promise<void> {
    for (let times = 1 + this.#random.below(3); times > 0 && this.#failure === undefined; times--) {
      await audit(this.#auditParts(), this.#random.chance(0.7) ? "power" : "kill");
    }
  }

  /** After a power loss: what is left, so that the oracle knows what was legally lost. */
  async #takeStock(): Promise<void> {
    this.#powerWasLost = false;
    const { end, lines } = await audit(this.#auditParts(), "as it is");
    if (this.#failure === undefined) this.#oracle.forgetFrom(end, lines);
  }

  /** Everybody leaves in good order, then nothing at all may be missing, whatever happens. */
  async #end(): Promise<void> {
    this.#weather = { ...FAIR };
    for (const client of this.#clients.values()) client.leaving = true;
    for (let turns = 0; this.#machine.processes.length > 0 && this.#failure === undefined; turns++) {
      await this.#turn();
      if (turns > 200_000) this.#fail("the processes do not come to an end");
    }
    if (this.#failure === undefined) await audit(this.#auditParts(), "kill");
    if (this.#failure === undefined) await audit(this.#auditParts(), "power");
  }
}

const FAILS: ReadonlySet<CallKind> = new Set([
  "write",
  "grow",
  "sync",
  "syncFolder",
  "truncate",
  "read",
  "rename",
]);

function engineOptions(random: SeededRandom): Partial<FilesOptions> {
  return {
    journalMaxBytes: 2048 + random.below(30_000),
    coverBytes: 1024 + random.below(10_000),
    openFilesMax: 2 + random.below(6),
    batchEventsMax: 1 + random.below(12),
    applyIntervalMs: random.below(6),
    lockTimeoutMs: 2000,
  };
}

function weatherOf(random: SeededRandom): Weather {
  const kind = random.below(8);
  const fair = { ...FAIR, copyOnWrite: random.chance(0.3) };
  if (kind < 2) return fair;
  if (kind < 4) return { ...fair, kill: 0.003 };
  if (kind < 6) return { ...fair, power: 0.001 };
  if (kind === 6) return { ...fair, eio: 0.01, kill: 0.0005, power: 0.0005 };
  return { ...fair, full: 0.3, kill: 0.0005 };
}

function jumpOf(random: SeededRandom): number {
  const kind = random.next();
  if (kind < 0.3) return -random.below(DAY_MS * 2);
  return kind < 0.6 ? random.below(DAY_MS / 2) : random.below(DAY_MS * 3);
}
