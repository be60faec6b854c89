/**
 * Characters that could move the cursor, change colours, hide text or reverse its reading: C0 and C1 controls,
 * soft hyphen, zero-width space, bidi marks, embeddings and isolates, line separators, invisible operators, byte
 * order marks, annotations, tags, and lone surrogates. The joiners U+200C and U+200D stay: words need them.
 */
const HOSTILE =
  // oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\p{Cs}]/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** The text with every hostile character written out, such as `\u001b` for an escape. Always one line. */
export function escaped(text: string): string {
  return text.replace(HOSTILE, (found) => SHORT[found] ?? inUnits(found));
}

/** The same JSON value, hostile characters written as JSON escapes, for looking at it on a terminal. */
export function escapedJson(json: string): string {
  return json.replace(HOSTILE, (found) => (found === "\n" ? found : inUnits(found)));
}

function inUnits(text: string): string {
  return Array.from({ length: text.length }, (_, at) => {
    return `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`;
  }).join("");
}

/** Text that may be printed as it is: its foreign parts are escaped. Only `safe` and `Paint` make it. */
export class SafeText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What can be printed. Plain strings are escaped on the way out. */
export type Text = string | number | SafeText;

/**
 * Joins texts; plain ones are escaped, so that no event text can speak to the terminal.
 *
 * @example
 * ```ts
 * await out.line(safe`${paint("bold", event.issue_key)}  ${summary}`);
 * ```
 */
export function safe(parts: TemplateStringsArray, ...values: readonly Text[]): SafeText {
  return new SafeText(
    parts.map((part, at) => part + (at < values.length ? printable(values[at]!) : "")).join(""),
  );
}

/** Joins texts with a separator of our own. */
export function joined(texts: readonly Text[], separator: string): SafeText {
  return new SafeText(texts.map(printable).join(separator));
}

/** What goes to the terminal. */
export function printable(text: Text): string {
  if (text instanceof SafeText) return text.text;
  return typeof text === "number" ? String(text) : escaped(text);
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const NARROW_ONLY = /^[\u0020-\u007e]*$/;
const ZERO_WIDTH = /[\p{M}\u200c\u200d]/u;

/** Columns that escaped text takes on a terminal. */
export function columnsOf(text: string): number {
  if (NARROW_ONLY.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += widthOf(character);
  return columns;
}

/** Escaped text cut to so many columns, with an ellipsis where something is missing. */
export function cut(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let used = 1;
  let kept = "";
  for (const character of text) {
    used += widthOf(character);
    if (used > columns) break;
    kept += character;
  }
  return columns < 1 ? "" : `${kept.trimEnd()}…`;
}

function widthOf(character: string): number {
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Escaped text filled up to so many columns. */
export function padded(text: string, columns: number, side: "left" | "right" = "right"): string {
  const fill = " ".repeat(Math.max(0, columns - columnsOf(text)));
  return side === "left" ? fill + text : text + fill;
}
