import { createHash } from "node:crypto";

import { IntegrityError } from "../../errors.ts";
import type { FileContents } from "../../log/archive-shelf.ts";
import type { Disk } from "./disk.ts";
import { positionOf, sequenceOf, typeOf } from "./line-fields.ts";
import { scanLines } from "./partition-scan.ts";

/** A line of a closed file. */
export interface FileLine {
  readonly bytes: Buffer;
  readonly type: string;
  readonly sequence: number;
  readonly position: number;
}

const RECORDS: ReadonlySet<string> = new Set(["StoreArchived", "StoreArchiveRestored", "StorePruned"]);

/**
 * The lines of a file that takes no more of them.
 * @throws IntegrityError for bytes that are not one of the store's lines.
 */
export function* linesOfFile(disk: Disk, path: string): Generator<FileLine> {
  const file = disk.open(path, "read");
  try {
    const size = disk.size(file);
    let [number, end] = [0, 0];
    for (const lines of scanLines(disk, file, { from: 0, to: size })) {
      for (const { bytes, offset } of lines) {
        number++;
        end = offset + bytes.length + 1;
        yield fileLine(bytes) ?? damaged({ path, number, offset });
      }
    }
    if (end !== size) damaged({ path, number: number + 1, offset: end });
  } finally {
    disk.close(file);
  }
}

/** What a file holds, read from its first byte to its last. */
export function surveyed(disk: Disk, path: string): FileContents {
  const sum = createHash("sha256");
  let [first, last]: (FileLine | undefined)[] = [];
  let [events, bytes, onlyRecords] = [0, 0, true];
  for (const line of linesOfFile(disk, path)) {
    sum.update(line.bytes).update("\n");
    events++;
    bytes += line.bytes.length + 1;
    onlyRecords &&= RECORDS.has(line.type);
    first ??= line;
    last = line;
  }
  return {
    events,
    first_sequence: first?.sequence ?? 0,
    last_sequence: last?.sequence ?? 0,
    first_position: first?.position ?? 0,
    last_position: last?.position ?? 0,
    bytes,
    sha256: sum.digest("hex"),
    onlyRecords,
  };
}

function fileLine(bytes: Buffer): FileLine | undefined {
  const [position, sequence] = [positionOf(bytes), sequenceOf(bytes)];
  if (position === undefined || sequence === undefined) return undefined;
  return { bytes, type: typeOf(bytes), sequence, position };
}

function damaged({ path, number, offset }: { path: string; number: number; offset: number }): never {
  throw new IntegrityError(
    "ESO_LOG_DAMAGED",
    `${path} is damaged at line ${number}, byte ${offset}: it is no line of the store's`,
    {
      hint: "Nothing was changed. Bring the file back from a backup; other streams stay readable.",
      details: { file: path, line: number, offset },
    },
  );
}
