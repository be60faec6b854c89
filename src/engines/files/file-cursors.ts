import { join } from "node:path";

import type { ConsumerCursors } from "../../log/consumer-cursors.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { readWhole, writeAtomic } from "./write-atomic.ts";

/** Consumers' cursors as small files in `.store/cursors`, replaced as a whole. */
export function fileCursors(base: string, disk: Disk = nodeDisk): ConsumerCursors {
  const layout: Layout = layoutOf(base);
  const pathOf = (consumer: string): string =>
    join(layout.cursors, `${Buffer.from(consumer).toString("hex")}.json`);
  return {
    load(consumer) {
      const bytes = disk.kind(layout.cursors) === undefined ? undefined : readWhole(disk, pathOf(consumer));
      return bytes === undefined ? undefined : (JSON.parse(bytes.toString()) as { cursor: string }).cursor;
    },
    save(consumer, cursor) {
      disk.makeFolder(layout.cursors);
      writeAtomic(disk, pathOf(consumer), `${JSON.stringify({ consumer, cursor })}\n`);
    },
  };
}
