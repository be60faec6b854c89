import type { Finding } from "./finding.ts";

const BEGIN = /-----BEGIN (?:[A-Z0-9]{1,16} ){0,4}PRIVATE KEY(?: BLOCK)?-----/y;
const END = /-----END (?:[A-Z0-9]{1,16} ){0,4}PRIVATE KEY(?: BLOCK)?-----/g;
/** Lines of Base64 and of headers, with real or escaped line ends. */
const REST = /(?:[A-Za-z0-9+/=\s]|\\[nrt]|[A-Za-z-]{1,32}: |[,:"]){0,65536}/y;

/** The private key in PEM armour that begins here, to its end line or, where that was cut off, to its last. */
export function privateKeyAt(text: string, start: number): Finding | undefined {
  BEGIN.lastIndex = start;
  const begin = BEGIN.exec(text);
  if (begin === null) return undefined;
  END.lastIndex = BEGIN.lastIndex;
  const end = END.exec(text);
  const to = end === null ? bodyEnd(text, BEGIN.lastIndex) : END.lastIndex;
  return { start, end: to, rule: "private-key", random: false };
}

function bodyEnd(text: string, from: number): number {
  REST.lastIndex = from;
  REST.exec(text);
  return Math.max(from, REST.lastIndex);
}

/** Whether a text ends inside a private key, so that the next line of a list is a part of it. */
export function endsInsideKey(text: string): boolean {
  const begin = text.lastIndexOf("-----BEGIN ");
  return (
    begin !== -1 &&
    /PRIVATE KEY(?: BLOCK)?-----/.test(text.slice(begin, begin + 100)) &&
    !text.includes("-----END ", begin)
  );
}

/** A line of Base64, as between the first and the last line of a key. */
export const isKeyLine = (text: string): boolean =>
  /^\s*(?:[A-Za-z0-9+/=]{1,100}|[A-Za-z-]{1,32}: .{1,80}|)\s*$/.test(text);
