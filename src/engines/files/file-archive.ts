import { dirname, join } from "node:path";

import type { StoredEvent } from "../../event/envelope.ts";
import { IntegrityError } from "../../errors.ts";
import type {
  ArchiveFacts,
  ArchiveShelf,
  ClosedDayFile,
  FileContents,
  FilePlace,
  LeavesFacts,
} from "../../log/archive-shelf.ts";
import { storedInputDigest } from "../../log/duplicate.ts";
import { Frontier } from "../../proof/frontier.ts";
import { leafHash } from "../../proof/hash-tree.ts";
import { archiveDisk } from "./archive-disk.ts";
import {
  damagedArchive,
  digestOfFile,
  digestOfText,
  makeFolders,
  piecesOf,
  sameDigest,
  writeArchive,
  writeChecked,
} from "./archive-file.ts";
import type { ClosedFile } from "./closed-days.ts";
import { type Disk, nodeDisk, storageError } from "./disk.ts";
import { JournalFile, listJournals } from "./journal.ts";
import {
  archivePath,
  EVENTS_FILE,
  isDay,
  type Layout,
  layoutOf,
  prunedPath,
  streamFolder,
} from "./layout.ts";
import { linesOfFile, surveyed } from "./file-survey.ts";
import { type PrunedHeader, type PrunedLine, PRUNED_SCHEMA, writePruned } from "./pruned-file.ts";
import { readStoreFile } from "./store-file.ts";
import { openStoreLock, type StoreLock } from "./store-lock.ts";
import { readWhole } from "./write-atomic.ts";

const SUMMARIES_FILE = "summaries.jsonl";
const LF = Buffer.from("\n");

/** What the shelf stands on; a simulator may stand in. */
export interface ArchivePorts {
  readonly disk: Disk;
  readonly openLock: (path: string) => Promise<StoreLock>;
}

/** The archive of the store in `base`: `archive/{day}/{ISSUE}/events.jsonl.zst`. */
export function fileArchive(base: string, ports: Partial<ArchivePorts> = {}): ArchiveShelf {
  return new FileArchive(layoutOf(base), { disk: nodeDisk, openLock: openStoreLock, ...ports });
}

class FileArchive implements ArchiveShelf {
  readonly #layout: Layout;
  readonly #disk: Disk;
  /** Reads files wherever they lie. */
  readonly #folded: Disk;
  readonly #openLock: ArchivePorts["openLock"];

  constructor(layout: Layout, { disk, openLock }: ArchivePorts) {
    this.#layout = layout;
    this.#disk = disk;
    this.#folded = archiveDisk(disk, layout);
    this.#openLock = openLock;
  }

  async tryLock(): Promise<(() => void) | undefined> {
    const lock = await this.#openLock(join(this.#layout.room, "archive.lock.db"));
    if (!lock.tryAcquire()) {
      lock.close();
      return undefined;
    }
    return () => {
      lock.release();
      lock.close();
    };
  }

