import assert from "node:assert/strict";
import { createHash } from "node:crypto";

import { ENVELOPE_FIELDS, GLOBAL_STREAM, MAX_LINE_BYTES, type StoredEvent } from "../../event/envelope.ts";
import type { EventLogReader, StoredLine, StreamInfo } from "../../log/event-log.ts";
import { eventOf, last, placed, readAll, readStream, textOf } from "./driver.ts";

const ISO_MILLISECONDS = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/**
 * Recomputes from the stored bytes everything that holds for any log at any moment: dense order, hash chains,
 * form of the lines, and that all ways of reading agree. Shares no code with the append path.
 */
export async function assertSound(log: EventLogReader): Promise<void> {
  const lines = await readAll(log);
  for (const line of lines) assertLineForm(line);
  if (log.capabilities.totalOrder) assertOrderOfRecord(lines);
  const streams = Map.groupBy(lines, ({ stream }) => stream);
  for (const [stream, ofStream] of streams) {
    assertChain(log.storeId, stream, ofStream);
    const read = await readStream(log, stream);
    assert.deepEqual(read.map(placed), ofStream.map(placed), `${stream} reads as in the whole log`);
  }
  await assertStreamInfos(log, streams);
  if (log.capabilities.totalOrder) await assertHead(log, lines);
}

function assertLineForm(line: StoredLine): void {
  assert(line.bytes instanceof Uint8Array);
  assert(!line.bytes.includes(0x0a), "a line's bytes hold no LF");
  assert(line.bytes.length <= MAX_LINE_BYTES, "a line is within the limit");
  const event = eventOf(line);
  const where = `${line.stream} ${line.sequence}`;
  assert.equal(event.event_sequence, line.sequence, `${where}: sequence`);
  assert.equal(event.position, line.position, `${where}: position`);
  assert.equal(event.issue_key ?? GLOBAL_STREAM, line.stream, `${where}: stream`);
  assertFieldOrder(event, where);
  assert.equal(JSON.stringify(event), textOf(line), `${where}: compact JSON`);
  assert.match(event.recorded_at, ISO_MILLISECONDS);
  assert.match(event.timestamp, ISO_MILLISECONDS);
}

function assertFieldOrder(event: StoredEvent, where: string): void {
  const fields = Object.keys(event);
  const inOrder = ENVELOPE_FIELDS.filter((field) => field in event);
  assert.deepEqual(fields, inOrder, `${where}: the contract's fields in the contract's order`);
}

function assertOrderOfRecord(lines: readonly StoredLine[]): void {
  let recordedAt = "";
  for (const [index, line] of lines.entries()) {
    assert.equal(line.position, index + 1, "positions are dense from 1");
    const event = eventOf(line);
    assert(event.recorded_at >= recordedAt, `recorded_at decreases at position ${line.position}`);
    recordedAt = event.recorded_at;
  }
}

function assertChain(storeId: string, stream: string, lines: readonly StoredLine[]): void {
  let previous = sha256(`eso-stream-genesis/v1\n${storeId}\n${stream}\n`);
  for (const [index, line] of lines.entries()) {
    assert.equal(line.sequence, index + 1, `sequences of ${stream} are dense from 1`);
    assert.equal(eventOf(line).prev_hash, previous, `prev_hash of ${stream} ${line.sequence}`);
    previous = leafHashOf(line.bytes);
  }
}

/** RFC 6962 leaf hash of a line's bytes. */
export function leafHashOf(bytes: Uint8Array): string {
  return sha256(Buffer.concat([Buffer.of(0), bytes]));
}

/** Hex SHA-256. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

async function assertStreamInfos(
  log: EventLogReader,
  streams: ReadonlyMap<string, readonly StoredLine[]>,
): Promise<void> {
  const listed = new Map<string, StreamInfo>();
  for await (const info of log.streams()) {
    assert(!listed.has(info.stream), `${info.stream} is listed once`);
    listed.set(info.stream, info);
  }
  assert.deepEqual([...listed.keys()].sort(), [...streams.keys()].sort(), "streams() lists every stream");
  for (const [stream, lines] of streams) {
    const end = last(lines);
    const expected: StreamInfo = {
      stream,
      head_sequence: end.sequence,
      last_position: end.position,
      last_recorded_at: eventOf(end).recorded_at,
    };
    assert.deepEqual(listed.get(stream), expected, `streams() on ${stream}`);
    assert.deepEqual(await log.stream(stream), expected, `stream(${stream})`);
  }
}

async function assertHead(log: EventLogReader, lines: readonly StoredLine[]): Promise<void> {
  const end = lines.at(-1);
  const recorded_at = end === undefined ? undefined : eventOf(end).recorded_at;
  assert.deepEqual(await log.head(), { position: lines.length, recorded_at }, "head() is the last line");
}
