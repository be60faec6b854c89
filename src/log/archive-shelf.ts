/** Where a closed day's file lies. `both`: its moving was interrupted; nothing is lost, the next run finishes it. */
export type FilePlace = "live" | "archived" | "both" | "pruned" | "missing";

/** One stream's file of one day that is over. */
export interface ClosedDayFile {
  readonly stream: string;
  /** UTC. */
  readonly day: string;
  /** Relative to the store, where it lies when it is live. */
  readonly file: string;
  /** Relative to the store, where it lies when it is archived. */
  readonly archive: string;
  readonly place: FilePlace;
  /** Of the text, as recorded when the day was closed; undefined when that record is gone. */
  readonly bytes: number | undefined;
  readonly sha256: string | undefined;
  /** Of the compressed file, where there is one. */
  readonly archive_bytes: number | undefined;
}

/** What is in a file. */
export interface FileContents {
  readonly events: number;
  readonly first_sequence: number;
  readonly last_sequence: number;
  readonly first_position: number;
  readonly last_position: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Nothing but records of archiving: moving such a file would only leave another one like it. */
  readonly onlyRecords: boolean;
}

/** A compressed file: its own size and digest. */
export interface ArchiveFacts {
  readonly archive_bytes: number;
  readonly archive_sha256: string;
}

/** What is kept of a file that is pruned. */
export interface LeavesFacts {
  readonly range_root: string;
  /** Relative to the store. */
  readonly leaves: string;
  readonly leaves_sha256: string;
}

/**
 * Where closed days' files are kept: each call is one step of moving a file, durable on return, and may be made again
 * after a crash. Between any two of them the file can be read.
 */
export interface ArchiveShelf {
  /** Keeps other archiving, pruning and backing up away; undefined while somebody else does it. */
  tryLock(): Promise<(() => void) | undefined>;
  /** The files of closed days, oldest day first. */
  files(): ClosedDayFile[];
  /**
   * Reads a file wherever it lies.
   * @throws IntegrityError when it is not what was recorded as its day was closed.
   */
  contents(file: ClosedDayFile): FileContents;
  /** Compresses a live file and reads all of it back; an archive that is there and right is kept. */
  compress(file: ClosedDayFile, contents: FileContents): ArchiveFacts;
  /** Copies a file's summaries beside it, where they stay for ever. */
  keepSummaries(file: ClosedDayFile): void;
  removeLive(file: ClosedDayFile): void;
  /** Brings an archived file back to its place, read-only. */
  unpack(file: ClosedDayFile, contents: FileContents): void;
  removeArchive(file: ClosedDayFile): void;
  /** Keeps what must outlive a file: the hashes of its lines, and who its events were. */
  keepLeaves(file: ClosedDayFile, contents: FileContents): LeavesFacts;
  /** Whether the write-ahead journal may still hold lines up to this position. */
  isInJournal(position: number): boolean;
}
