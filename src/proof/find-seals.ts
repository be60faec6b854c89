import { isOrigin, parseRoot, parseSize } from "./checkpoint.ts";
import { noteSignature, type NoteSignature } from "./note.ts";
import { lineSignature, type Seal, sealOf } from "./seal.ts";

/** A seal found in some text; `line` counts from 1. */
export interface FoundSeal {
  readonly seal: Seal;
  readonly line: number;
}

// oxlint-disable-next-line no-control-regex -- colours of a CI log
const COLOURS = /\u001b\[[0-9;]*[A-Za-z]/g;
const LINE_FORM =
  /(?:eso-checkpoint:?\s+){1,2}(\S+)\s+(\d{1,16})\s+([A-Za-z0-9+/]{43}=)((?:\s+[^\s`"'<>()]+)*)/gi;
/** A dash as it stands, or as mail and wiki programs change it. */
const SIGNATURE = /(?:^|[\s>|*])(?:\u2014|\u2013|--?|&mdash;)\s+(\S+)\s+([A-Za-z0-9+/]+={0,2})\s*$/u;
/** What quoting, tables and code spans put before and behind a word. */
const AROUND = /^[>|*`"'(\s]+|[|*`"')\s]+$/g;

/**
 * Finds seals in any text: whole notes and one-line forms, in the log of a CI run with its prefixes, in a quoted
 * mail, in a comment, in a git trailer. Nothing found is believed for being there: its signatures, or the log that
 * it is compared with, have to hold.
 *
 * @example
 * ```ts
 * for (const { seal } of findSeals(ciLog)) console.log(seal.origin, seal.size);
 * ```
 */
export function findSeals(text: string): FoundSeal[] {
  const lines = text.replaceAll(COLOURS, "").split(/\r\n|\n|\r/);
  const found: FoundSeal[] = [];
  for (const [at, line] of lines.entries()) {
    for (const seal of lineSeals(line)) found.push({ seal, line: at + 1 });
    const seal = noteAround(lines, at);
    if (seal !== undefined) found.push({ seal, line: at - 1 });
  }
  return found;
}

function* lineSeals(line: string): Generator<Seal> {
  for (const [, origin = "", sizeText = "", rootText = "", rest = ""] of line.matchAll(LINE_FORM)) {
    const [size, root] = [parseSize(sizeText), parseRoot(rootText)];
    if (size === undefined || root === undefined || !isOrigin(origin)) continue;
    const signatures: NoteSignature[] = [];
    for (const word of rest.trim().split(/\s+/)) {
      const signature = lineSignature(origin, word);
      if (signature === undefined) break;
      signatures.push(signature);
    }
    yield sealOf({ origin, size, root }, signatures);
  }
}

/** The note whose root stands in this line: origin and size above it, signatures below. */
function noteAround(lines: readonly string[], at: number): Seal | undefined {
  const root = parseRoot(lastWord(lines[at]));
  const size = root === undefined ? undefined : parseSize(lastWord(lines[at - 1]));
  const origin = size === undefined ? "" : lastWord(lines[at - 2]);
  if (root === undefined || size === undefined || !isOrigin(origin)) return undefined;
  const signatures: NoteSignature[] = [];
  // The blank line may carry a prefix, or have been lost.
  for (let line = at + 1; line < lines.length; line++) {
    const signature = signatureIn(lines[line]!);
    if (signature !== undefined) signatures.push(signature);
    else if (line > at + 1) break;
  }
  return sealOf({ origin, size, root }, signatures);
}

function signatureIn(line: string): NoteSignature | undefined {
  const [, name = "", base64 = ""] = SIGNATURE.exec(line.replace(/[|*`\s]+$/, "")) ?? [];
  return noteSignature(name, base64);
}

function lastWord(line: string | undefined): string {
  return line?.replaceAll(AROUND, "").split(/\s+/).at(-1)?.replaceAll(AROUND, "") ?? "";
}
