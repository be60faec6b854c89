import { ArchiveReader } from "./archive-file.ts";
import { type Disk, systemCode } from "./disk.ts";
import { FRAME_BYTES } from "./seekable-zstd.ts";

/** What a frame's entry in the list of frames takes in memory, about. */
const ENTRY_BYTES = 64;

/** An archive that is open, for whoever reads it at the moment. */
export interface SharedArchive {
  readonly reader: ArchiveReader;
  /** Of the open file. */
  readonly inode: number;
}

interface Held extends SharedArchive {
  readonly path: string;
  /** Of the compressed file. */
  readonly bytes: number;
  users: number;
}

/**
 * Archives with what was last read of each: a read through many streams comes back to each again and again, and a
 * frame is not unpacked once more for every few lines. Files are open only while somebody reads them.
 */
export class OpenArchives {
  readonly #disk: Disk;
  readonly #max_bytes: number;
  readonly #held = new Map<string, Held>();
  #bytes = 0;

  /** @param max_bytes memory for what nobody reads at the moment, about. */
  constructor(disk: Disk, max_bytes: number) {
    this.#disk = disk;
    this.#max_bytes = max_bytes;
  }

  /** The archive at a path, or undefined when there is none, or none any more. */
  open(path: string): SharedArchive | undefined {
    let file: number;
    try {
      file = this.#disk.open(path, "read");
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw error;
    }
    return this.#adopt(path, file);
  }

  #adopt(path: string, file: number): SharedArchive {
    const [inode, bytes] = [this.#disk.inode(file), this.#disk.size(file)];
    const known = this.#held.get(path);
    if (known !== undefined) this.#forget(known);
    const isSame = known?.inode === inode && known.bytes === bytes;
    if (isSame && known.users > 0) this.#disk.close(file);
    else if (isSame) known.reader.reopen(file);
    const held = isSame
      ? known
      : { path, inode, bytes, users: 0, reader: ArchiveReader.of(this.#disk, path, file) };
    held.users++;
    this.#held.set(path, held);
    this.#bytes += costOf(held);
    return held;
  }

  letGo(archive: SharedArchive): void {
    const held = archive as Held;
    if (--held.users === 0) held.reader.close();
    for (const oldest of this.#held.values()) {
      if (this.#bytes <= this.#max_bytes) return;
      this.#forget(oldest);
    }
  }

  #forget(held: Held): void {
    if (this.#held.delete(held.path)) this.#bytes -= costOf(held);
  }
}

function costOf({ reader: { size } }: Held): number {
  return Math.min(size, FRAME_BYTES) + Math.ceil(size / FRAME_BYTES) * ENTRY_BYTES;
}
