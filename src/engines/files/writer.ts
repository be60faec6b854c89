import { setImmediate as nextTurn } from "node:timers/promises";

import type { StoredEvent } from "../../event/envelope.ts";
import { EsoError, type OutcomeUnknownError } from "../../errors.ts";
import type { AppendRequest, Durability, Placement } from "../../log/event-log.ts";
import { applyFrames, nextRecordedMs } from "./applier.ts";
import { BatchPlan } from "./batch-plan.ts";
import type { EngineCore } from "./core.ts";
import { storageError, systemCode } from "./disk.ts";
import { encodeFrame, type FrameEvent, type FrameMode, HEADER_BYTES } from "./frame.ts";
import { type Head, readHead, writeHead, writeSynced } from "./head-file.ts";
import type { JournalFrame } from "./journal.ts";
import { CatalogLost, type LogView } from "./log-view.ts";
import { forCaller, outcomeUnknown } from "./outcome.ts";
import { acquire } from "./store-lock.ts";
import type { WriterParts } from "./writer-parts.ts";

/**
 * A flush that is quicker than this is made on this thread: handing it to another one and back costs about
 * as much as such a flush itself, and what could be done meanwhile is less.
 */
const INLINE_FLUSH_MS = 0.75;
const FLUSH_WEIGHT = 0.125;

