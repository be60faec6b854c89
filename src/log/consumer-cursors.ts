/** Where a named consumer's acknowledged position is kept. */
export interface ConsumerCursors {
  /** The cursor that was acknowledged last; undefined for a new consumer. */
  load(consumer: string): string | undefined;
  /** Replaces it; durable on return. */
  save(consumer: string, cursor: string): void;
}

/** Cursors that live as long as the store object; for the memory engine. */
export function memoryCursors(): ConsumerCursors {
  const cursors = new Map<string, string>();
  return {
    load: (consumer) => cursors.get(consumer),
    save: (consumer, cursor) => void cursors.set(consumer, cursor),
  };
}
