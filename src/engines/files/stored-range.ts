import { IntegrityError } from "../../errors.ts";
import type { StoredEvent } from "../../event/envelope.ts";
import type { RangeLine } from "../../log/companions.ts";
import { damagedLine } from "../../log/damaged-line.ts";
import { leafHashOfBytes } from "../../log/leaf-hash.ts";
import type { PartitionFile } from "./catalog.ts";
import { systemCode } from "./disk.ts";
import type { FrameEvent } from "./frame.ts";
import { positionOf, prevHashOf, sequenceOf, typeOf } from "./line-fields.ts";
import type { LineReader } from "./line-reader.ts";
import type { LogView } from "./log-view.ts";
import { scanLinesBackwards } from "./partition-scan.ts";
import type { Partitions } from "./partitions.ts";

/** Read at once for each line that is wanted; most are shorter. */
const LINE_BYTES = 1_024;
const CHUNK_BYTES_MAX = 1024 * 1024;

/** A stream being read from its end: the sequence that comes next, and the hash that its line must have. */
interface Walk {
  readonly stream: string;
  readonly from: number;
  /** Newest first. */
  readonly lines: RangeLine[];
  sequence: number;
  /** Undefined where only the line behind it says. */
  hash: string | undefined;
}

/**
 * The last lines of a stream as it is stored, for what is made of them under the lock. Lines that this process
 * wrote lately are remembered; the others are read, and each must have the hash that the line behind it gives.
 */
export class StoredRange {
  readonly #view: LogView;
  readonly #partitions: Partitions;
  readonly #lines: LineReader;

  constructor(view: LogView, partitions: Partitions, lines: LineReader) {
    this.#view = view;
    this.#partitions = partitions;
    this.#lines = lines;
  }

  /**
   * The lines from sequence `from` to the stream's end, in order.
   * @throws IntegrityError when one of them is damaged or cannot be read.
   */
  read(stream: string, from: number): RangeLine[] {
    const { sequence, hash } = this.#view.headOf(stream);
    const walk: Walk = { stream, from, lines: [], sequence, hash };
    const { tail } = this.#view;
    return readable(() => {
      this.#fromMemory(walk, tail.last(stream));
      this.#fromMemory(walk, tail.lastBefore(stream));
      if (walk.sequence >= from) this.#fromFiles(walk);
      if (walk.sequence >= from) throw damaged(walk);
      return walk.lines.reverse();
    });
  }

  #fromMemory(walk: Walk, last: FrameEvent | undefined): void {
    for (let event = last; event !== undefined && walk.sequence >= walk.from; event = event.before) {
      if (event.sequence !== walk.sequence) return;
      const { position, type, leafHash } = event;
      const read = (): StoredEvent => readable(() => parsed(this.#lineAt(position)));
      if (type === undefined || leafHash === undefined) take(walk, this.#lineAt(position), read);
      else put(walk, { event_type: type, leaf_hash: leafHash, read }, event.before?.leafHash);
    }
  }

  #lineAt(position: number): Buffer {
    const [line] = this.#lines.at([position]);
    return Buffer.from(line?.bytes ?? []);
  }

  #fromFiles(walk: Walk): void {
    const { catalog } = this.#view;
    for (const file of catalog.filesOf(walk.stream).reverse()) {
      if (walk.sequence < walk.from) return;
      if (file.firstSequence <= walk.sequence) this.#fromFile(walk, file);
    }
  }

  #fromFile(walk: Walk, partition: PartitionFile): void {
    const { disk } = this.#view.core;
    const { file } = this.#partitions.openForReading(partition.stream, partition.day);
    try {
      const to = this.#endOf(partition) ?? disk.size(file);
      const chunkBytes = Math.min((walk.sequence - walk.from + 1) * LINE_BYTES, CHUNK_BYTES_MAX);
      const first = Math.max(walk.from, partition.firstSequence);
      for (const lines of scanLinesBackwards(disk, file, { from: 0, to, chunkBytes }))
        if (takeLines(walk, lines, first)) return;
    } finally {
      disk.close(file);
    }
  }

  /** Where the covered lines of a stream's last file end; an earlier day's file ends with its last line. */
  #endOf({ stream, day }: PartitionFile): number | undefined {
    const head = this.#view.catalog.head(stream);
    return head?.day === day ? head.fileEnd : undefined;
  }
}

/** A line that has been read, if it is what was written. */
function take(walk: Walk, line: Buffer, read: () => StoredEvent): void {
  const whole = positionOf(line) !== undefined && sequenceOf(line) === walk.sequence;
  if (!whole) throw damaged(walk);
  put(walk, { event_type: typeOf(line), leaf_hash: leafHashOfBytes(line), read }, prevHashOf(line));
}

function put(walk: Walk, line: Omit<RangeLine, "sequence">, before: string | undefined): void {
  const hash = walk.hash ?? walk.lines.at(-1)?.read().prev_hash;
  if (line.leaf_hash !== hash) throw damaged(walk);
  walk.lines.push({ sequence: walk.sequence, ...line });
  walk.sequence--;
  walk.hash = before;
}

/** A line that the disk does not give is as good as damaged to whoever wants to sum it up. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (systemCode(error) === undefined && !(error instanceof SyntaxError)) throw error;
    throw new IntegrityError("ESO_LOG_DAMAGED", "a line of the range cannot be read", { cause: error });
  }
}

function parsed(line: Buffer): StoredEvent {
  return JSON.parse(line.toString()) as StoredEvent;
}

function damaged({ stream, sequence }: Walk): IntegrityError {
  return damagedLine({ stream, sequence, position: 0, bytes: new Uint8Array() });
}

/** Takes lines until the one before `first`; true when it has come there. */
function takeLines(walk: Walk, lines: readonly { readonly bytes: Buffer }[], first: number): boolean {
  for (const { bytes } of lines) {
    // What was covered meanwhile by another process stands in memory too, and has been taken.
    if ((sequenceOf(bytes) ?? 0) > walk.sequence) continue;
    take(walk, bytes, () => readable(() => parsed(bytes)));
    if (walk.sequence < first) return true;
  }
  return false;
}
