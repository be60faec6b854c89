import { EvidenceError } from "../errors.ts";
import {
  type Checkpoint,
  checkpointText,
  isOrigin,
  parseCheckpoint,
  parseRoot,
  parseSize,
} from "./checkpoint.ts";
import { encodeBase64 } from "./base64.ts";
import { invalid } from "./invalid.ts";
import { formatNote, noteSignature, type NoteSignature, parseNote, signatureText } from "./note.ts";
import type { VerifierKey } from "./note-key.ts";
import { checkSignature, type SignatureHolds } from "./signature.ts";

/**
 * A tree head as this project keeps it: a C2SP checkpoint in a signed note. Where no key exists it has no signature:
 * the text and the blank line behind it, which no reader takes for a signed note.
 */
export interface Seal extends Checkpoint {
  /** The lines that are signed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A seal of a tree, with the signatures that it is to carry. */
export function sealOf(
  head: Omit<Checkpoint, "extensions">,
  signatures: readonly NoteSignature[] = [],
): Seal {
  return { ...head, extensions: [], text: checkpointText(head), signatures };
}

/** The seal's bytes. */
export function formatSeal({ text, signatures }: Seal): string {
  return formatNote({ text, signatures });
}

/**
 * Reads one seal, signed or not, strictly.
 * @throws EvidenceError when the text is none.
 */
export function parseSeal(source: string | Uint8Array): Seal {
  const text = typeof source === "string" ? source : Buffer.from(source).toString();
  const isUnsigned = text.endsWith("\n\n") && text.indexOf("\n\n") === text.length - 2;
  const note = isUnsigned ? { text: text.slice(0, -1), signatures: [] } : parseNote(source);
  return { ...parseCheckpoint(note.text), ...note };
}

/** What is known of a seal's signatures, given the keys that somebody trusts. */
export interface SignatureFindings {
  readonly hold: readonly SignatureHolds[];
  /** Of a known key, but not its signature: the seal must be refused. */
  readonly fail: readonly NoteSignature[];
  /** Of keys that are not known; they say nothing. */
  readonly unknown: readonly NoteSignature[];
}

/** Checks every signature of a seal that is of a known key. */
export function checkSignatures(seal: Seal, keys: readonly VerifierKey[]): SignatureFindings {
  const hold: SignatureHolds[] = [];
  const fail: NoteSignature[] = [];
  const unknown: NoteSignature[] = [];
  for (const signature of seal.signatures) {
    const key = keys.find(({ name, keyId }) => name === signature.name && keyId === signature.keyId);
    const holds = key === undefined ? undefined : checkSignature(key, seal.text, signature);
    if (key === undefined) unknown.push(signature);
    else if (holds === undefined) fail.push(signature);
    else hold.push(holds);
  }
  return { hold, fail, unknown };
}

/** What a one-line seal begins with. */
export const SEAL_LINE_WORD = "eso-checkpoint";
/** Signatures in one-line seals; longer ones, as of ML-DSA-44, stay in the note. */
const LINE_SIGNATURE_BYTES_MAX = 100;
const UNSIGNED = "unsigned";

/**
 * The seal in one line, for CI logs, git trailers and comments: `eso-checkpoint <origin> <size> <root> <signature>…`.
 * A signature of a key that is not named as the origin is written `<name>:<base64>`; a seal without any says
 * `unsigned`.
 */
export function sealLine({ origin, size, root, signatures }: Seal): string {
  const short = signatures.filter(({ signature }) => signature.length <= LINE_SIGNATURE_BYTES_MAX);
  const words = short.map((one) =>
    one.name === origin ? signatureText(one) : `${one.name}:${signatureText(one)}`,
  );
  return [
    SEAL_LINE_WORD,
    origin,
    size,
    encodeBase64(root),
    ...(words.length === 0 ? [UNSIGNED] : words),
  ].join(" ");
}

/**
 * Reads a one-line seal, strictly.
 * @throws EvidenceError when the line is none.
 */
export function parseSealLine(line: string): Seal {
  const [word, origin = "", sizeText = "", rootText = "", ...words] = line.split(" ");
  const [size, root] = [parseSize(sizeText), parseRoot(rootText)];
  if (word !== SEAL_LINE_WORD || !isOrigin(origin))
    throw invalid("one-line seal", `it is not ${SEAL_LINE_WORD} <origin> …`);
  if (size === undefined || root === undefined) throw invalid("one-line seal", "size or root is none");
  const signatures = words.join(" ") === UNSIGNED ? [] : words.map((one) => lineSignature(origin, one));
  if (words.length === 0 || signatures.some((one) => one === undefined))
    throw invalid("one-line seal", "a signature is none");
  return sealOf({ origin, size, root }, signatures as NoteSignature[]);
}

/** A signature of a one-line seal, or undefined when the word is none. */
export function lineSignature(origin: string, word: string): NoteSignature | undefined {
  const colon = word.lastIndexOf(":");
  return noteSignature(colon === -1 ? origin : word.slice(0, colon), word.slice(colon + 1));
}

/** A seal in a file of seals, and the line, from 1, that it begins in. */
export interface FiledSeal {
  readonly seal: Seal;
  readonly line: number;
}

/** What a file of seals holds. */
export interface SealFile {
  readonly seals: readonly FiledSeal[];
  /** Lines that belong to no seal: what a crash has left of one, or what does not belong there. */
  readonly torn: readonly { readonly line: number; readonly text: string }[];
}

/** What a line is made to end with that was never finished, so that it cannot pass for a shorter whole one. */
export const TORN = " (torn)";

/** Reads a file of seals, one after the other with an empty line between them. A torn one spoils no other. */
export function parseSealFile(text: string): SealFile {
  const seals: FiledSeal[] = [];
  const torn: { line: number; text: string }[] = [];
  const whole = text === "" || text.endsWith("\n") ? text : `${text}${TORN}\n`;
  const lines = whole.split("\n").slice(0, -1);
  for (let at = 0; at < lines.length;) {
    const end = sealEnd(lines, at);
    const seal = end === undefined ? undefined : readSeal(`${lines.slice(at, end).join("\n")}\n`);
    if (seal !== undefined && end !== undefined) {
      seals.push({ seal, line: at + 1 });
      at = end;
      continue;
    }
    const line = lines[at++]!;
    if (line !== "") torn.push({ line: at, text: line });
  }
  return { seals, torn };
}

/** Behind the last line of a seal that may begin at `at`. */
function sealEnd(lines: readonly string[], at: number): number | undefined {
  if (lines[at] === "" || lines[at + 3] !== "") return undefined;
  let end = at + 4;
  while (lines[end]?.startsWith("\u2014 ") === true) end++;
  return end;
}

function readSeal(text: string): Seal | undefined {
  try {
    return parseSeal(text);
  } catch (error) {
    if (error instanceof EvidenceError) return undefined;
    throw error;
  }
}