  files(): ClosedDayFile[] {
    const found = new Map<string, ClosedDayFile>();
    for (const day of this.#days(this.#layout.closedDays, ".json"))
      for (const file of this.#recorded(day)) found.set(file.file, file);
    for (const day of this.#days(this.#layout.archive, ""))
      for (const stream of this.#names(join(this.#layout.archive, day))) {
        const file = this.#fileOf({ stream, day });
        if (!found.has(file.file) && file.place !== "missing") found.set(file.file, file);
      }
    return [...found.values()].sort((a, b) => order(a.day, b.day) || order(a.stream, b.stream));
  }

  #days(folder: string, ending: string): string[] {
    return this.#names(folder)
      .filter((name) => name.endsWith(ending))
      .map((name) => name.slice(0, name.length - ending.length))
      .filter(isDay);
  }

  #names(folder: string): string[] {
    return this.#disk.kind(folder) === "folder" ? this.#disk.list(folder) : [];
  }

  #recorded(day: string): ClosedDayFile[] {
    const path = join(this.#layout.closedDays, `${day}.json`);
    try {
      const { files } = JSON.parse(readWhole(this.#disk, path)?.toString() ?? "") as { files: ClosedFile[] };
      return files.map(({ stream, bytes, sha256 }) => this.#fileOf({ stream, day, bytes, sha256 }));
    } catch (error) {
      // Without the record of a day its files stay where they are.
      if (error instanceof SyntaxError || error instanceof TypeError) return [];
      throw error;
    }
  }

  #fileOf(of: { stream: string; day: string; bytes?: number; sha256?: string }): ClosedDayFile {
    const { stream, day } = of;
    const [live, archive] = [this.#live(of), archivePath(this.#layout, stream, day)];
    return {
      stream,
      day,
      file: this.#relative(live),
      archive: this.#relative(archive),
      place: this.#place(of),
      bytes: of.bytes,
      sha256: of.sha256,
      archive_bytes: this.#disk.sizeAt(archive),
    };
  }

  #place(of: { stream: string; day: string }): FilePlace {
    const live = this.#disk.kind(this.#live(of)) === "file";
    const archived = this.#disk.kind(archivePath(this.#layout, of.stream, of.day)) === "file";
    if (live || archived) return live && archived ? "both" : live ? "live" : "archived";
    return this.#disk.kind(prunedPath(this.#layout, of.stream, of.day)) === "file" ? "pruned" : "missing";
  }

  #live({ stream, day }: { stream: string; day: string }): string {
    return join(streamFolder(this.#layout, stream, day), EVENTS_FILE);
  }

  #archived({ stream, day }: ClosedDayFile): string {
    return archivePath(this.#layout, stream, day);
  }

  #relative(path: string): string {
    return path.slice(this.#layout.base.length + 1);
  }

  contents(file: ClosedDayFile): FileContents {
    const contents = surveyed(this.#folded, this.#live(file));
    const { bytes, sha256 } = file;
    if (bytes === undefined || sha256 === undefined || sameDigest(contents, { bytes, sha256 }))
      return contents;
    throw changed(file.place === "archived" ? this.#archived(file) : this.#live(file));
  }

  compress(file: ClosedDayFile, contents: FileContents): ArchiveFacts {
    const path = this.#archived(file);
    if (this.#holds(path, contents)) this.#secure(path);
    else this.#write(file, contents);
    const { bytes, sha256 } = digestOfFile(this.#disk, path);
    return { archive_bytes: bytes, archive_sha256: sha256 };
  }

  /** Whoever gave a file its name may have died before that was safe; its content was, by then. */
  #secure(path: string): void {
    this.#storing(path, () => {
      makeFolders(this.#disk, this.#layout.base, dirname(path));
      this.#disk.syncFolder(dirname(path));
    });
  }

  #holds(path: string, contents: FileContents): boolean {
    if (this.#disk.kind(path) === undefined) return false;
    try {
      return sameDigest(digestOfText(this.#disk, path), contents);
    } catch (error) {
      // The plain file is there and whole: a damaged copy is made anew.
      if (error instanceof IntegrityError) return false;
      throw error;
    }
  }

  #write(file: ClosedDayFile, contents: FileContents): void {
    const { base } = this.#layout;
    const path = this.#archived(file);
    this.#storing(path, () => {
      const live = this.#disk.open(this.#live(file), "read");
      try {
        const pieces = piecesOf((into, offset) => this.#disk.read(live, into, offset));
        writeArchive(this.#disk, { base, path }, { pieces, expected: contents });
      } finally {
        this.#disk.close(live);
      }
    });
  }

  #storing(path: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      throw storageError(error, path);
    }
  }

  keepSummaries(file: ClosedDayFile): void {
    const kept: Buffer[] = [];
    for (const { bytes, type } of linesOfFile(this.#folded, this.#live(file)))
      if (SUMMARIES.has(type)) kept.push(Buffer.from(bytes), LF);
    if (kept.length === 0) return;
    const path = join(dirname(this.#live(file)), SUMMARIES_FILE);
    const text = Buffer.concat(kept);
    if (readWhole(this.#disk, path)?.equals(text) === true) return this.#secure(path);
    this.#storing(path, () =>
      writeChecked(this.#disk, {
        base: this.#layout.base,
        path,
        write: (out) => this.#disk.write(out, text, 0),
        check: () => undefined,
      }),
    );
  }

  removeLive(file: ClosedDayFile): void {
    this.#remove(this.#live(file));
  }

  removeArchive(file: ClosedDayFile): void {
    this.#remove(this.#archived(file));
  }

  #remove(path: string): void {
    this.#storing(path, () => {
      if (this.#disk.kind(path) !== undefined) this.#disk.remove(path);
      // Also when it is gone already: whoever removed it may have died before that was safe.
      if (this.#disk.kind(dirname(path)) === "folder") this.#disk.syncFolder(dirname(path));
    });
  }

  unpack(file: ClosedDayFile, contents: FileContents): void {
    const path = this.#live(file);
    if (this.#disk.kind(path) === "file" && sameDigest(digestOfFile(this.#disk, path), contents))
      return this.#secure(path);
    this.#storing(path, () =>
      writeChecked(this.#disk, {
        base: this.#layout.base,
        path,
        write: (out) => this.#copyText(file, out),
        check: (temporary) => {
          if (!sameDigest(digestOfFile(this.#disk, temporary), contents))
            throw damagedArchive(this.#archived(file), "its text is not the one that was recorded");
          this.#disk.setReadOnly(temporary);
        },
      }),
    );
  }

  #copyText(file: ClosedDayFile, out: number): void {
    const from = this.#folded.open(this.#live(file), "read");
    try {
      let at = 0;
      for (const piece of piecesOf((into, offset) => this.#folded.read(from, into, offset))) {
        this.#disk.write(out, piece, at);
        at += piece.length;
      }
    } finally {
      this.#folded.close(from);
    }
  }

  keepLeaves(file: ClosedDayFile, contents: FileContents): LeavesFacts {
    const tree = new Frontier();
    for (const { bytes } of linesOfFile(this.#folded, this.#live(file))) tree.append(leafHash(bytes));
    const range_root = tree.root().toString("hex");
    const { stream, day } = file;
    const { bytes, sha256, first_sequence, last_sequence } = contents;
    const header: PrunedHeader = {
      schema: PRUNED_SCHEMA,
      store_id: readStoreFile(this.#disk, this.#layout)?.store_id ?? "",
      stream,
      day,
      file: file.file,
      bytes,
      sha256,
      first_sequence,
      last_sequence,
      range_root,
    };
    const path = prunedPath(this.#layout, stream, day);
    this.#storing(path, () => writePruned(this.#disk, this.#layout, { header, lines: this.#leavesOf(file) }));
    const leaves_sha256 = digestOfText(this.#disk, path).sha256;
    return { range_root, leaves: this.#relative(path), leaves_sha256 };
  }

  *#leavesOf(file: ClosedDayFile): Generator<PrunedLine> {
    for (const { bytes } of linesOfFile(this.#folded, this.#live(file))) {
      const event = JSON.parse(bytes.toString()) as StoredEvent;
      const { position, event_sequence, recorded_at, event_id, event_type, idempotency_key } = event;
      yield {
        position,
        sequence: event_sequence,
        leaf: leafHash(bytes).toString("hex"),
        bytes: bytes.length,
        recorded_at,
        event_id,
        event_type,
        ...(idempotency_key === undefined ? {} : { idempotency_key }),
        input: storedInputDigest(event),
      };
    }
  }

  isInJournal(position: number): boolean {
    const [oldest] = listJournals(this.#disk, this.#layout);
    if (oldest === undefined) return false;
    const journal = JournalFile.open({ disk: this.#disk, layout: this.#layout }, oldest, "read");
    try {
      return (journal?.start()?.position ?? 0) < position;
    } finally {
      journal?.close();
    }
  }
}

const SUMMARIES: ReadonlySet<string> = new Set(["PhaseSummaryCreated", "OrchestrationSummaryCreated"]);

function order(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function changed(path: string): IntegrityError {
  return new IntegrityError("ESO_LOG_DAMAGED", `${path} is not what it was when its day was closed`, {
    hint: "Nothing was changed. eso verify names the first line that differs; bring the file back from a backup.",
    details: { file: path, offset: 0 },
  });
}
