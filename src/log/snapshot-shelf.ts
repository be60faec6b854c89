/** A snapshot that is kept: its stream's sequence, and what it takes on disk. */
export interface KeptSnapshot {
  readonly sequence: number;
  readonly bytes: number;
}

/** Where a snapshot belongs: its stream, and the last event that it covers. */
export interface SnapshotPlace {
  readonly stream: string;
  readonly sequence: number;
  /** When that event was recorded; files lie under its day. */
  readonly recorded_at: string;
}

/**
 * Keeps snapshots as texts. Derived: anything here may vanish, or be damaged, at any time, and what is given back
 * is checked by the caller. What other processes keep shows up within a second.
 */
export interface SnapshotShelf {
  /** A stream's snapshots in order of sequence. */
  list(stream: string): readonly KeptSnapshot[];
  /** The text of a snapshot, or its first `most` bytes; undefined when it is gone. */
  read(stream: string, sequence: number, most?: number): string | undefined;
  /** Keeps a text in place of any other of that sequence; readers never see half of it. Gives its path, if it has one. */
  write(place: SnapshotPlace, text: string): string | undefined;
  remove(stream: string, sequence: number): void;
}

/** A shelf in this process. */
export function memorySnapshots(): SnapshotShelf {
  const byStream = new Map<string, Map<number, string>>();
  return {
    list: (stream) =>
      [...(byStream.get(stream) ?? [])]
        .map(([sequence, text]) => ({ sequence, bytes: Buffer.byteLength(text) }))
        .sort((a, b) => a.sequence - b.sequence),
    read: (stream, sequence, most) => byStream.get(stream)?.get(sequence)?.slice(0, most),
    write({ stream, sequence }, text) {
      const texts = byStream.get(stream) ?? new Map<number, string>();
      byStream.set(stream, texts.set(sequence, text));
      return undefined;
    },
    remove: (stream, sequence) => void byStream.get(stream)?.delete(sequence),
  };
}
