import { IntegrityError } from "../errors.ts";
import type { StoredEvent } from "../event/envelope.ts";
import type { StoredLine } from "../log/event-log.ts";

/**
 * The event on a line, just as it is stored.
 * @throws IntegrityError when the line is not JSON, which no writer of this store ever wrote.
 */
export function storedEvent({ stream, sequence, bytes }: StoredLine): StoredEvent {
  try {
    const event: StoredEvent = JSON.parse(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(),
    );
    return event;
  } catch (cause) {
    throw new IntegrityError(
      "ESO_LOG_DAMAGED",
      `${stream} sequence ${sequence} is damaged: its line is not JSON`,
      {
        hint: `Run eso verify ${stream} for the place and the way out.`,
        details: { file: stream },
        cause,
      },
    );
  }
}
