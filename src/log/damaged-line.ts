import { IntegrityError } from "../errors.ts";
import type { StoredLine } from "./event-log.ts";

/** The error for a line whose bytes are not what was written: names file, line and offset where they are known. */
export function damagedLine(line: StoredLine, cause?: unknown): IntegrityError {
  const { place, stream, sequence } = line;
  const where =
    place === undefined ? stream : `${place.file} is damaged at line ${place.line}, byte ${place.offset}:`;
  const what = place === undefined ? "is damaged:" : stream;
  return new IntegrityError(
    "ESO_LOG_DAMAGED",
    `${where} ${what} sequence ${sequence} is not what was written`,
    {
      hint: "Nothing was changed. Compare the file with a backup; other streams stay readable.",
      details: place === undefined ? { file: stream } : { ...place },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
