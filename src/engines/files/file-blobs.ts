import { join } from "node:path";

import type { BlobStore } from "../../log/blob-store.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import { layoutOf } from "./layout.ts";
import { readWhole, writeAtomic } from "./write-atomic.ts";

/** Attachments as files in `.store/blobs`, named by their digest. */
export function fileBlobs(base: string, disk: Disk = nodeDisk): BlobStore {
  const { blobs } = layoutOf(base);
  return {
    put(sha256, bytes) {
      const path = join(blobs, sha256);
      disk.makeFolder(blobs);
      if (disk.sizeAt(path) !== bytes.length) writeAtomic(disk, path, bytes);
    },
    get: (sha256) => readWhole(disk, join(blobs, sha256)),
  };
}
