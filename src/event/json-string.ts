/** Character codes of JSON's punctuation. */
export const QUOTE = 0x22;
export const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** Index of the quote that ends the string whose opening quote stands at `start`; -1 when there is none. */
export function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, index: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(index - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}
