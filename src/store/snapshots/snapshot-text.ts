import { hash } from "node:crypto";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";

import { orchestrationState, STATE_VERSION } from "../../projection/state/apply-event.ts";
import type { OrchestrationState } from "../../projection/state/orchestration-state.ts";

/** How a snapshot's state is written: as JSON, or as compressed JSON in base64. */
export type SnapshotEncoding = "json" | "zstd";

/** What a snapshot says of itself before its state. */
export interface SnapshotHead {
  readonly schema: typeof SCHEMA;
  readonly projection: string;
  readonly projection_version: number;
  readonly store_id: string;
  readonly stream: string;
  readonly from_sequence: 1;
  readonly to_sequence: number;
  /** Position, time of record and leaf hash of the last event that is covered. */
  readonly position: number;
  readonly recorded_at: string;
  readonly leaf_hash: string;
  /** When the latest of the covered events happened. */
  readonly greatest_timestamp: string;
  /** Bytes of the stream's lines up to here. */
  readonly log_bytes: number;
  readonly encoding: SnapshotEncoding;
}

/** Facts of the covered events; the rest of the head is the same for all snapshots. */
export type Covered = Omit<
  SnapshotHead,
  "schema" | "projection" | "projection_version" | "from_sequence" | "encoding"
>;

export interface Snapshot {
  readonly head: SnapshotHead;
  readonly state: OrchestrationState;
  /** SHA-256 over everything before it, hex. */
  readonly checksum: string;
}

const SCHEMA = "eso.snapshot/1";
/** No head is longer. */
export const SNAPSHOT_HEAD_BYTES = 2_048;
const STATE_KEY = ',"state":';
const CHECKSUM_KEY = ',"checksum":"';

/** Why a text is not a snapshot that can be used. */
export class SnapshotUnusable extends Error {}

/** The text of a snapshot file: one JSON object, the head first, the checksum last. */
export function snapshotText(
  covered: Covered,
  state: OrchestrationState,
  encoding: SnapshotEncoding,
): { readonly text: string; readonly checksum: string } {
  const { store_id, stream, to_sequence, position, recorded_at, leaf_hash, greatest_timestamp, log_bytes } =
    covered;
  const head: SnapshotHead = {
    schema: SCHEMA,
    projection: orchestrationState.name,
    projection_version: STATE_VERSION,
    store_id,
    stream,
    from_sequence: 1,
    to_sequence,
    position,
    recorded_at,
    leaf_hash,
    greatest_timestamp,
    log_bytes,
    encoding,
  };
  const json = JSON.stringify(state);
  const written = encoding === "json" ? json : `"${zstdCompressSync(json).toString("base64")}"`;
  const body = JSON.stringify(head).slice(0, -1) + STATE_KEY + written;
  const checksum = hash("sha256", body);
  return { text: `${body}${CHECKSUM_KEY}${checksum}"}\n`, checksum };
}

/**
 * Reads the head from the beginning of a snapshot's text. Nothing is checked but its form: good for choosing a
 * snapshot, which is then read wholly.
 */
export function readSnapshotHead(text: string): SnapshotHead | undefined {
  const end = text.indexOf(STATE_KEY);
  if (end === -1) return undefined;
  try {
    const head = JSON.parse(`${text.slice(0, end)}}`) as SnapshotHead;
    return head.schema === SCHEMA ? head : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Reads a snapshot of this stream and sequence.
 * @throws SnapshotUnusable when it is damaged, foreign, or of another version of the projection.
 */
export function readSnapshot(
  text: string,
  expected: { readonly store_id: string; readonly stream: string; readonly sequence: number },
): Snapshot {
  const end = text.lastIndexOf(CHECKSUM_KEY);
  const body = text.slice(0, Math.max(0, end));
  const checksum = text.slice(end + CHECKSUM_KEY.length, end + CHECKSUM_KEY.length + 64);
  if (end === -1 || text !== `${body}${CHECKSUM_KEY}${checksum}"}\n` || hash("sha256", body) !== checksum)
    throw new SnapshotUnusable("is damaged: its checksum does not fit");
  const head = readSnapshotHead(text);
  if (head === undefined) throw new SnapshotUnusable("is not a snapshot of a known form");
  if (head.store_id !== expected.store_id || head.stream !== expected.stream)
    throw new SnapshotUnusable(`is of another ${head.store_id === expected.store_id ? "stream" : "store"}`);
  if (head.to_sequence !== expected.sequence)
    throw new SnapshotUnusable(`covers events to ${head.to_sequence}, not to ${expected.sequence}`);
  if (head.projection !== orchestrationState.name || head.projection_version !== STATE_VERSION)
    throw new SnapshotUnusable(`was made by version ${head.projection_version} of ${head.projection}`);
  return { head, state: stateOf(body, head.encoding), checksum };
}

function stateOf(body: string, encoding: SnapshotEncoding): OrchestrationState {
  const written = body.slice(body.indexOf(STATE_KEY) + STATE_KEY.length);
  const json =
    encoding === "json"
      ? written
      : zstdDecompressSync(Buffer.from(written.slice(1, -1), "base64")).toString();
  return JSON.parse(json) as OrchestrationState;
}
