import { type Head, readHead, readSynced } from "./head-file.ts";
import { type ChainEnd, JournalFile, listJournals } from "./journal.ts";
import type { LogView } from "./log-view.ts";

/** The part of this process that flushes the same journal. */
interface Flushing {
  readonly fenced: boolean;
  distrust(cause: unknown): Promise<void>;
  /** Recovers the store, flushes and applies all there is. */
  putRight(): Promise<void>;
}

/**
 * How far a reader may look. Only what is on disk is shown, so that no event that was seen can disappear
 * after a power loss; where a writer has not flushed yet, the reader does.
 */
export class ReadPosition {
  readonly #view: LogView;
  readonly #writer: Flushing | undefined;
  #headFile: number | undefined;
  #shown = 0;

  constructor(view: LogView, writer: Flushing | undefined) {
    this.#view = view;
    this.#writer = writer;
  }

  /** Reads what others wrote; gives the position of the last event that may be shown. */
  async refresh(): Promise<number> {
    const head = this.#head();
    if (head !== undefined) {
      this.#view.catchUp(head);
      if (this.#view.visiblePosition < this.#view.position) await this.#secure(head);
    } else if (this.#writer === undefined) return this.#withoutHead();
    // Recovery has put a head there; one that cannot be read now is being written, unless that has failed.
    else if (this.#view.position < this.#shown) await this.#writer.putRight();
    // What was shown is on disk, also where a recovery meanwhile has begun to count anew.
    this.#shown = Math.max(this.#view.visiblePosition, Math.min(this.#shown, this.#view.position));
    return this.#shown;
  }

  #head(): Head | undefined {
    const { disk, layout, boot } = this.#view.core;
    if (this.#headFile === undefined) {
      if (disk.kind(layout.headFile) === undefined) return undefined;
      this.#headFile = disk.open(layout.headFile, "read");
    }
    // A head that is being written reads as none for an instant.
    const head = readHead(disk, this.#headFile) ?? readHead(disk, this.#headFile);
    return head?.boot === boot ? head : undefined;
  }

  async #secure(head: Head): Promise<void> {
    const { disk } = this.#view.core;
    const { journal, end } = this.#view.end;
    this.#view.synced(journal, readSynced(disk, this.#headFile as number, journal));
    if (this.#view.visiblePosition === this.#view.position) return;
    if (!head.suspect && !this.#fenced) {
      try {
        await this.#view.journal().syncAsync();
      } catch (error) {
        // The kernel tells of a failed flush once: whoever flushes next must hear of it from us.
        await this.#writer?.distrust(error);
        throw error;
      }
      if (!this.#fenced) {
        this.#view.synced(journal, end);
        return;
      }
    }
    // No flush can be believed before the store has been recovered.
    await this.#writer?.putRight();
  }

  get #fenced(): boolean {
    return this.#writer?.fenced ?? false;
  }

  /** Nobody has recovered this store on this machine: the journal's chain itself says where it ends. */
  #withoutHead(): number {
    const view = this.#view;
    for (const number of listJournals(view.core.disk, view.core.layout)) {
      if (number < view.end.journal) continue;
      const end = chainEnd(view, number);
      if (end === undefined) break;
      view.catchUp({
        ...end,
        frameCrc: end.crc,
        applied: 0,
        position: 0,
        recordedMs: 0,
        boot: 0,
        inode: 0,
        suspect: false,
      });
    }
    view.synced(view.end.journal, view.end.end);
    return view.position;
  }

  close(): void {
    if (this.#headFile !== undefined) this.#view.core.disk.close(this.#headFile);
    this.#headFile = undefined;
  }
}

function chainEnd(view: LogView, number: number): ChainEnd | undefined {
  const journal = JournalFile.open(view.core, number, "read");
  const start = journal?.start();
  if (journal === undefined || start === undefined) return undefined;
  try {
    const { frame, crc } = view.end;
    const from = number === view.end.journal ? view.end : { end: 128, frame: start.frame, crc: start.crc };
    // A journal whose maker was killed before it was used.
    if (from !== view.end && journal.isBare() && (start.frame !== frame || start.crc !== crc))
      return undefined;
    let end: ChainEnd = { journal: number, end: from.end, frame: from.frame, crc: from.crc };
    for (const frame of journal.frames(end)) {
      end = { journal: number, end: frame.end, frame: frame.header.frame, crc: frame.header.crc };
    }
    return end;
  } finally {
    journal.close();
  }
}
