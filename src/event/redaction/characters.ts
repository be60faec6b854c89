/** Classes of characters as lookup tables: the scanner asks for each character of each text. */
const tableOf = (characters: string): Uint8Array => {
  const table = new Uint8Array(128);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
};

const DIGITS = "0123456789";
const LOWER = "abcdefghijklmnopqrstuvwxyz";
const UPPER = LOWER.toUpperCase();

export const WORD = tableOf(`${DIGITS}${LOWER}${UPPER}_`);
export const NAME = tableOf(`${DIGITS}${LOWER}${UPPER}_-.`);
const HEX = tableOf(`${DIGITS}abcdefABCDEF`);
const SCHEME = tableOf(`${DIGITS}${LOWER}${UPPER}+.-`);
const SLUG = tableOf(`${DIGITS}${LOWER}${UPPER}_-`);

const has = (table: Uint8Array, code: number): boolean => code < 128 && table[code] === 1;

export const isWordCode = (code: number): boolean => has(WORD, code);
export const isNameCode = (code: number): boolean => has(NAME, code);
export const isHexCode = (code: number): boolean => has(HEX, code);
export const isSchemeCode = (code: number): boolean => has(SCHEME, code);
export const isSlugCode = (code: number): boolean => has(SLUG, code);
export const isDigitCode = (code: number): boolean => code >= 48 && code <= 57;
export const isBlankCode = (code: number): boolean => code === 32 || code === 9;
export const isQuoteCode = (code: number): boolean => code === 34 || code === 39 || code === 96;
