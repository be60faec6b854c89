import { join } from "node:path";

import { type Disk, systemCode } from "./disk.ts";

/** One id or natural key: its hash and the position of the event that took it. */
export interface IdEntry {
  readonly hash: number;
  readonly position: number;
}

/** A sorted, immutable file of id hashes for the positions `from`..`to`. */
interface Run {
  readonly level: number;
  readonly from: number;
  readonly to: number;
  readonly path: string;
  readonly count: number;
  readonly file: number;
  /** The whole run, once it was searched and is small enough to be held. */
  held?: Float64Array;
}

const ENTRY_BYTES = 16;
/** This many runs of one level are merged into one of the next. */
const FAN = 8;
const WINDOW_ENTRIES = 512;
/** Runs of up to this many entries are held in memory once they are searched: 2 MiB each, at most `FAN` a level. */
const HELD_ENTRIES_MAX = 131_072;
const HASH_SPACE = 2 ** 53;
const NAME = /^(\d+)-(\d+)-(\d+)$/;
/** Runs, and those that a killed process left half written. */
const OWN = /^\d+-\d+-\d+(\.\d+\.tmp)?$/;

/**
 * Every id ever taken, for ever: runs sorted by hash, merged as they grow in number, so that filling costs
 * sequential writes and a look-up a few reads. Derived from the log; rebuilt when lost.
 */
