import { decodeBase64, encodeBase64 } from "./base64.ts";
import { HASH_BYTES } from "./hash-tree.ts";
import { invalid } from "./invalid.ts";
import { isKeyName } from "./note.ts";

/** A tree head as C2SP tlog-checkpoint writes it. */
export interface Checkpoint {
  /** The log's name. */
  readonly origin: string;
  /** How many leaves. */
  readonly size: number;
  readonly root: Buffer;
  /** Lines that follow the root; this project writes none. */
  readonly extensions: readonly string[];
}

const SIZE = /^(?:0|[1-9]\d{0,15})$/;

/** The three lines that are signed. */
export function checkpointText({ origin, size, root }: Omit<Checkpoint, "extensions">): string {
  return `${origin}\n${size}\n${encodeBase64(root)}\n`;
}

/**
 * Reads a note's text as a checkpoint.
 * @throws EvidenceError when it is none.
 */
export function parseCheckpoint(text: string): Checkpoint {
  if (!text.endsWith("\n")) throw invalid("checkpoint", "its last line is not ended");
  const [origin = "", sizeText = "", rootText = "", ...extensions] = text.slice(0, -1).split("\n");
  if (origin === "") throw invalid("checkpoint", "it has no origin", 1);
  const size = parseSize(sizeText);
  if (size === undefined) throw invalid("checkpoint", "the size is no plain decimal number", 2);
  const root = parseRoot(rootText);
  if (root === undefined) throw invalid("checkpoint", "the root is not the base64 of 32 bytes", 3);
  if (extensions.includes("")) throw invalid("checkpoint", "an extension line is empty");
  return { origin, size, root, extensions };
}

/** A size as checkpoints write it: decimal, no leading zeros; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const size = SIZE.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(size) ? size : undefined;
}

/** A root as checkpoints write it, or undefined. */
export function parseRoot(text: string): Buffer | undefined {
  const root = decodeBase64(text);
  return root?.length === HASH_BYTES ? root : undefined;
}

/** Whether this project may use the name as an origin: it is a key's name too. */
export function isOrigin(text: string): boolean {
  return isKeyName(text);
}

const INCARNATION = /\/[1-9]\d*-[0-9a-f]{8}$/;

/** An origin without the mark of its incarnation. Stores with the same one descend from each other. */
export function originFamily(origin: string): string {
  return origin.replace(INCARNATION, "");
}

/**
 * The name under which a copied or restored store seals: one name never signs two histories. The number counts
 * incarnations, the digits keep two copies of one store apart.
 *
 * @example
 * ```ts
 * nextOrigin("example.org/eso/shop", "3f2a9c1b-…"); // "example.org/eso/shop/2-3f2a9c1b"
 * ```
 */
export function nextOrigin(origin: string, incarnation: string): string {
  const [mark = "/1-"] = INCARNATION.exec(origin) ?? [];
  const number = Number(mark.slice(1, mark.indexOf("-"))) + 1;
  return `${originFamily(origin)}/${number}-${incarnation.slice(0, 8)}`;
}
