import { decodeBase64, encodeBase64 } from "./base64.ts";
import { parseRoot, parseSize } from "./checkpoint.ts";
import { invalid } from "./invalid.ts";
import { formatSeal, parseSeal, type Seal } from "./seal.ts";
import { inclusionHolds } from "./tree-proof.ts";

/** That one line is in the log, checkable with nothing but this, the line and a public key (c2sp.org/tlog-proof). */
export interface TlogProof {
  /** The leaf's number from 0: its position less one. */
  readonly index: number;
  /** From the leaf's neighbour up. */
  readonly proof: readonly Uint8Array[];
  /** The seal whose root they lead to. */
  readonly seal: Seal;
  /** Opaque, and not covered by any proof. */
  readonly extra?: Uint8Array;
}

const HEADER = "c2sp.org/tlog-proof@v1";
/** A path is never longer: sizes end at 2^63. */
const STEPS_MAX = 63;

/** The file's text. */
export function formatTlogProof({ index, proof, seal, extra }: TlogProof): string {
  const head = extra === undefined ? [HEADER] : [HEADER, `extra ${encodeBase64(extra)}`];
  const lines = [...head, `index ${index}`, ...proof.map(encodeBase64), ""];
  return `${lines.join("\n")}\n${formatSeal(seal)}`;
}

/**
 * Reads a `.tlog-proof` file, strictly.
 * @throws EvidenceError when it is none.
 */
export function parseTlogProof(text: string): TlogProof {
  const split = text.indexOf("\n\n");
  if (split === -1) throw invalid("tlog-proof", "no blank line stands before the checkpoint");
  const [first, ...lines] = text.slice(0, split).split("\n");
  if (first !== HEADER) throw invalid("tlog-proof", `it does not begin ${HEADER}`, 1);
  const extra = lines[0]?.startsWith("extra ") === true ? decodeBase64(lines.shift()!.slice(6)) : null;
  if (extra === undefined) throw invalid("tlog-proof", "the extra data is not base64", 2);
  const [indexLine = "", ...steps] = lines;
  const index = indexLine.startsWith("index ") ? parseSize(indexLine.slice(6)) : undefined;
  if (index === undefined) throw invalid("tlog-proof", "it names no index");
  if (steps.length > STEPS_MAX) throw invalid("tlog-proof", "the path is too long");
  const proof = steps.map((step) => {
    const hash = parseRoot(step);
    if (hash === undefined) throw invalid("tlog-proof", "a step of the path is not the base64 of 32 bytes");
    return hash;
  });
  const seal = parseSeal(text.slice(split + 2));
  return { index, proof, seal, ...(extra === null ? {} : { extra }) };
}

/** Whether the proof leads from this leaf to the root of its seal; who signed that is another question. */
export function proofHolds({ index, proof, seal }: TlogProof, leaf: Uint8Array): boolean {
  return inclusionHolds({ leaf, index, size: seal.size, root: seal.root, proof });
}