export class IdRuns {
  readonly #disk: Disk;
  readonly #folder: string;
  #runs: Run[] = [];

  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
    this.refresh();
  }

  /** The last position up to which every id is here; 0 when nothing is, or when a run is missing. */
  get covered(): number {
    let covered = 0;
    for (const run of this.#runs) {
      // Runs overlap where a process was killed between adding, or merging, a run and covering the catalogue.
      if (run.from > covered + 1) return 0;
      covered = Math.max(covered, run.to);
    }
    return covered;
  }

  get bytes(): number {
    return this.#runs.reduce((sum, run) => sum + run.count * ENTRY_BYTES, 0);
  }

  /** Takes note of what other processes added or merged. */
  refresh(): void {
    for (let names = this.#names(); ;) {
      const whole = this.#adopt(names);
      const again = whole ? names : this.#names();
      // A list made while another process merged may lack both the runs it merged and their successor.
      if (again.join() === names.join()) return;
      names = again;
    }
  }

  #names(): string[] {
    return this.#disk.list(this.#folder).filter((name) => NAME.test(name));
  }

  /** Opens the runs of these names; false when one is gone, or the runs leave a gap. */
  #adopt(names: readonly string[]): boolean {
    const found = names.map((name) => ({
      name,
      ranges: NAME.exec(name)?.slice(1).map(Number) as [number, number, number],
    }));
    // A merge leaves its inputs behind when it is killed; the widest run of a start wins.
    found.sort((a, b) => a.ranges[1] - b.ranges[1] || b.ranges[2] - a.ranges[2]);
    const held = new Map(this.#runs.map((run) => [run.path, run]));
    const runs: Run[] = [];
    let gone = false;
    for (const { name, ranges } of found) {
      const [level, from, to] = ranges;
      if (to <= (runs.at(-1)?.to ?? 0)) continue;
      const path = join(this.#folder, name);
      const run = held.get(path) ?? this.#openIfThere(path, { level, from, to });
      gone ||= run === undefined;
      if (run !== undefined) runs.push(run);
      held.delete(path);
    }
    this.#runs = runs;
    for (const unused of held.values()) this.#disk.close(unused.file);
    return !gone && (runs.length === 0 || this.covered > 0);
  }

  #openIfThere(path: string, range: Pick<Run, "level" | "from" | "to">): Run | undefined {
    try {
      return this.#open(path, range);
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  #open(path: string, range: Pick<Run, "level" | "from" | "to">): Run {
    const file = this.#disk.open(path, "read");
    return { ...range, path, file, count: Math.floor(this.#disk.size(file) / ENTRY_BYTES) };
  }

  /** The positions that may hold an id with this hash, oldest first; each must be confirmed by its line. */
  find(hash: number): number[] {
    return this.#runs.flatMap((run) => this.#findIn(run, hash));
  }

  #findIn(run: Run, hash: number): number[] {
    if (run.count <= HELD_ENTRIES_MAX) return findHeld((run.held ??= this.#read(run, 0, run.count)), hash);
    let low = 0;
    let high = run.count;
    // Hashes spread evenly, so the first guess is nearly right; halving takes over where it is not.
    let guess = Math.floor((hash / HASH_SPACE) * run.count) - WINDOW_ENTRIES / 2;
    while (low < high) {
      const at = Math.max(low, Math.min(guess, high - WINDOW_ENTRIES));
      const window = this.#read(run, at, Math.min(WINDOW_ENTRIES, run.count - at));
      const first = window[0];
      const last = window[window.length - 2];
      if (first === undefined || last === undefined) return [];
      if (hash < first) high = at;
      else if (hash > last) low = at + window.length / 2;
      else return this.#collect(run, at, hash);
      guess = Math.floor((low + high - WINDOW_ENTRIES) / 2);
    }
    return [];
  }

  #collect(run: Run, windowAt: number, hash: number): number[] {
    const positions: number[] = [];
    let at = windowAt;
    for (;;) {
      const window = this.#read(run, at, Math.min(WINDOW_ENTRIES, run.count - at));
      for (let index = 0; index < window.length; index += 2) {
        if (window[index] === hash) positions.push(window[index + 1] as number);
      }
      at += WINDOW_ENTRIES;
      if (at >= run.count || window[window.length - 2] !== hash) break;
    }
    // Equal hashes may begin before the window; hostile ids only, so a plain walk back is enough.
    for (let before = windowAt - 1; before >= 0; before--) {
      const [candidate, position] = this.#read(run, before, 1);
      if (candidate !== hash) break;
      positions.push(position as number);
    }
    return positions.sort((a, b) => a - b);
  }

  /** Pairs of hash and position. */
  #read(run: Run, at: number, count: number): Float64Array {
    const pairs = new Float64Array(count * 2);
    this.#disk.read(run.file, new Uint8Array(pairs.buffer), at * ENTRY_BYTES);
    return pairs;
  }

  /** Adds the ids of the positions `from`..`to`, which must follow what is covered. */
  add(from: number, to: number, entries: IdEntry[]): void {
    entries.sort((a, b) => a.hash - b.hash || a.position - b.position);
    const pairs = new Float64Array(entries.length * 2);
    entries.forEach((entry, index) => pairs.set([entry.hash, entry.position], index * 2));
    const writer = new RunWriter(this.#disk, join(this.#folder, `0-${from}-${to}`));
    writer.push(pairs);
    this.#runs.push(this.#open(writer.finish(), { level: 0, from, to }));
    this.#mergeFullLevels();
    this.#disk.syncFolder(this.#folder);
  }

  #mergeFullLevels(): void {
    for (;;) {
      const level = this.#runs.at(-1)?.level ?? 0;
      const full = this.#runs.slice(-FAN);
      if (full.length < FAN || full.some((run) => run.level !== level)) return;
      this.#merge(full, level + 1);
    }
  }

  #merge(inputs: readonly Run[], level: number): void {
    const from = (inputs[0] as Run).from;
    const to = (inputs.at(-1) as Run).to;
    const writer = new RunWriter(this.#disk, join(this.#folder, `${level}-${from}-${to}`));
    const sources = inputs.map((run) => new RunSource(run.count, (at, count) => this.#read(run, at, count)));
    for (let next = smallest(sources); next !== undefined; next = smallest(sources))
      writer.pushOne(next.take());
    const merged = this.#open(writer.finish(), { level, from, to });
    this.#disk.syncFolder(this.#folder);
    this.#runs = [...this.#runs.slice(0, -inputs.length), merged];
    for (const run of inputs) {
      this.#disk.close(run.file);
      this.#disk.remove(run.path);
    }
  }

  clear(): void {
    this.close();
    for (const name of this.#disk.list(this.#folder)) {
      if (OWN.test(name)) this.#disk.remove(join(this.#folder, name));
    }
  }

  close(): void {
    for (const run of this.#runs) this.#disk.close(run.file);
    this.#runs = [];
  }
}

/** The positions of a hash in sorted pairs. */
function findHeld(pairs: Float64Array, hash: number): number[] {
  let low = 0;
  let high = pairs.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pairs[middle * 2] as number) < hash) low = middle + 1;
    else high = middle;
  }
  const positions: number[] = [];
  for (; pairs[low * 2] === hash; low++) positions.push(pairs[low * 2 + 1] as number);
  return positions;
}

function smallest(sources: readonly RunSource[]): RunSource | undefined {
  let least: RunSource | undefined;
  for (const source of sources) {
    if (source.hash !== undefined && (least?.hash === undefined || source.hash < least.hash)) least = source;
  }
  return least;
}

/** Walks a run in order, a window at a time. */
class RunSource {
  readonly #count: number;
  readonly #read: (at: number, count: number) => Float64Array;
  #window: Float64Array = new Float64Array();
  #inWindow = 0;
  #next = 0;

  constructor(count: number, read: (at: number, count: number) => Float64Array) {
    this.#count = count;
    this.#read = read;
    this.#fill();
  }

  get hash(): number | undefined {
    return this.#window[this.#inWindow];
  }

  take(): [number, number] {
    const pair: [number, number] = [
      this.#window[this.#inWindow] as number,
      this.#window[this.#inWindow + 1] as number,
    ];
    this.#inWindow += 2;
    if (this.#inWindow >= this.#window.length) this.#fill();
    return pair;
  }

  #fill(): void {
    const count = Math.min(WINDOW_ENTRIES * 8, this.#count - this.#next);
    this.#window = this.#read(this.#next, Math.max(0, count));
    this.#next += count;
    this.#inWindow = 0;
  }
}

/** Writes a run under a temporary name and gives it its own once it is on disk. */
class RunWriter {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: number;
  readonly #buffer = new Float64Array(WINDOW_ENTRIES * 16);
  #held = 0;
  #written = 0;

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
    this.#temporary = `${path}.${process.pid}.tmp`;
    this.#file = disk.open(this.#temporary, "create");
    disk.truncate(this.#file, 0);
  }

  pushOne(pair: readonly [number, number]): void {
    this.#buffer[this.#held++] = pair[0];
    this.#buffer[this.#held++] = pair[1];
    if (this.#held < this.#buffer.length) return;
    this.push(this.#buffer);
    this.#held = 0;
  }

  push(pairs: Float64Array): void {
    const bytes = new Uint8Array(pairs.buffer, pairs.byteOffset, pairs.byteLength);
    this.#disk.write(this.#file, bytes, this.#written);
    this.#written += bytes.length;
  }

  finish(): string {
    this.push(this.#buffer.subarray(0, this.#held));
    this.#disk.sync(this.#file);
    this.#disk.close(this.#file);
    this.#disk.rename(this.#temporary, this.#path);
    return this.#path;
  }
}
