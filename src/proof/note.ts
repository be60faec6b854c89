import { decodeBase64, encodeBase64 } from "./base64.ts";
import { invalid } from "./invalid.ts";

/** One signature line of a C2SP signed note. */
export interface NoteSignature {
  readonly name: string;
  /** The key's id, 8 hex digits. */
  readonly keyId: string;
  /** What follows the key's id. */
  readonly signature: Buffer;
}

/** A C2SP signed note: text, and who signed it. Nothing in it may be believed before a signature was verified. */
export interface Note {
  /** Ends with LF; these bytes are signed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** More signatures than this are refused; every verifier takes at least 16. */
export const SIGNATURES_MAX = 100;
const KEY_ID_BYTES = 4;
const SIGNATURE_LINE = /^\u2014 (\S+) (\S+)$/u;
// oxlint-disable-next-line no-control-regex -- notes hold none
const CONTROLS = /[\u0000-\u0009\u000b-\u001f]/;
const SPACE_OR_PLUS = /[\s\u0085+]/u;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Whether a key may have this name: something, without spaces and without `+`. */
export function isKeyName(name: string): boolean {
  return name !== "" && !SPACE_OR_PLUS.test(name) && !CONTROLS.test(name);
}

/**
 * Takes a signed note apart, strictly by the byte.
 * @throws EvidenceError when it is none: not UTF-8, control characters, no blank line, other lines behind it.
 */
export function parseNote(source: string | Uint8Array): Note {
  const note = textOf(source);
  if (CONTROLS.test(note)) throw invalid("signed note", "it holds a control character");
  const split = note.lastIndexOf("\n\n");
  if (split === -1) throw invalid("signed note", "no blank line stands between text and signatures");
  const [text, rest] = [note.slice(0, split + 1), note.slice(split + 2)];
  if (!rest.endsWith("\n")) throw invalid("signed note", "its last line is not ended");
  const lines = rest.slice(0, -1).split("\n");
  if (lines.length > SIGNATURES_MAX) throw invalid("signed note", `over ${SIGNATURES_MAX} signatures`);
  return { text, signatures: lines.map(parseSignatureLine) };
}

function textOf(source: string | Uint8Array): string {
  if (typeof source === "string") {
    if (!source.isWellFormed()) throw invalid("signed note", "it is not UTF-8");
    return source;
  }
  try {
    return decoder.decode(source);
  } catch (error) {
    if (error instanceof TypeError) throw invalid("signed note", "it is not UTF-8");
    throw error;
  }
}

function parseSignatureLine(line: string): NoteSignature {
  const [, name = "", base64 = ""] = SIGNATURE_LINE.exec(line) ?? [];
  const signature = noteSignature(name, base64);
  if (signature === undefined) throw invalid("signed note", "a line behind the blank one is no signature");
  return signature;
}

/** A signature from the two parts of its line, or undefined when they are not what they must be. */
export function noteSignature(name: string, base64: string): NoteSignature | undefined {
  const bytes = decodeBase64(base64);
  if (!isKeyName(name) || bytes === undefined || bytes.length <= KEY_ID_BYTES) return undefined;
  return {
    name,
    keyId: bytes.subarray(0, KEY_ID_BYTES).toString("hex"),
    signature: bytes.subarray(KEY_ID_BYTES),
  };
}

/** The base64 part of a signature's line. */
export function signatureText({ keyId, signature }: NoteSignature): string {
  return encodeBase64(Buffer.concat([Buffer.from(keyId, "hex"), signature]));
}

/** The note's bytes. Without signatures: the text and a blank line, which is no signed note. */
export function formatNote({ text, signatures }: Note): string {
  const lines = signatures.map((one) => `\u2014 ${one.name} ${signatureText(one)}\n`);
  return `${text}\n${lines.join("")}`;
}
