import { randomUUID } from "node:crypto";

import { GLOBAL_STREAM, type JsonObject } from "../../event/envelope.ts";
import { IntegrityError } from "../../errors.ts";
import type { AppendRequest, Placement } from "../../log/event-log.ts";
import { storeEvent } from "../../log/store-event.ts";
import type { Catalog } from "./catalog.ts";
import { rebuildCatalog } from "./catalog-rebuild.ts";
import { checkpointJournal, type FileEnd } from "./checkpoint.ts";
import { closeDays, unclosedDays } from "./closed-days.ts";
import type { EngineCore } from "./core.ts";
import { DerivedFiles } from "./derived-files.ts";
import { systemCode } from "./disk.ts";
import { HEADER_BYTES } from "./frame.ts";
import { type Head, readHead, readSynced, writeHead } from "./head-file.ts";
import { type ChainEnd, JournalFile, listJournals } from "./journal.ts";
import { journalPath } from "./layout.ts";
import { LineReader } from "./line-reader.ts";
import { LogView } from "./log-view.ts";
import type { Partitions } from "./partitions.ts";
import { journalDamaged, recoverFiles, type RecoveryOptions, type RecoveryReport } from "./recovery.ts";
import { acquire } from "./store-lock.ts";
import { type StoreFile, writeStoreFile } from "./store-file.ts";
import { StoredRange } from "./stored-range.ts";
import { StreamCheck } from "./stream-check.ts";
import type { RecoveryReason } from "./writer-parts.ts";
import { Writer } from "./writer.ts";

/** A process that leaves covers the catalogue when it lacks more than this, so that the next opens fast. */
const COVER_AT_CLOSE_BYTES = 1024 * 1024;
/** Journalled bytes that may wait for their files; beyond it appends wait. */
const UNAPPLIED_FRAMES_MAX = 4096;

/** Stands for a head that is not there, to say that the store is suspect. */
const NO_HEAD: Head = {
  journal: 0,
  end: HEADER_BYTES,
  frame: 0,
  frameCrc: 0,
  applied: HEADER_BYTES,
  position: 0,
  recordedMs: 0,
  boot: 0,
  inode: 0,
  suspect: true,
};

export interface WriteSideParts {
  readonly core: EngineCore;
  readonly store: StoreFile;
  readonly catalog: Catalog;
  readonly partitions: Partitions;
  readonly grown: () => void;
}

/** Everything that writes: the writer, recovery, and the upkeep that follows the appends. */
export class WriteSide {
  readonly #parts: WriteSideParts;
  readonly #core: EngineCore;
  readonly #headFile: number;
  readonly #derived: DerivedFiles;
  #store: StoreFile;
  #view: LogView | undefined;
  #writer: Writer | undefined;
  #checkpointing: Promise<void> = Promise.resolve();
  #checkpointFailure: unknown;
  /** A file was found damaged, and recovery has had its turn. */
  #mended = false;
  readonly #session = randomUUID();

  constructor(parts: WriteSideParts) {
    this.#parts = parts;
    this.#core = parts.core;
    this.#store = parts.store;
    this.#headFile = parts.core.disk.open(parts.core.layout.headFile, "create");
    this.#derived = new DerivedFiles(parts.core, parts.partitions);
  }

  get fenced(): boolean {
    return this.#writer?.fenced ?? false;
  }

  async putRight(): Promise<void> {
    await this.#ready().drain();
  }

  /** A flush failed: nothing is promised until the store has been recovered. */
  async distrust(cause: unknown): Promise<void> {
    await this.#writer?.fence([], cause);
  }

