import type { Json, StoredEvent } from "../event/envelope.ts";

const NOT_ASCII = /[\u0080-\uffff]/;
const MARKS = /\p{M}+/gu;
const ASCII_WORD = /[a-z0-9]+/g;
const WORD = /[\p{L}\p{N}]+/gu;
const WORD_CHARACTER = /[\p{L}\p{N}]$/u;

/** Text as it is compared: compatibility forms unified, in lower case, without diacritics. */
export function folded(text: string): string {
  if (!NOT_ASCII.test(text)) return text.toLowerCase();
  return text.normalize("NFKD").toLowerCase().normalize("NFKD").replace(MARKS, "");
}

/** The words of a folded text: its longest runs of letters and digits. */
export function wordsOf(foldedText: string): readonly string[] {
  return foldedText.match(NOT_ASCII.test(foldedText) ? WORD : ASCII_WORD) ?? [];
}

/**
 * What a text filter searches: every string in `metadata` at any depth, the event's type, issue, actor,
 * branch and phase; folded, one a line.
 */
export function searchableText(event: StoredEvent): string {
  const texts: string[] = [event.event_type, event.actor.id];
  for (const text of [event.issue_key, event.branch, event.phase]) if (text !== undefined) texts.push(text);
  collect(event.metadata, texts);
  return folded(texts.join("\n"));
}

function collect(value: Json, texts: string[]): void {
  if (typeof value === "string") texts.push(value);
  else if (typeof value === "object" && value !== null) {
    for (const item of Object.values(value)) collect(item, texts);
  }
}

/** Whether some word of a folded text begins with `word`, which is a whole word of a folded query. */
export function hasWord(foldedText: string, word: string): boolean {
  for (let at = foldedText.indexOf(word); at >= 0; at = foldedText.indexOf(word, at + 1)) {
    if (at === 0 || !WORD_CHARACTER.test(foldedText.slice(Math.max(0, at - 2), at))) return true;
  }
  return false;
}
