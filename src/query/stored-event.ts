import type { StoredEvent } from "../event/envelope.ts";
import { damagedLine } from "../log/damaged-line.ts";
import type { StoredLine } from "../log/event-log.ts";

/**
 * The event on a line, just as it is stored.
 * @throws IntegrityError when the line is not JSON, which no writer of this store ever wrote.
 */
export function storedEvent(line: StoredLine): StoredEvent {
  const { bytes } = line;
  try {
    const event: StoredEvent = JSON.parse(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(),
    );
    return event;
  } catch (cause) {
    throw damagedLine(line, cause);
  }
}
