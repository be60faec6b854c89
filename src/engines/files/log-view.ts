import { IntegrityError } from "../../errors.ts";
import type { StoredEvent } from "../../event/envelope.ts";
import { followRuns } from "../../log/follow.ts";
import { leafHashOfBytes } from "../../log/leaf-hash.ts";
import { emptyHead } from "../../log/stamp.ts";
import type { Catalog, CatalogHead } from "./catalog.ts";
import type { FileEnd } from "./checkpoint.ts";
import type { EngineCore } from "./core.ts";
import { CHANGES_RUN, type FrameEvent, type FrameMode, HEADER_BYTES } from "./frame.ts";
import type { Head } from "./head-file.ts";
import { type ChainEnd, JournalFile, type JournalFrame, listJournals } from "./journal.ts";
import { dayOf, journalPath } from "./layout.ts";
import { Tail } from "./tail.ts";

/** Heads of streams that are held in memory; beyond it those that the catalogue has are let go. */
const HEADS_HELD_MAX = 200_000;

interface UnsyncedFrame {
  readonly end: number;
  readonly firstPosition: number;
  readonly mode: FrameMode;
}

/** The catalogue does not reach the journals that are left: it must be rebuilt, under the lock. */
export class CatalogLost extends IntegrityError {
  constructor() {
    super("ESO_LOG_DAMAGED", "the end of the log cannot be found: a journal is gone from .store/journal", {
      hint: "Open the store once for writing, for instance with eso log: it is put in order then.",
      details: { file: ".store/journal" },
    });
  }
}

/**
 * What one process knows of the log: the catalogue, the tail behind it, and the ends of the streams it has
 * met. Kept up by reading the frames that others wrote.
 */
export class LogView {
  readonly core: EngineCore;
  readonly catalog: Catalog;
  tail: Tail;
  #end: ChainEnd;
  readonly #heads = new Map<string, CatalogHead>();
  readonly #journals = new Map<number, JournalFile>();
  /** Frames of the present journal that are not known to be on disk. */
  #unsynced: UnsyncedFrame[] = [];
  /** Frames whose lines are not in their files yet; kept only for a process that applies. */
  #unapplied: JournalFrame[] = [];
  readonly #writes: boolean;
  /** Ends of the files that the present journal's lines went to, by file id; only if seen from its start. */
  #journalFiles: Map<number, number> | undefined;

  constructor(core: EngineCore, catalog: Catalog, writes: boolean) {
    this.core = core;
    this.catalog = catalog;
    this.#writes = writes;
    const covered = coveredOf(catalog);
    this.tail = new Tail(covered.position);
    this.#end = covered;
  }

  get end(): ChainEnd {
    return this.#end;
  }

  get position(): number {
    return this.tail.position;
  }

  /** Position of the last event that is known to be on disk, or was promised no more than page cache. */
  get visiblePosition(): number {
    const first = this.#unsynced.find((frame) => frame.mode !== "o");
    return first === undefined ? this.position : first.firstPosition - 1;
  }

  get unapplied(): readonly JournalFrame[] {
    return this.#unapplied;
  }

  /** Bytes of the present journal that the catalogue does not cover. */
  get uncoveredBytes(): number {
    const covered = this.catalog.covered;
    return this.#end.end - (covered?.journal === this.#end.journal ? covered.end : 0);
  }

  journal(): JournalFile {
    const journal = this.#journalOrGone(this.#end.journal);
    if (journal === undefined) throw new CatalogLost();
    return journal;
  }

  #journalOrGone(number: number): JournalFile | undefined {
    const held = this.#journals.get(number);
    if (held !== undefined) return held;
    const journal = JournalFile.open(this.core, number, this.#writes ? "write" : "read");
    if (journal !== undefined) this.#journals.set(number, journal);
    return journal;
  }

