import { createReadStream } from "node:fs";

import { type Loose, objectOf } from "./json.ts";

/** What could not be used of a file. */
export interface PassedOver {
  /** Lines that are no JSON object. */
  lines: number;
  /** Kinds of entries that are not known here, by kind. */
  readonly kinds: Map<string, number>;
}

export interface EntryOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: ((bytes: number) => void) | undefined;
  /** Looks at a line before it is parsed: false passes it over. */
  readonly wanted?: (line: string) => boolean;
  readonly passedOver?: PassedOver | undefined;
}

/** Pictures stand in transcripts as text; what is longer than this is no entry. */
const MAX_LINE_BYTES = 64 * 1_048_576;
const LINE_FEED = 0x0a;

/**
 * The entries of a transcript, read as they come. A last line without an end is still being written; lines that
 * are no JSON object are counted and passed over.
 */
export async function* readEntries(path: string, options: EntryOptions = {}): AsyncGenerator<Loose> {
  const { signal, onBytes, wanted = () => true, passedOver } = options;
  for await (const line of readLines(path, { signal, onBytes, passedOver })) {
    if (line.trim() === "" || !wanted(line)) continue;
    const entry = parsed(line);
    if (entry !== undefined) yield entry;
    else if (passedOver !== undefined) passedOver.lines += 1;
  }
}

function parsed(line: string): Loose | undefined {
  try {
    return objectOf(JSON.parse(line));
  } catch {
    return undefined;
  }
}

async function* readLines(
  path: string,
  { signal, onBytes, passedOver }: Pick<EntryOptions, "signal" | "onBytes" | "passedOver">,
): AsyncGenerator<string> {
  let pieces: Buffer[] = [];
  let size = 0;
  const chunks: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: 262_144 });
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      size += end - start;
      if (size > MAX_LINE_BYTES && passedOver !== undefined) passedOver.lines += 1;
      if (size <= MAX_LINE_BYTES)
        yield Buffer.concat([...pieces, chunk.subarray(start, end)]).toString("utf8");
      [pieces, size] = [[], 0];
      start = end + 1;
    }
    size += chunk.length - start;
    if (size <= MAX_LINE_BYTES) pieces.push(chunk.subarray(start));
    else pieces = [];
    onBytes?.(chunk.length);
  }
}
