const QUOTE = 34;
const ZERO = 48;
const NINE = 57;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** `,"prev_hash":"<64 hex>"}` ends every stored line. */
const HASH_SUFFIX_BYTES = 14 + 64 + 2;
const POSITION_FIELD = Buffer.from('"position":');
/** `{"event_id":"<36 characters>","event_type":"` begins every stored line. */
const TYPE_AT = 65;
const VERSION_FIELD = Buffer.from(',"event_version":"');
/** `,"timestamp":"<24 characters>",` stands between version and sequence. */
const TIMESTAMP_BYTES = 14 + 24 + 2;
const SEQUENCE_FIELD = Buffer.from('"event_sequence":');

function holdsAt(line: Uint8Array, at: number, field: Uint8Array): boolean {
  for (let index = 0; index < field.length; index++) {
    if (line[at + index] !== field[index]) return false;
  }
  return true;
}

function quoteBehind(line: Uint8Array, at: number): number {
  let end = at;
  while (end < line.length && line[end] !== QUOTE) end++;
  return end;
}

/**
 * The position that a stored line says it has, or undefined when its ends are not those of one. Read from its
 * fixed place without parsing, since readers ask for every line.
 */
export function positionOf(line: Uint8Array): number | undefined {
  if (line[0] !== OPEN_BRACE || line[line.length - 1] !== CLOSE_BRACE) return undefined;
  const end = line.length - HASH_SUFFIX_BYTES;
  let position = 0;
  let scale = 1;
  let at = end - 1;
  for (; at > 0; at--) {
    const byte = line[at] as number;
    if (byte < ZERO || byte > NINE) break;
    position += (byte - ZERO) * scale;
    scale *= 10;
  }
  const start = at + 1 - POSITION_FIELD.length;
  return scale > 1 && start > 0 && holdsAt(line, start, POSITION_FIELD) ? position : undefined;
}

/** The event type of a line that has a sequence. */
export function typeOf(line: Buffer): string {
  return line.toString("utf8", TYPE_AT, quoteBehind(line, TYPE_AT));
}

/** The leaf hash of the line before it in its stream, of a line that has a position. */
export function prevHashOf(line: Buffer): string {
  return line.toString("latin1", line.length - 66, line.length - 2);
}

/** The sequence that a stored line says it has, or undefined when it does not begin like one. */
export function sequenceOf(line: Uint8Array): number | undefined {
  const versionAt = quoteBehind(line, TYPE_AT) + 1;
  if (!holdsAt(line, versionAt, VERSION_FIELD)) return undefined;
  const versionEnd = quoteBehind(line, versionAt + VERSION_FIELD.length);
  const fieldAt = versionEnd + 1 + TIMESTAMP_BYTES;
  if (!holdsAt(line, fieldAt, SEQUENCE_FIELD)) return undefined;
  let sequence = 0;
  for (let at = fieldAt + SEQUENCE_FIELD.length; ; at++) {
    const byte = line[at] ?? 0;
    if (byte < ZERO || byte > NINE) return sequence;
    sequence = sequence * 10 + byte - ZERO;
  }
}
