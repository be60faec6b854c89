import { crc32 } from "node:zlib";

/** How a frame's writer promised to keep it: g(roup) and s(ync) flush before they acknowledge, o(s) does not. */
export type FrameMode = "g" | "s" | "o";

/** One event inside a frame: its place in the log and in its own file. */
export interface FrameEvent {
  readonly stream: string;
  /** Where the line starts in the stream's file of the frame's day. */
  readonly fileOffset: number;
  /** Bytes of the line without LF. */
  readonly length: number;
  readonly sequence: number;
  readonly position: number;
  readonly recordedMs: number;
  /** `GIVEN` bits of the input, and `CHANGES_RUN`. */
  readonly flags: number;
  readonly idHash: number;
  /** -1 when the event has no natural key. */
  readonly keyHash: number;
  /** The journal that holds the line, and where in it the line starts. */
  readonly journal: number;
  readonly lineAt: number;
  /** Known of events that this process wrote itself; for others the line says it. */
  readonly type: string | undefined;
  readonly leafHash: string | undefined;
  /** The event before it in its stream, as far as it is held in memory too; linked by `Tail`. */
  before: FrameEvent | undefined;
}

export interface FrameHeader {
  readonly frame: number;
  readonly firstPosition: number;
  readonly count: number;
  /** Bytes of the body behind the header. */
  readonly bytes: number;
  readonly mode: FrameMode;
  readonly recordedMs: number;
  readonly previousCrc: number;
  readonly crc: number;
}

/** What a journal says of itself in its first line, so that its chain continues the one before it. */
export interface JournalStart {
  readonly journal: number;
  readonly storeId: string;
  readonly frame: number;
  readonly position: number;
  readonly crc: number;
  readonly recordedMs: number;
}

export const HEADER_BYTES = 128;
/** Larger bodies are refused: the reader of a damaged length must not allocate without bound. */
export const BODY_BYTES_MAX = 256 * 1024 * 1024;

/** Set in `flags` of an event that changes what is known of its stream's runs, so that nobody reads the others. */
export const CHANGES_RUN = 64;

const LF = 10;
const SPACE = 32;

function fixedLine(text: string): Buffer {
  return Buffer.from(`${text.padEnd(HEADER_BYTES - 1)}\n`, "latin1");
}

/** The first line of a journal. */
export function encodeStart(start: JournalStart): Buffer {
  const text = `J 1 ${start.journal} ${start.storeId} ${start.frame} ${start.position} ${start.crc} ${start.recordedMs}`;
  return fixedLine(`${text} ${crc32(text)}`);
}

/** What a journal's first line says, or undefined when it is torn or not one. */
export function decodeStart(bytes: Uint8Array): JournalStart | undefined {
  const words = Buffer.from(bytes).toString("latin1").trimEnd().split(" ");
  if (words.length !== 9 || words[0] !== "J" || words[1] !== "1") return undefined;
  if (crc32(words.slice(0, 8).join(" ")) !== Number(words[8])) return undefined;
  const [journal, frame, position, crc, recordedMs] = [words[2], words[4], words[5], words[6], words[7]].map(
    Number,
  );
  return { journal, storeId: words[3], frame, position, crc, recordedMs } as JournalStart;
}

/** What goes into a frame besides its lines. */
export interface FrameTicket {
  readonly frame: number;
  readonly firstPosition: number;
  readonly mode: FrameMode;
  readonly recordedMs: number;
  readonly previousCrc: number;
}

/** The header of one event's line inside a frame's body. */
export function eventHeader(event: EventPlace): string {
  return `${event.stream} ${event.fileOffset} ${event.length} ${event.sequence} ${event.flags} ${event.idHash} ${event.keyHash}\n`;
}

export type EventPlace = Pick<
  FrameEvent,
  "stream" | "fileOffset" | "length" | "sequence" | "flags" | "idHash" | "keyHash"
>;

