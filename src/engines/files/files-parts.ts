import type { BlobStore } from "../../log/blob-store.ts";
import type { ConsumerCursors } from "../../log/consumer-cursors.ts";
import type { CounterShelf, Counters } from "../../log/counters.ts";
import type { EventLogReader } from "../../log/event-log.ts";
import type { ReplayJournals } from "../../log/replay-journal.ts";
import type { SnapshotShelf } from "../../log/snapshot-shelf.ts";
import type { EventIndex } from "../../query/event-index.ts";
import { counterFile } from "./counter-file.ts";
import { fileBlobs } from "./file-blobs.ts";
import { fileReplays } from "./file-replays.ts";
import { fileSnapshots } from "./file-snapshots.ts";
import { fileCursors } from "./file-cursors.ts";
import { layoutOf } from "./layout.ts";
import { openQueryIndex } from "./query-index/sqlite-index.ts";
import { type DiskFigures, diskFigures } from "./storage-figures.ts";

/** What a store in a folder has besides its log. */
export interface FilesParts {
  readonly index: EventIndex | undefined;
  readonly cursors: ConsumerCursors;
  readonly blobs: BlobStore;
  readonly counters: CounterShelf | undefined;
  readonly snapshotShelf: SnapshotShelf;
  readonly replays: ReplayJournals;
  readonly storageFigures: () => Promise<DiskFigures>;
}

/** The index, cursors, attachments and counters of the store in `base`. */
export function filesParts(
  base: string,
  log: EventLogReader,
  options: { index: boolean; access: "write" | "read" },
): FilesParts {
  const { storeId, incarnation } = log;
  const counters = counterFile(base);
  const readOnly: CounterShelf = { add: (_counters: Counters) => undefined, load: () => counters.load() };
  return {
    index: options.index
      ? openQueryIndex({
          path: layoutOf(base).indexFile,
          storeId,
          incarnation,
          readOnly: options.access === "read",
        })
      : undefined,
    cursors: fileCursors(base),
    blobs: fileBlobs(base),
    snapshotShelf: fileSnapshots(base),
    replays: fileReplays(base),
    counters: options.access === "write" ? counters : readOnly,
    storageFigures: () => Promise.resolve(diskFigures(base)),
  };
}