  /** Reads the frames that others have written since, up to `head`. */
  catchUp(head: Head): void {
    if (head.frame === this.#end.frame && head.journal === this.#end.journal) {
      this.#forgetApplied(head);
      return;
    }
    while (this.#end.journal !== head.journal) this.#finishJournal(head);
    this.#readFrames(this.journal(), head.end);
    if (this.#end.end !== head.end) throw this.#damaged(this.#end);
    this.#forgetApplied(head);
  }

  #damaged({ journal, end }: ChainEnd): IntegrityError {
    const file = journalPath(this.core.layout, journal);
    return new IntegrityError(
      "ESO_LOG_DAMAGED",
      `${file} is damaged at byte ${end}: the next frame is not what was written`,
      {
        hint: "Run eso doctor; the events before this byte are safe, and no new ones are taken.",
        details: { file, offset: end },
      },
    );
  }

  /** Reads the rest of the journal we stand in and steps into the next. */
  #finishJournal(head: Head): void {
    const journal = this.#journalOrGone(this.#end.journal);
    if (journal !== undefined) this.#readFrames(journal, journal.size());
    const next =
      journal === undefined
        ? listJournals(this.core.disk, this.core.layout)[0]
        : listJournals(this.core.disk, this.core.layout).find((number) => number > this.#end.journal);
    const start = next === undefined ? undefined : this.#journalOrGone(next)?.start();
    const follows =
      start?.frame === this.#end.frame && start.crc === this.#end.crc && start.journal <= head.journal;
    if (start === undefined || !follows) {
      this.#reload();
      return;
    }
    this.#end = { journal: start.journal, end: HEADER_BYTES, frame: start.frame, crc: start.crc };
    this.#journalFiles = undefined;
    this.#unsynced = [];
  }

  #reload(): void {
    const before = this.#end;
    this.catalog.refresh();
    const covered = coveredOf(this.catalog);
    if (covered.frame <= before.frame) {
      // A journal is begun only when the catalogue covers the one before it: nothing is left to continue from.
      throw this.#journalOrGone(before.journal) === undefined ? new CatalogLost() : this.#damaged(before);
    }
    this.restart();
  }

  /** Starts again from what the catalogue covers by now. */
  restart(): void {
    this.catalog.refresh();
    const covered = coveredOf(this.catalog);
    this.tail = new Tail(covered.position);
    this.#end = covered;
    this.#heads.clear();
    this.#unsynced = [];
    this.#unapplied = [];
    this.#journalFiles = undefined;
  }