/** The events of a frame in the making: their headers and their lines, both with LF. */
export interface FrameBody {
  readonly headers: readonly string[];
  readonly lines: readonly Buffer[];
  /** Of all headers and lines together. */
  readonly bytes: number;
}

/** A whole frame: fixed-width header, then the body. The CRC covers the header's other words and the body. */
export function encodeFrame(ticket: FrameTicket, body: FrameBody): { bytes: Buffer; crc: number } {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + body.bytes);
  let at = HEADER_BYTES;
  for (let index = 0; index < body.lines.length; index++) {
    at += bytes.write(body.headers[index] as string, at);
    at += (body.lines[index] as Buffer).copy(bytes, at);
  }
  const words = `F ${ticket.frame} ${ticket.firstPosition} ${body.lines.length} ${body.bytes} ${ticket.mode} ${ticket.recordedMs} ${ticket.previousCrc}`;
  const crc = crc32(bytes.subarray(HEADER_BYTES), crc32(words));
  fixedLine(`${words} ${crc}`).copy(bytes, 0);
  return { bytes, crc };
}

/** The header at the start of `bytes`, or undefined when no frame starts there. */
export function decodeHeader(bytes: Buffer): FrameHeader | undefined {
  if (bytes.length < HEADER_BYTES || bytes[0] !== 70 || bytes[HEADER_BYTES - 1] !== LF) return undefined;
  const words = bytes
    .toString("latin1", 0, HEADER_BYTES - 1)
    .trimEnd()
    .split(" ");
  if (words.length !== 9) return undefined;
  const [frame, firstPosition, count, size] = words.slice(1, 5).map(Number);
  const [recordedMs, previousCrc, crc] = words.slice(6, 9).map(Number);
  const mode = words[5];
  if (mode !== "g" && mode !== "s" && mode !== "o") return undefined;
  const header = {
    frame,
    firstPosition,
    count,
    bytes: size,
    mode,
    recordedMs,
    previousCrc,
    crc,
  } as FrameHeader;
  const numbers = [frame, firstPosition, count, size, recordedMs, previousCrc, crc];
  return numbers.every((number) => Number.isSafeInteger(number)) && header.bytes <= BODY_BYTES_MAX
    ? header
    : undefined;
}

/** Whether header and body are what was written, and follow the frame before. */
export function frameHolds(
  header: FrameHeader,
  bytes: Buffer,
  expected: { frame: number; crc: number },
): boolean {
  if (header.frame !== expected.frame || header.previousCrc !== expected.crc) return false;
  const words = bytes.toString("latin1", 0, HEADER_BYTES - 1).trimEnd();
  const covered = words.slice(0, words.lastIndexOf(" "));
  return crc32(bytes.subarray(HEADER_BYTES, HEADER_BYTES + header.bytes), crc32(covered)) === header.crc;
}

/** The events of a frame whose CRC held; `bytes` start at the frame's header, which stands at `start`. */
export function decodeEvents(
  header: FrameHeader,
  bytes: Buffer,
  place: { journal: number; start: number },
): FrameEvent[] {
  const events: FrameEvent[] = [];
  let at = HEADER_BYTES;
  for (let index = 0; index < header.count; index++) {
    const end = bytes.indexOf(LF, at);
    const space = bytes.indexOf(SPACE, at);
    const numbers = bytes
      .toString("latin1", space + 1, end)
      .split(" ")
      .map(Number) as FrameNumbers;
    const [fileOffset, length, sequence, flags, idHash, keyHash] = numbers;
    events.push({
      stream: bytes.toString("utf8", at, space),
      fileOffset,
      length,
      sequence,
      position: header.firstPosition + index,
      recordedMs: header.recordedMs,
      flags,
      idHash,
      keyHash,
      journal: place.journal,
      lineAt: place.start + end + 1,
      type: undefined,
      leafHash: undefined,
      before: undefined,
    });
    at = end + 2 + length;
  }
  return events;
}

type FrameNumbers = [number, number, number, number, number, number];
