import type { StoredEvent } from "../../event/envelope.ts";
import { GIVEN_UNKNOWN } from "../../log/duplicate.ts";
import { followRuns } from "../../log/follow.ts";
import { PrunedError } from "../../errors.ts";
import { leafHash } from "../../log/leaf-hash.ts";
import { prunedInput } from "../../log/pruned-fact.ts";
import type { Catalog, CatalogHead, CoveredPoint } from "./catalog.ts";
import type { EngineCore } from "./core.ts";
import { idHash, keyHash } from "./id-hash.ts";
import type { IdEntry } from "./id-runs.ts";
import type { ChainEnd } from "./journal.ts";
import { newStream } from "./log-view.ts";
import type { OrderEntry, OrderFile } from "./order-file.ts";
import { prunedLines } from "./pruned-file.ts";
import { findPartitions, type FoundPartition, type ScannedLine, scanLines } from "./partition-scan.ts";

const BLOCK_ENTRIES = 8192;
const BLOCKS_HELD_MAX = 256;

/** A line that is whole but not what the store writes; reads of it fail until it is brought back. */
export interface DamagedLine {
  readonly path: string;
  readonly offset: number;
}

/** Where the rebuilt part ends. */
export interface RebuildEnd extends ChainEnd {
  /** Lines of later positions are left to the journal. */
  readonly upTo?: number;
}

export interface RebuildResult {
  /** Greatest position found. */
  readonly position: number;
  readonly recordedMs: number;
  readonly damaged: readonly DamagedLine[];
}

/**
 * Makes the catalogue anew from the streams' files, which must hold everything up to `end` (the journal
 * applied). Reads each file once; holds a bounded part of the order in memory.
 */
export function rebuildCatalog(core: EngineCore, catalog: Catalog, end: RebuildEnd): RebuildResult {
  let result: RebuildResult = { position: 0, recordedMs: 0, damaged: [] };
  const { upTo = Number.POSITIVE_INFINITY, ...chainEnd } = end;
  catalog.rebuild((putHead) => {
    const work = new Rebuild(core, catalog, upTo);
    for (const partition of findPartitions(core.disk, core.layout)) work.scan(partition);
    for (const [stream, head] of work.heads) putHead(stream, head);
    result = work.finish();
    return { ...chainEnd, position: result.position } satisfies CoveredPoint;
  });
  return result;
}

class Rebuild {
  readonly heads = new Map<string, CatalogHead>();
  readonly #core: EngineCore;
  readonly #catalog: Catalog;
  readonly #order: ScatteredOrder;
  readonly #ids: IdEntry[] = [];
  readonly #damaged: DamagedLine[] = [];
  readonly #upTo: number;
  #position = 0;
  #recordedMs = 0;

  constructor(core: EngineCore, catalog: Catalog, upTo: number) {
    this.#core = core;
    this.#upTo = upTo;
    this.#catalog = catalog;
    this.#order = new ScatteredOrder(catalog.order);
  }

  scan(partition: FoundPartition): void {
    const { disk } = this.#core;
    const file = disk.open(partition.path, "read");
    try {
      for (const lines of scanLines(disk, file, { from: 0, to: disk.size(file) })) {
        for (const line of lines) this.#line(partition, line);
      }
    } catch (error) {
      if (!(error instanceof PrunedError)) throw error;
      this.#pruned(partition);
    } finally {
      disk.close(file);
    }
  }

  /** Places, ids and keys of what was pruned are kept for ever: positions stay dense, and facts known. */
  #pruned(partition: FoundPartition): void {
    const { disk, layout } = this.#core;
    let offset = 0;
    for (const { pruned, ...line } of prunedLines(disk, layout, partition)) {
      const event = JSON.parse(line.bytes.toString()) as StoredEvent;
      this.#place(partition, event, { offset, length: pruned.bytes, hash: pruned.leaf });
      offset += pruned.bytes + 1;
    }
  }

  #line(partition: FoundPartition, line: ScannedLine): void {
    const text = line.bytes.toString();
    const event = parseStored(text);
    if (event === undefined || (event.issue_key ?? "global") !== partition.stream) {
      this.#damaged.push({ path: partition.path, offset: line.offset });
      return;
    }
    this.#place(partition, event, { offset: line.offset, length: line.bytes.length, hash: leafHash(text) });
  }

  #place(
    partition: FoundPartition,
    event: StoredEvent,
    { offset, length, hash }: { offset: number; length: number; hash: string },
  ): void {
    if (event.position > this.#upTo) return;
    const head = this.heads.get(partition.stream) ?? newStream(this.#core.storeId, partition.stream);
    const recordedMs = Date.parse(event.recorded_at);
    const fileId = this.#catalog.fileId({
      stream: partition.stream,
      day: partition.day,
      firstSequence: event.event_sequence,
      firstPosition: event.position,
    });
    this.#order.put(event.position, {
      fileId,
      length,
      flags: GIVEN_UNKNOWN,
      fileOffset: offset,
      recordedMs,
      sequence: event.event_sequence,
    });
    this.#ids.push({ hash: idHash(event.event_id), position: event.position });
    if (event.idempotency_key !== undefined) {
      this.#ids.push({ hash: keyHash(event.idempotency_key), position: event.position });
    }
    this.heads.set(partition.stream, {
      sequence: event.event_sequence,
      hash,
      runs: prunedInput(event) === undefined ? followRuns(head.runs, event) : head.runs,
      day: partition.day,
      fileEnd: offset + length + 1,
      lastPosition: event.position,
      recordedMs,
    });
    this.#position = Math.max(this.#position, event.position);
    this.#recordedMs = Math.max(this.#recordedMs, recordedMs);
  }

  finish(): RebuildResult {
    this.#order.flush();
    if (this.#position > 0) this.#catalog.ids.add(1, this.#position, this.#ids);
    return { position: this.#position, recordedMs: this.#recordedMs, damaged: this.#damaged };
  }
}

function parseStored(text: string): StoredEvent | undefined {
  try {
    const event = JSON.parse(text) as Partial<StoredEvent>;
    const whole =
      typeof event.event_id === "string" &&
      Number.isSafeInteger(event.event_sequence) &&
      Number.isSafeInteger(event.position) &&
      typeof event.recorded_at === "string" &&
      typeof event.prev_hash === "string";
    return whole ? (event as StoredEvent) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Writes order entries that arrive stream by stream, a block of positions at a time. */
class ScatteredOrder {
  readonly #order: OrderFile;
  readonly #blocks = new Map<number, OrderEntry[]>();

  constructor(order: OrderFile) {
    this.#order = order;
  }

  put(position: number, entry: OrderEntry): void {
    const number = Math.floor((position - 1) / BLOCK_ENTRIES);
    let block = this.#blocks.get(number);
    if (block === undefined) {
      if (this.#blocks.size >= BLOCKS_HELD_MAX) this.flush();
      block = this.#order.read(number * BLOCK_ENTRIES + 1, BLOCK_ENTRIES);
      this.#blocks.set(number, block);
    }
    block[(position - 1) % BLOCK_ENTRIES] = entry;
  }

  flush(): void {
    for (const [number, block] of this.#blocks) {
      this.#order.write(
        number * BLOCK_ENTRIES + 1,
        Array.from(block, (entry) => entry ?? UNREADABLE),
      );
    }
    this.#blocks.clear();
  }
}

/** Stands for a position whose line could not be read. */
const UNREADABLE: OrderEntry = { fileId: 0, length: 0, flags: 0, fileOffset: 0, recordedMs: 0, sequence: 0 };