  async start(): Promise<{ view: LogView; incarnation: string }> {
    const { lock, options } = this.#core;
    const head = readHead(this.#core.disk, this.#headFile);
    if (!this.#trusts(head) || this.#parts.catalog.covered === undefined) {
      await acquire(lock, options.lockTimeoutMs);
      try {
        this.#putInOrder("stale");
      } finally {
        lock.release();
      }
    }
    this.#view ??= new LogView(this.#core, this.#parts.catalog, true);
    const view = this.#view;
    this.#writer = this.#makeWriter(view);
    const present = readHead(this.#core.disk, this.#headFile)?.journal ?? 0;
    if (this.#oldestJournal() < present) this.#checkpoint(present - 1);
    this.#reportRecovery();
    return { view, incarnation: this.#store.incarnation };
  }

  /** Whether the head was written on this boot, for this very file, and no flush has failed since. */
  #trusts(head: Head | undefined): head is Head {
    if (head === undefined || head.suspect || head.boot !== this.#core.boot) return false;
    const { disk, layout } = this.#core;
    // An older head that somebody put back would have acknowledged frames overwritten.
    if (head.frame < (this.#parts.catalog.covered?.frame ?? 0)) return false;
    return (
      head.inode === disk.inode(this.#headFile) && disk.kind(journalPath(layout, head.journal)) === "file"
    );
  }

  #makeWriter(view: LogView): Writer {
    const { partitions } = this.#parts;
    const check = new StreamCheck(view, partitions, (fragment) => this.#recovered.push(fragment));
    const lines = new LineReader(view, partitions);
    return new Writer({
      core: this.#core,
      view,
      partitions,
      lines,
      range: new StoredRange(view, partitions, lines),
      headFile: this.#headFile,
      recover: (reason) => this.#putInOrder(reason),
      checkStream: (stream) => check.check(stream),
      maintain: () => this.#maintain(),
      grown: this.#parts.grown,
    });
  }

  readonly #recovered: JsonObject[] = [];

  /** Under the lock: recovers journal, files, head and catalogue. */
  #putInOrder(reason: RecoveryReason): void {
    const { disk, layout } = this.#core;
    this.#parts.catalog.refresh();
    const before = readHead(disk, this.#headFile);
    const force = reason === "suspect" || before?.suspect === true;
    const copied = before !== undefined && before.inode !== 0 && before.inode !== disk.inode(this.#headFile);
    if (reason === "stale" && this.#trusts(before) && this.#parts.catalog.covered !== undefined) return;
    const journal = before?.journal ?? 0;
    const synced = { journal, end: readSynced(disk, this.#headFile, journal) };
    const report = this.#recoverFiles(before, { force, synced });
    const end = report?.end ?? { journal: 0, end: HEADER_BYTES, frame: 0, crc: 0 };
    const log = this.#catalogFits(end, report) ? undefined : this.#rebuildCatalog(end);
    const position = report?.position ?? log?.position ?? 0;
    if (report === undefined && before !== undefined && before.position > position) {
      throw journalDamaged(this.#core, before.journal, 0);
    }
    const recordedMs = Math.max(report?.recordedMs ?? 0, log?.recordedMs ?? 0);
    const present = report === undefined ? this.#firstJournal(position, recordedMs) : end;
    if (report === undefined) this.#parts.catalog.putCovered({ ...present, position });
    writeHead(disk, this.#headFile, {
      ...present,
      frameCrc: present.crc,
      applied: present.end,
      position,
      recordedMs,
      boot: this.#core.boot,
      inode: disk.inode(this.#headFile),
      suspect: false,
    });
    disk.sync(this.#headFile);
    disk.syncFolder(layout.room);
    if (copied) this.#beginIncarnation();
    this.#noteRecovery(report, { copied, force });
    this.#view?.restart();
  }

  #recoverFiles(before: Head | undefined, options: RecoveryOptions): RecoveryReport | undefined {
    try {
      return recoverFiles(this.#core, this.#parts.partitions, options);
    } catch (error) {
      // A flush that failed here would seem to succeed the next time, so then everything is written again.
      const { disk } = this.#core;
      if (systemCode(error) === "EIO")
        writeHead(disk, this.#headFile, { ...(before ?? NO_HEAD), suspect: true });
      throw error;
    }
  }

  #oldestJournal(): number {
    return listJournals(this.#core.disk, this.#core.layout)[0] ?? Number.POSITIVE_INFINITY;
  }

  /** Whether the catalogue ends where the journals that are left can go on. */
  #catalogFits(end: ChainEnd, report: RecoveryReport | undefined): boolean {
    const covered = this.#parts.catalog.covered;
    if (covered === undefined || report === undefined) return false;
    if (covered.frame > end.frame || covered.position > report.position) return false;
    const { journal, frame } = report.start;
    return covered.journal >= journal || covered.frame === frame;
  }

  #rebuildCatalog(end: ChainEnd): { position: number; recordedMs: number } {
    const result = rebuildCatalog(this.#core, this.#parts.catalog, end);
    for (const { path, offset } of result.damaged) {
      this.#recovered.push({ damaged: path.slice(this.#core.layout.base.length + 1), offset });
    }
    return result;
  }

  #firstJournal(position: number, recordedMs: number): ChainEnd {
    const start = { journal: 1, storeId: this.#core.storeId, frame: 0, position, crc: 0, recordedMs };
    JournalFile.create(this.#core.disk, this.#core.layout, start).close();
    return { journal: 1, end: HEADER_BYTES, frame: 0, crc: 0 };
  }

  #beginIncarnation(): void {
    this.#store = { ...this.#store, incarnation: randomUUID() };
    writeStoreFile(this.#core.disk, this.#core.layout, this.#store);
    this.#recovered.push({ cause: "copied", incarnation: this.#store.incarnation });
  }

  #noteRecovery(report: RecoveryReport | undefined, how: { copied: boolean; force: boolean }): void {
    if (report === undefined) return;
    for (const fragment of report.fragments) this.#recovered.push({ ...fragment });
    for (const file of report.files_short)
      this.#recovered.push({ damaged: file, cause: "shorter than the journal says" });
    if (report.files_restored > 0) this.#recovered.push({ files_restored: report.files_restored });
    if (how.force) this.#recovered.push({ cause: "flush failed", rewritten: true });
  }

  /** Records what recovery did; the event follows the appends that wait already. */
  #reportRecovery(): void {
    if (this.#recovered.length === 0 || this.#writer === undefined) return;
    const found = this.#recovered.splice(0);
    const metadata: JsonObject = { found, recovered_by_pid: process.pid };
    const event = storeEvent({
      type: "StoreRecovered",
      stream: GLOBAL_STREAM,
      session_id: this.#session,
      metadata,
    });
    this.#writer.append({ events: [event], expectedSequence: "any", onDuplicate: "conflict" }).catch(() => {
      // Recorded with the next append instead.
      this.#recovered.unshift(...found);
    });
  }

  async append(request: AppendRequest): Promise<readonly Placement[]> {
    const placements = await this.#ready().append(request);
    // By now the store has been recovered: what a failed flush lost has been written again.
    if (this.#checkpointFailure !== undefined && !this.fenced) this.#retryCheckpoints();
    for (const { stream } of placements) this.#derived.touched(stream);
    this.#reportRecovery();
    return placements;
  }

  #ready(): Writer {
    if (this.#writer === undefined) throw new Error("the log has not been started");
    return this.#writer;
  }

  /** Makes the catalogue anew from the files; for a process that finds it lost in mid-life. */
  async rebuild(): Promise<void> {
    await this.#ready().settled();
    await acquire(this.#core.lock, this.#core.options.lockTimeoutMs);
    try {
      this.#putInOrder("lost");
    } finally {
      this.#core.lock.release();
    }
  }

  async #maintain(): Promise<void> {
    const view = this.#view as LogView;
    const { coverBytes, journalMaxBytes } = this.#core.options;
    if (view.end.end > journalMaxBytes) await this.#rotate();
    else if (view.uncoveredBytes > coverBytes) await this.#ready().drain(() => view.cover());
    else if (view.unapplied.length > UNAPPLIED_FRAMES_MAX) await this.#ready().drain();
  }

  /** Begins a new journal; the old one is given up in the background, once its lines are safe in their files. */
  async #rotate(): Promise<void> {
    const view = this.#view as LogView;
    await this.#ready().drain((head) => {
      if (head.journal !== view.end.journal || head.end <= this.#core.options.journalMaxBytes) return;
      view.cover();
      const files = view.journalFiles();
      this.#stepJournal(view, head);
      this.#checkpoint(head.journal, files);
    });
  }

  /** Under the lock, with everything on disk, applied and covered. */
  #stepJournal(view: LogView, head: Head): void {
    const { disk, layout, storeId } = this.#core;
    const { position, recordedMs } = head;
    const start = {
      journal: head.journal + 1,
      storeId,
      frame: head.frame,
      position,
      crc: head.frameCrc,
      recordedMs,
    };
    const journal = JournalFile.create(disk, layout, start);
    writeHead(disk, this.#headFile, {
      ...head,
      journal: start.journal,
      end: HEADER_BYTES,
      applied: HEADER_BYTES,
    });
    view.rotated(journal);
  }

  #checkpoint(number: number, files?: readonly FileEnd[]): void {
    this.#checkpointing = this.#checkpointing
      .then(() => this.#giveUpJournals(number, files))
      .catch(async (error: unknown) => {
        // What recovery could not mend from the journal stays for the user to mend; the journal is kept.
        if (error instanceof IntegrityError && this.#mended) return;
        this.#mended ||= error instanceof IntegrityError;
        // The journal is kept, so nothing is lost; the writer recovers before it promises anything more.
        this.#checkpointFailure = error;
        await this.distrust(error);
      });
  }

  /**
   * Gives up the journals up to `number`, oldest first: one that a killed process left behind must go before
   * those that follow it, or recovery would meet a gap. `files` are those of the last.
   */
  async #giveUpJournals(number: number, files: readonly FileEnd[] | undefined): Promise<void> {
    const { disk, layout } = this.#core;
    for (const journal of listJournals(disk, layout)) {
      if (journal > number) return;
      const known = journal === number ? files : undefined;
      const trusted = (): boolean => this.#trusts(readHead(disk, this.#headFile));
      await checkpointJournal(this.#core, this.#parts.partitions, { number: journal, files: known, trusted });
      if (disk.kind(journalPath(layout, journal)) !== undefined) return;
    }
  }

  #retryCheckpoints(): void {
    this.#checkpointFailure = undefined;
    const present = this.#view?.end.journal ?? 0;
    if (this.#oldestJournal() < present) this.#checkpoint(present - 1);
  }

  async close(): Promise<void> {
    const view = this.#view;
    const writer = this.#writer;
    if (view === undefined || writer === undefined) return;
    try {
      await writer.settled();
      writer.stop();
      await this.#tidy(view, writer);
    } finally {
      await this.#checkpointing;
      this.#core.disk.close(this.#headFile);
    }
  }

  async #tidy(view: LogView, writer: Writer): Promise<void> {
    const days = unclosedDays(this.#core, view);
    const nothingToDo =
      view.unapplied.length === 0 && view.allSynced && !this.#derived.pending && days.length === 0;
    if (nothingToDo && view.uncoveredBytes <= COVER_AT_CLOSE_BYTES) return;
    await writer.drain(() => {
      if (days.length > 0 || view.uncoveredBytes > COVER_AT_CLOSE_BYTES) view.cover();
      this.#writeDerived(view);
    });
    if (days.length === 0) return;
    try {
      await closeDays(this.#core, { view, partitions: this.#parts.partitions, derived: this.#derived }, days);
    } catch (error) {
      if (systemCode(error) === "EIO") await this.distrust(error);
      throw error;
    }
  }

  /** The events are safe; summaries that the disk does not take now are brought up to date later. */
  #writeDerived(view: LogView): void {
    try {
      this.#derived.write(view);
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
    }
  }
}