interface Waiting {
  readonly request: AppendRequest;
  readonly resolve: (placements: readonly Placement[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Written {
  readonly frame: JournalFrame | undefined;
  readonly settled: { waiting: Waiting; placements: readonly Placement[] }[];
  readonly mode: FrameMode;
}

/**
 * Turns the appends that wait at a moment into one frame and one flush. One batch is under way at a time;
 * what arrives meanwhile forms the next.
 */
export class Writer {
  readonly #parts: WriterParts;
  readonly #core: EngineCore;
  readonly #view: LogView;
  #queue: Waiting[] = [];
  #running: Promise<void> | undefined;
  #lastApplied = 0;
  #applyTimer: NodeJS.Timeout | undefined;
  /** What a flush takes, as a moving average; the first one is taken to be slow. */
  #flush_ms = 2 * INLINE_FLUSH_MS;
  /** A flush failed: nothing more is promised until the store has been recovered. */
  #fenced = false;
  /** Why journalled lines could not go to their files; appends wait until they can. */
  #applyFailure: unknown;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#core = parts.core;
    this.#view = parts.view;
  }

  append(request: AppendRequest): Promise<readonly Placement[]> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when no append is waiting or under way. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  stop(): void {
    clearTimeout(this.#applyTimer);
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      // Callers that were just answered ask again in this turn; waiting for its end lets them share a flush.
      await nextTurn();
      const batch = this.#take();
      await this.#write(batch).catch((error: unknown) => {
        for (const waiting of batch) waiting.reject(forCaller(error, waiting.request));
      });
      this.#applyIfDue();
      // What was acknowledged stays so; the next append meets the failure again, or finds it gone.
      await this.#parts.maintain().catch((error: unknown) => {
        this.#applyFailure = error;
      });
    }
    this.#running = undefined;
    this.#scheduleApply();
  }

  #take(): Waiting[] {
    const { batchEventsMax, batchBytesMax } = this.#core.options;
    let events = 0;
    let bytes = 0;
    let count = 0;
    for (const { request } of this.#queue) {
      events += request.events.length;
      for (const event of request.events) bytes += event.body_json.length;
      if (count > 0 && (events > batchEventsMax || bytes > batchBytesMax)) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    await acquire(this.#core.lock, this.#core.options.lockTimeoutMs);
    let written: Written;
    try {
      const head = this.standAtHead();
      written = this.#writeFrame(batch, this.#applyFailure === undefined ? head : this.#apply(head));
    } catch (error) {
      const told = storageError(error, this.#core.layout.base);
      throw systemCode(told) === undefined || told instanceof EsoError ? told : outcomeUnknown([], told);
    } finally {
      this.#core.lock.release();
    }
    await this.#flush(written);
    for (const { waiting, placements } of written.settled) waiting.resolve(placements);
    if (written.frame !== undefined) this.#parts.grown();
  }

  /** Under the lock: knows all that others wrote, after recovering what they may have left. */
  standAtHead(): Head {
    const { disk } = this.#core;
    const head = readHead(disk, this.#parts.headFile);
    const inOrder = head?.boot === this.#core.boot && !head.suspect && !this.#fenced;
    if (!inOrder) {
      const stale = head === undefined || head.boot !== this.#core.boot;
      this.#parts.recover(stale && !this.#fenced ? "stale" : "suspect");
      this.#fenced = false;
    }
    try {
      return this.#catchUp(inOrder ? head : readHead(disk, this.#parts.headFile));
    } catch (error) {
      if (!(error instanceof CatalogLost)) throw error;
      this.#parts.recover("lost");
      return this.#catchUp(readHead(disk, this.#parts.headFile));
    }
  }

  #catchUp(head: Head | undefined): Head {
    if (head === undefined) throw new EsoError("ESO_LOG_DAMAGED", "the store's head cannot be read back");
    this.#view.catchUp(head);
    return head;
  }

  #writeFrame(batch: readonly Waiting[], head: Head): Written {
    const recordedMs = nextRecordedMs(this.#core, head.recordedMs);
    const { journal, end } = this.#view.end;
    const firstPosition = this.#view.position + 1;
    const plan = new BatchPlan(this.#source(), { journal, at: end, firstPosition, recordedMs });
    const settled: Written["settled"] = [];
    for (const waiting of batch) {
      try {
        settled.push({ waiting, placements: plan.add(waiting.request, this.#durability(waiting)) });
      } catch (error) {
        waiting.reject(error);
      }
    }
    const mode = this.#modeOf(settled);
    if (plan.events.length === 0) return { frame: undefined, settled, mode };
    return { frame: this.#putFrame(plan, head, { mode, recordedMs }), settled, mode };
  }

  #durability(waiting: Waiting): Durability {
    return waiting.request.durability ?? this.#core.options.durability;
  }

  #modeOf(settled: Written["settled"]): FrameMode {
    const wanted = settled.map(({ waiting }) => this.#durability(waiting));
    return wanted.includes("sync") ? "s" : wanted.every((durability) => durability === "os") ? "o" : "g";
  }

  #source() {
    const { lines, range, checkStream } = this.#parts;
    const view = this.#view;
    return {
      companions: this.#core.companions,
      range: (stream: string, from: number) => range.read(stream, from),
      headOf(stream: string) {
        checkStream(stream);
        return view.headOf(stream);
      },
      candidates(hash: number) {
        const positions = [
          ...view.catalog.ids.find(hash),
          ...view.tail.find(hash).map((event) => event.position),
        ];
        return positions.map((position) => {
          const [line] = lines.at([position]);
          const event = JSON.parse(Buffer.from(line?.bytes ?? []).toString()) as StoredEvent;
          const flags = view.tail.at(position)?.flags ?? view.catalog.order.read(position, 1)[0]?.flags ?? 0;
          return { event, flags };
        });
      },
    };
  }

  #putFrame(plan: BatchPlan, head: Head, stamp: { mode: FrameMode; recordedMs: number }): JournalFrame {
    const { end, frame, crc } = this.#view.end;
    const journal = this.#view.journal();
    const firstPosition = this.#view.position + 1;
    const ticket = { frame: frame + 1, firstPosition, ...stamp, previousCrc: crc };
    const encoded = encodeFrame(ticket, plan.body);
    const frameEnd = end + encoded.bytes.length;
    journal.reserve(end, encoded.bytes.length);
    const position = firstPosition + plan.events.length - 1;
    const next = { ...head, journal: journal.number, end: frameEnd, frame: frame + 1, frameCrc: encoded.crc };
    try {
      journal.write(encoded.bytes, end);
      writeHead(this.#core.disk, this.#parts.headFile, { ...next, position, recordedMs: stamp.recordedMs });
    } catch (error) {
      this.#takeBack(head, end, error);
      throw error;
    }
    const header = {
      ...ticket,
      count: plan.events.length,
      bytes: encoded.bytes.length - HEADER_BYTES,
      crc: encoded.crc,
    };
    const written = {
      journal: journal.number,
      start: end,
      end: frameEnd,
      header,
      bytes: encoded.bytes,
      events: plan.events,
    };
    this.#view.adoptOwn(written, plan.heads);
    if (stamp.mode === "s") this.#flushNow(written);
    return written;
  }

  /** Makes sure that a frame whose write failed will never be seen; if that fails too, its fate is unknown. */
  #takeBack(head: Head, at: number, cause: unknown): void {
    try {
      this.#view.journal().takeBack(at);
      writeHead(this.#core.disk, this.#parts.headFile, head);
    } catch {
      // The first error says more than this one; what counts is that nothing is promised from here on.
      this.#fenced = true;
      throw outcomeUnknown([], cause);
    }
  }

  #flushNow(frame: Pick<JournalFrame, "journal" | "end" | "events">): void {
    try {
      this.#view.journal().sync();
    } catch (error) {
      this.#markSuspect();
      throw outcomeUnknown(frame.events, error);
    }
    this.#noteSynced(frame);
  }

  #noteSynced(frame: { journal: number; end: number }): void {
    this.#view.synced(frame.journal, frame.end);
    try {
      writeSynced(this.#core.disk, this.#parts.headFile, frame);
    } catch {
      // A hint for others, who flush for themselves without it; the events are on disk and acknowledged.
    }
  }

  async #flush(written: Written): Promise<void> {
    const { frame, mode } = written;
    if (frame === undefined || mode !== "g") {
      // A duplicate's first record may still be on its way to the disk; its acknowledgement must wait too.
      if (frame === undefined && written.settled.length > 0 && !this.#view.allSynced) await this.flushAll();
      return;
    }
    const began = performance.now();
    try {
      if (this.#flush_ms < INLINE_FLUSH_MS) this.#view.journal().sync();
      else {
        const flushed = this.#view.journal().syncAsync();
        this.#applyIfDue();
        await flushed;
        // The kernel tells each failure once: what another flush was told may have hit this frame too.
        if (this.#fenced) throw new Error("another flush failed meanwhile");
      }
    } catch (error) {
      throw await this.fence(frame.events, error);
    }
    this.#flush_ms += (performance.now() - began - this.#flush_ms) * FLUSH_WEIGHT;
    this.#noteSynced(frame);
  }

  /** Brings everything written so far to the disk. */
  async flushAll(): Promise<void> {
    const { journal, end } = this.#view.end;
    if (this.#view.allSynced) return;
    try {
      await this.#view.journal().syncAsync();
      if (this.#fenced) throw new Error("another flush failed meanwhile");
    } catch (error) {
      throw await this.fence([], error);
    }
    this.#noteSynced({ journal, end });
  }

  /** While a flush is under way, this thread has time to write what earlier flushes made safe. */
  #applyIfDue(): void {
    const due = performance.now() - this.#lastApplied >= this.#core.options.applyIntervalMs;
    if (!due || this.#view.appliable().length === 0 || !this.#core.lock.tryAcquire()) return;
    try {
      this.#apply(this.standAtHead());
    } catch (error) {
      this.#applyFailure = error;
    } finally {
      this.#core.lock.release();
    }
  }

  /** Under the lock: writes the lines of frames that are on disk to their files. */
  #apply(head: Head): Head {
    const frames = this.#view.appliable();
    const last = frames.at(-1);
    const applied = last === undefined ? head : { ...head, applied: last.end };
    if (last !== undefined) {
      try {
        applyFrames(frames, this.#parts.partitions);
      } catch (error) {
        // Flushing a file may be what failed; then it would seem to succeed the next time.
        if (systemCode(error) === "EIO") this.#markSuspect();
        throw error;
      }
      writeHead(this.#core.disk, this.#parts.headFile, applied);
      this.#view.applied(frames.length);
    }
    this.#applyFailure = undefined;
    this.#lastApplied = performance.now();
    return applied;
  }

  #scheduleApply(): void {
    if (this.#view.unapplied.length === 0) return;
    clearTimeout(this.#applyTimer);
    this.#applyTimer = setTimeout(() => {
      if (this.#running !== undefined) return;
      this.drain().catch((error: unknown) => {
        this.#applyFailure = error;
      });
    }, this.#core.options.applyIntervalMs);
  }

  /**
   * Flushes and applies everything there is, so that the files hold it; `then` runs at that moment, under
   * the lock.
   */
  async drain(then?: (head: Head) => void): Promise<void> {
    // Where a flush fails, the recovery that follows under the lock writes everything again.
    if (!this.#fenced) await Promise.allSettled([this.flushAll()]);
    await acquire(this.#core.lock, this.#core.options.lockTimeoutMs);
    try {
      const head = this.standAtHead();
      if (!this.#view.allSynced) this.#flushNow({ ...this.#view.end, events: [] });
      then?.(this.#apply(head));
    } finally {
      this.#core.lock.release();
    }
  }

  get fenced(): boolean {
    return this.#fenced;
  }

  /** Marks the journal as one that takes no more frames, for every process, and gives the error to answer with. */
  async fence(events: readonly FrameEvent[], cause: unknown): Promise<OutcomeUnknownError> {
    this.#fenced = true;
    try {
      await acquire(this.#core.lock, this.#core.options.lockTimeoutMs);
      try {
        this.#markSuspect();
      } finally {
        this.#core.lock.release();
      }
    } catch {
      // The lock was not to be had. The outcome is unknown all the same, and that is what the caller must hear.
    }
    return outcomeUnknown(events, cause);
  }

  /** Under the lock. */
  #markSuspect(): void {
    this.#fenced = true;
    try {
      const head = readHead(this.#core.disk, this.#parts.headFile);
      if (head !== undefined) writeHead(this.#core.disk, this.#parts.headFile, { ...head, suspect: true });
    } catch {
      // Other processes hear of the failure from their own flushes; this one is fenced.
    }
  }
}
