import { join } from "node:path";

import { IntegrityError } from "../../errors.ts";
import {
  type ReplayEntry,
  type ReplayJournal,
  type ReplayJournals,
  replayTaken,
} from "../../log/replay-journal.ts";
import { type Disk, nodeDisk, storageError } from "./disk.ts";
import { layoutOf } from "./layout.ts";
import { openStoreLock, type StoreLock } from "./store-lock.ts";
import { readWhole } from "./write-atomic.ts";

const ENDING = ".jsonl";
const LF = 0x0a;

/** What the journals stand on; a simulator may stand in. */
export interface ReplayPorts {
  readonly disk: Disk;
  readonly openLock: (path: string) => Promise<StoreLock>;
}

const REAL: ReplayPorts = { disk: nodeDisk, openLock: openStoreLock };

/**
 * Journals of replays as files in `.store/replays`, one entry a line, only ever appended to. While a process works
 * on one, the kernel's lock on the file beside it keeps others out; a process that dies lets go of it.
 */
export function fileReplays(base: string, ports: Partial<ReplayPorts> = {}): ReplayJournals {
  const { disk, openLock } = { ...REAL, ...ports };
  const folder = join(layoutOf(base).room, "replays");
  const pathOf = (replayId: string): string => join(folder, `${replayId}${ENDING}`);
  const hold = async (replayId: string): Promise<StoreLock> => {
    // Also when it is there already: whoever made it may have died before its name was safe.
    disk.makeFolder(folder);
    disk.syncFolder(layoutOf(base).room);
    return held(await openLock(join(folder, `${replayId}.lock`)), replayId);
  };
  return {
    async create(replayId) {
      const lock = await hold(replayId);
      const path = pathOf(replayId);
      if (disk.kind(path) !== undefined) {
        letGo(lock);
        throw replayTaken(replayId, "is there already");
      }
      try {
        const file = disk.open(path, "create");
        disk.syncFolder(folder);
        return new FileJournal(disk, { path, file, size: 0, lock, found: [] });
      } catch (error) {
        letGo(lock);
        throw storageError(error, path);
      }
    },
    async open(replayId) {
      const path = pathOf(replayId);
      if (disk.kind(folder) === undefined || disk.kind(path) === undefined) return undefined;
      const lock = await hold(replayId);
      try {
        const bytes = readWhole(disk, path) ?? Buffer.alloc(0);
        const { found, size } = entriesIn(bytes, path);
        const file = disk.open(path, "write");
        // After a failed flush the page cache may hold what the disk does not, and would not be flushed again.
        disk.write(file, bytes.subarray(0, size), 0);
        disk.truncate(file, size);
        disk.sync(file);
        disk.syncFolder(folder);
        return new FileJournal(disk, { path, file, size, lock, found });
      } catch (error) {
        letGo(lock);
        throw storageError(error, path);
      }
    },
    read(replayId) {
      const path = pathOf(replayId);
      const bytes = disk.kind(folder) === undefined ? undefined : readWhole(disk, path);
      return bytes === undefined ? undefined : entriesIn(bytes, path).found;
    },
    list() {
      const names = disk.kind(folder) === undefined ? [] : disk.list(folder);
      const journals = names.filter((name) => name.endsWith(ENDING));
      return journals.map((name) => name.slice(0, -ENDING.length)).sort();
    },
  };
}

interface JournalFile {
  readonly path: string;
  readonly file: number;
  readonly size: number;
  readonly lock: StoreLock;
  readonly found: readonly ReplayEntry[];
}

class FileJournal implements ReplayJournal {
  readonly found: readonly ReplayEntry[];
  readonly #disk: Disk;
  readonly #path: string;
  readonly #file: number;
  readonly #lock: StoreLock;
  #size: number;
  #closed = false;

  constructor(disk: Disk, parts: JournalFile) {
    this.#disk = disk;
    this.#path = parts.path;
    this.#file = parts.file;
    this.#size = parts.size;
    this.#lock = parts.lock;
    this.found = parts.found;
  }

  async append(entry: ReplayEntry): Promise<void> {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    try {
      this.#disk.write(this.#file, line, this.#size);
      this.#size += line.length;
      await this.#disk.syncAsync(this.#file);
    } catch (error) {
      throw storageError(error, this.#path);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#disk.close(this.#file);
    letGo(this.#lock);
  }
}

function held(lock: StoreLock, replayId: string): StoreLock {
  if (lock.tryAcquire()) return lock;
  lock.close();
  throw replayTaken(replayId, "is being worked on by another process right now");
}

function letGo(lock: StoreLock): void {
  lock.release();
  lock.close();
}

/** The whole entries, and where they end. What a dying process left behind the last one is not an entry. */
function entriesIn(bytes: Buffer, path: string): { found: ReplayEntry[]; size: number } {
  const found: ReplayEntry[] = [];
  let [start, line] = [0, 1];
  for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
    const entry = entryIn(bytes.toString("utf8", start, end));
    const isLast = bytes.indexOf(LF, end + 1) === -1;
    if (entry === undefined && isLast) break;
    if (entry === undefined) throw damaged(path, line, start);
    found.push(entry);
    start = end + 1;
    line++;
  }
  return { found, size: start };
}

function entryIn(text: string): ReplayEntry | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "kind" in value
      ? (value as ReplayEntry)
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function damaged(file: string, line: number, offset: number): IntegrityError {
  return new IntegrityError("ESO_LOG_DAMAGED", `${file}:${line} is not an entry of a replay's journal`, {
    hint: "What this replay did is no longer known for sure: look outside what was done, then begin a new replay behind it.",
    details: { file, line, offset },
  });
}
