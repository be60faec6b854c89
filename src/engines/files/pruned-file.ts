import { GLOBAL_STREAM } from "../../event/envelope.ts";
import { PrunedError } from "../../errors.ts";
import type { StoredLine } from "../../log/event-log.ts";
import { PRUNED_INPUT } from "../../log/pruned-fact.ts";
import { ArchiveReader, damagedArchive, piecesOf, writeArchive } from "./archive-file.ts";
import type { Disk } from "./disk.ts";
import { type Layout, prunedPath } from "./layout.ts";
import { splitLines } from "./partition-scan.ts";

export const PRUNED_SCHEMA = "eso.pruned/1";

/** The first line of what is left of a pruned file. */
export interface PrunedHeader {
  readonly schema: typeof PRUNED_SCHEMA;
  readonly store_id: string;
  readonly stream: string;
  readonly day: string;
  /** Of the file that was deleted: relative to the store, size and SHA-256 of its text. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly first_sequence: number;
  readonly last_sequence: number;
  /** RFC 6962 tree hash over the leaf hashes, in order of sequence, hex. */
  readonly range_root: string;
}

/** What is left of one line: enough to compute the store's tree, and to know the fact when it comes again. */
export interface PrunedLine {
  readonly position: number;
  readonly sequence: number;
  readonly leaf: string;
  /** Of the line, without its LF. */
  readonly bytes: number;
  readonly recorded_at: string;
  readonly event_id: string;
  readonly event_type: string;
  readonly idempotency_key?: string;
  /** Digest of what the caller gave: tells a retry from another fact under the same id. */
  readonly input: string;
}

/** Keeps what is to be left of a file, compressed; durable on return. */
export function writePruned(
  disk: Disk,
  layout: Layout,
  kept: { readonly header: PrunedHeader; readonly lines: Iterable<PrunedLine> },
): void {
  const path = prunedPath(layout, kept.header.stream, kept.header.day);
  writeArchive(disk, { base: layout.base, path }, { pieces: texts(kept), expected: undefined });
}

function* texts(kept: {
  readonly header: PrunedHeader;
  readonly lines: Iterable<PrunedLine>;
}): Generator<Uint8Array> {
  yield Buffer.from(`${JSON.stringify(kept.header)}\n`);
  for (const line of kept.lines) yield Buffer.from(`${JSON.stringify(line)}\n`);
}

/** What is left of a pruned file, or undefined when it was not pruned. */
export function readPruned(
  disk: Disk,
  layout: Layout,
  { stream, day }: { readonly stream: string; readonly day: string },
): { readonly header: PrunedHeader; readonly lines: () => Generator<PrunedLine> } | undefined {
  const path = prunedPath(layout, stream, day);
  if (disk.kind(path) !== "file") return undefined;
  const [first] = jsonLines(disk, path);
  const header = first as PrunedHeader | undefined;
  if (header?.schema !== PRUNED_SCHEMA || header.stream !== stream || header.day !== day)
    throw damagedArchive(path, "it does not say what was pruned");
  function* lines(): Generator<PrunedLine> {
    let isHeader = true;
    for (const line of jsonLines(disk, path)) {
      if (!isHeader) yield line as PrunedLine;
      isHeader = false;
    }
  }
  return { header, lines };
}

function* jsonLines(disk: Disk, path: string): Generator {
  const reader = ArchiveReader.open(disk, path);
  try {
    let rest = Buffer.alloc(0);
    for (const piece of piecesOf((into, offset) => reader.read(into, offset))) {
      const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      const { lines, used } = splitLines(bytes, 0);
      for (const line of lines) yield parsed(line.bytes, path);
      rest = Buffer.from(bytes.subarray(used));
    }
    if (rest.length > 0) throw damagedArchive(path, "its last line is not ended");
  } finally {
    reader.close();
  }
}

function parsed(bytes: Buffer, path: string): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    if (error instanceof SyntaxError) throw damagedArchive(path, "one of its lines is none", error);
    throw error;
  }
}

/** What a reader is told, once, who goes on without what was pruned. */
export function prunedNote(stream: string): string {
  return `some events of ${stream} were pruned and are left out; eso archive list shows which`;
}

/** The error for lines that are gone on purpose. */
export function prunedError(header: PrunedHeader): PrunedError {
  const { stream, day, file, first_sequence, last_sequence } = header;
  const of = stream === GLOBAL_STREAM ? "events without an issue" : stream;
  return new PrunedError(
    "ESO_PRUNED",
    `events ${first_sequence} to ${last_sequence} of ${of}, recorded on ${day}, were pruned`,
    {
      hint: "A backup from before may still have them; the StorePruned event says who decided it, and when.",
      details: { file, offset: 0 },
    },
  );
}

/** Stands for a pruned line inside the engine. Its bytes say who the event was, not what it said. */
export interface PrunedStandIn extends StoredLine {
  readonly pruned: PrunedLine;
}

/** The stand-ins for all lines of a pruned file, in order of sequence. */
export function* prunedLines(
  disk: Disk,
  layout: Layout,
  of: { readonly stream: string; readonly day: string },
): Generator<PrunedStandIn> {
  for (const pruned of readPruned(disk, layout, of)?.lines() ?? []) {
    const { position, sequence, recorded_at, event_id, event_type, idempotency_key, input } = pruned;
    const event = {
      event_id,
      event_type,
      event_sequence: sequence,
      ...(of.stream === GLOBAL_STREAM ? {} : { issue_key: of.stream }),
      ...(idempotency_key === undefined ? {} : { idempotency_key }),
      recorded_at,
      position,
      [PRUNED_INPUT]: input,
    };
    yield { stream: of.stream, sequence, position, bytes: Buffer.from(JSON.stringify(event)), pruned };
  }
}