  #readFrames(journal: JournalFile, limit: number): void {
    for (const frame of journal.frames(this.#end, limit)) this.#adopt(frame);
  }

  /** Takes in a frame that this process wrote, with the stream ends that follow it. */
  adoptOwn(frame: JournalFrame, heads: ReadonlyMap<string, CatalogHead>): void {
    for (const [stream, head] of heads) this.#heads.set(stream, head);
    this.#adopt(frame);
  }

  #adopt(frame: JournalFrame): void {
    this.tail.push(frame.events);
    this.#end = { journal: frame.journal, end: frame.end, frame: frame.header.frame, crc: frame.header.crc };
    this.#unsynced.push({
      end: frame.end,
      firstPosition: frame.header.firstPosition,
      mode: frame.header.mode,
    });
    if (this.#writes) this.#unapplied.push(frame);
  }

  /** Notes that `journal` is on disk up to `end`. */
  synced(journal: number, end: number): void {
    if (journal !== this.#end.journal) return;
    const kept = this.#unsynced.findIndex((frame) => frame.end > end);
    this.#unsynced = kept < 0 ? [] : this.#unsynced.slice(kept);
  }

  get allSynced(): boolean {
    return this.#unsynced.length === 0;
  }

  /** The unapplied frames that are on disk, and so may go to their files. */
  appliable(): JournalFrame[] {
    const limit = this.#unsynced[0]?.firstPosition ?? Number.POSITIVE_INFINITY;
    return this.#unapplied.filter((frame) => frame.header.firstPosition < limit);
  }

  applied(count: number): void {
    this.#unapplied = this.#unapplied.slice(count);
  }

  #forgetApplied(head: Head): void {
    const applied = this.#unapplied.findIndex(
      (frame) => frame.journal === head.journal && frame.end > head.applied,
    );
    this.#unapplied = applied < 0 ? [] : this.#unapplied.slice(applied);
  }

  /** The journal has been followed by a new, empty one. */
  rotated(journal: JournalFile): void {
    this.#journals.set(journal.number, journal);
    this.#end = { ...this.#end, journal: journal.number, end: HEADER_BYTES };
    this.#journalFiles = new Map();
  }

  /** The files that the present, covered journal's lines went to; undefined when this process has not seen all. */
  journalFiles(): FileEnd[] | undefined {
    if (this.#journalFiles === undefined) return undefined;
    const files: FileEnd[] = [];
    for (const [id, end] of this.#journalFiles) {
      const file = this.catalog.file(id);
      if (file === undefined) return undefined;
      files.push({ stream: file.stream, day: file.day, end });
    }
    return files;
  }

  /** The end of a stream, as of this process's end of the log. */
  headOf(stream: string): CatalogHead {
    const held = this.#heads.get(stream) ?? this.catalog.head(stream) ?? newStream(this.core.storeId, stream);
    const head = this.#follow(stream, held);
    this.#heads.set(stream, head);
    return head;
  }

  /** Brings a head up to the tail's last event of its stream. */
  #follow(stream: string, held: CatalogHead): CatalogHead {
    const last = this.tail.last(stream);
    if (last === undefined || last.sequence <= held.sequence) return held;
    const changes: FrameEvent[] = [];
    for (let event: FrameEvent | undefined = last; event !== undefined; event = event.before) {
      if (event.sequence <= held.sequence) break;
      if ((event.flags & CHANGES_RUN) !== 0) changes.push(event);
    }
    let { runs } = held;
    for (const event of changes.reverse()) runs = followRuns(runs, this.eventAt(event));
    return {
      sequence: last.sequence,
      hash: last.leafHash ?? leafHashOfBytes(this.lineOf(last)),
      runs,
      day: dayOf(last.recordedMs),
      fileEnd: last.fileOffset + last.length + 1,
      lastPosition: last.position,
      recordedMs: last.recordedMs,
    };
  }

  /** A tail event's line, without LF, from its journal. */
  lineOf(event: FrameEvent): Buffer {
    const journal = this.#journalOrGone(event.journal);
    if (journal === undefined) throw new CatalogLost();
    return journal.readAt(event.lineAt, event.length);
  }

  eventAt(event: FrameEvent): StoredEvent {
    return JSON.parse(this.lineOf(event).toString()) as StoredEvent;
  }

  /** Brings the catalogue up to this process's end of the log, which must be on disk and applied. */
  cover(): void {
    const heads = new Map<string, CatalogHead>();
    for (const stream of this.tail.streams()) heads.set(stream, this.headOf(stream));
    const ends = this.catalog.cover(this.tail.events, heads, { ...this.#end, position: this.position });
    if (ends === undefined) this.#journalFiles = undefined;
    else for (const [file, end] of ends) this.#journalFiles?.set(file, end);
    this.tail.covered();
    if (this.#heads.size > HEADS_HELD_MAX) this.#heads.clear();
    for (const [number, journal] of this.#journals) {
      if (number === this.#end.journal) continue;
      journal.close();
      this.#journals.delete(number);
    }
  }

  close(): void {
    for (const journal of this.#journals.values()) journal.close();
    this.#journals.clear();
    this.catalog.close();
  }
}

function coveredOf(catalog: Catalog): ChainEnd & { position: number } {
  if (catalog.covered === undefined) throw new CatalogLost();
  return catalog.covered;
}

/** The end of a stream that has no events. */
export function newStream(storeId: string, stream: string): CatalogHead {
  return { ...emptyHead(storeId, stream), day: "", fileEnd: 0, lastPosition: 0, recordedMs: 0 };
}
