import { join } from "node:path";

import type { BackupEntry, BackupMade, BackupManifest, BackupShelf } from "../../log/backup-shelf.ts";
import type { EventLogReader, StoredLine } from "../../log/event-log.ts";
import { BackupFolder, type Incoming } from "./backup-folder.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import { fileArchive } from "./file-archive.ts";
import { EVENTS_FILE, isDay, type Layout, layoutOf, streamFolder } from "./layout.ts";
import { readStoreFile } from "./store-file.ts";

const LF = Buffer.from("\n");
/** What a store cannot make again, besides its events: by folder, everything below. */
const KEPT_FOLDERS = [
  ["schemas", "custom"],
  ["reports"],
  [".store", "pruned"],
  [".store", "quarantine"],
  [".store", "replays"],
] as const;
const PASSED_OVER = /\.(?:tmp|lock|db|db-wal|db-shm)$/;

/** Backups of the store in `base` into a folder. */
export function fileBackup(base: string, folder: string, disk: Disk = nodeDisk): BackupShelf {
  return { backUp: (log, options) => new FileBackup(layoutOf(base), folder, disk).make(log, options) };
}

class FileBackup {
  readonly #layout: Layout;
  readonly #disk: Disk;
  readonly #folder: BackupFolder;
  readonly #entries = new Map<string, BackupEntry>();
  #onFile: (() => void) | undefined;

  constructor(layout: Layout, folder: string, disk: Disk) {
    this.#layout = layout;
    this.#disk = disk;
    this.#folder = new BackupFolder(disk, folder);
  }

  async make(log: EventLogReader, options: Parameters<BackupShelf["backUp"]>[1]): Promise<BackupMade> {
    this.#onFile = options.onFile;
    this.#folder.prepare(log.storeId);
    // In this order: seals never cover more than the events, and no event lacks its attachment.
    this.#takeBelow([".store", "seals"]);
    const closed = this.#closedFiles();
    const { position: last_position } = await log.head();
    await this.#openDays(log, { closed, last_position });
    this.#takeBelow([".store", "blobs"]);
    for (const folder of KEPT_FOLDERS) this.#takeBelow(folder);
    this.#takeOne([".store", "store.json"]);
    const { origin = log.storeId, incarnation = log.incarnation } =
      readStoreFile(this.#disk, this.#layout) ?? {};
    const manifest: BackupManifest = {
      schema: "eso.backup/1",
      store_id: log.storeId,
      origin,
      incarnation,
      created_at: new Date(options.clock()).toISOString(),
      last_position,
      files: [...this.#entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
    };
    const { name, sha256 } = this.#folder.finish(manifest);
    return { name, manifest, manifest_sha256: sha256, copied_bytes: this.#folder.copiedBytes };
  }

  #put(path: string, digest: Omit<BackupEntry, "path">): void {
    this.#entries.set(path, { path, ...digest });
    this.#onFile?.();
  }

  /** Days that are over: their files never change, so what an earlier backup has of them is not read again. */
  #closedFiles(): Set<string> {
    const days = new Set<string>();
    for (const name of this.#names([".store", "closed"])) {
      this.#takeOne([".store", "closed", name]);
      if (name.endsWith(".json")) days.add(name.slice(0, -".json".length));
    }
    const base = fileArchive(this.#layout.base, { disk: this.#disk });
    for (const file of base.files()) {
      if (file.place === "pruned" || file.place === "missing") continue;
      const { bytes, sha256 } = file;
      const isLive = file.place !== "archived";
      if (isLive && bytes !== undefined && sha256 !== undefined && this.#folder.has(sha256, bytes))
        this.#put(file.file, { bytes, sha256 });
      else this.#takeOne((isLive ? file.file : file.archive).split("/"));
      this.#takeOne([...file.file.split("/").slice(0, -1), "summaries.jsonl"]);
    }
    return days;
  }

  /** Days that are not over, from the log itself: as far as the backup reaches, whatever lies in files so far. */
  async #openDays(
    log: EventLogReader,
    { closed, last_position }: { closed: ReadonlySet<string>; last_position: number },
  ): Promise<void> {
    const files = new Map<string, Incoming>();
    for await (const lines of log.readAll({ after: await lastClosed(log, closed) })) {
      const wanted = lines.filter(({ position }) => position <= last_position);
      for (const [path, own] of Map.groupBy(wanted, (line) => this.#pathOf(line))) {
        const file = files.get(path) ?? this.#folder.begin();
        files.set(path, file);
        file.add(Buffer.concat(own.flatMap(({ bytes }) => [Buffer.from(bytes), LF])));
      }
      if ((lines.at(-1)?.position ?? 0) >= last_position) break;
    }
    for (const [path, file] of files) this.#put(path, file.finish());
  }

  #pathOf(line: StoredLine): string {
    const folder = streamFolder(this.#layout, line.stream, dayOfLine(line));
    return this.#relative(join(folder, EVENTS_FILE));
  }

  #relative(path: string): string {
    return path.slice(this.#layout.base.length + 1).replaceAll("\\", "/");
  }

  #names(path: readonly string[]): string[] {
    const folder = join(this.#layout.base, ...path);
    return this.#disk.kind(folder) === "folder" ? this.#disk.list(folder) : [];
  }

  #takeBelow(path: readonly string[]): void {
    for (const name of this.#names(path)) {
      const inside = [...path, name];
      if (this.#disk.kind(join(this.#layout.base, ...inside)) === "folder") this.#takeBelow(inside);
      else if (!PASSED_OVER.test(name)) this.#takeOne(inside);
    }
  }

  #takeOne(path: readonly string[]): void {
    const file = join(this.#layout.base, ...path);
    if (this.#disk.kind(file) === "file") this.#put(path.join("/"), this.#folder.take(file));
  }
}

/** The position of the last event of a closed day. */
async function lastClosed(log: EventLogReader, closed: ReadonlySet<string>): Promise<number> {
  for await (const lines of log.readAll({ direction: "backwards" })) {
    const line = lines.find((one) => closed.has(dayOfLine(one)));
    if (line !== undefined) return line.position;
  }
  return 0;
}

function dayOfLine({ bytes }: StoredLine): string {
  const text = Buffer.from(bytes).toString();
  const day = text.slice(text.lastIndexOf('"recorded_at":"') + 15).slice(0, 10);
  return isDay(day) ? day : "";
}
