import type { StoredEvent } from "./envelope.ts";
import { createUpcaster, type UpcasterOptions } from "./upcast.ts";

/** Reads stored lines. Loads no validator: what is stored has passed the door. */
export interface EventDecoder {
  /** The event in the newest shape of its type. */
  decode(bytes: Uint8Array): StoredEvent;
  /** The event exactly as it was stored. */
  decodeRaw(bytes: Uint8Array): StoredEvent;
}

const UTF8 = new TextDecoder();

/**
 * A decoder for readers that never write.
 *
 * @throws ConfigError when the migrations cannot be used.
 */
export function createDecoder(options: UpcasterOptions = {}): EventDecoder {
  const upcast = createUpcaster(options);
  return { decode: (bytes) => upcast(decodeRaw(bytes)), decodeRaw };
}

/** The event of a stored line, exactly as it was stored. */
export function decodeRaw(bytes: Uint8Array): StoredEvent {
  return JSON.parse(UTF8.decode(bytes)) as StoredEvent;
}
