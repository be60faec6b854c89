import { sign, verify } from "node:crypto";

import { parseCheckpoint } from "./checkpoint.ts";
import { EvidenceError } from "../errors.ts";
import type { NoteSignature } from "./note.ts";
import type { SigningKey, VerifierKey } from "./note-key.ts";

/** What a signature that holds says; `time` in seconds since 1970 for cosignatures. */
export interface SignatureHolds {
  readonly key: VerifierKey;
  readonly time?: number;
}

const TIME_BYTES = 8;
const TIME_MAX = 2n ** 63n - 1n;

/** What is signed: a note's text, and for cosignatures when. */
interface Statement {
  readonly text: string;
  readonly time: bigint;
}

/**
 * Whether the signature is this key's over the text; undefined when it is not.
 *
 * @example
 * ```ts
 * const holds = checkSignature(parseVerifierKey(vkey), note.text, note.signatures[0]);
 * ```
 */
export function checkSignature(
  key: VerifierKey,
  text: string,
  { name, keyId, signature }: NoteSignature,
): SignatureHolds | undefined {
  if (name !== key.name || keyId !== key.keyId) return undefined;
  if (key.kind === "ed25519")
    return verify(null, Buffer.from(text), key.keyObject, signature) ? { key } : undefined;
  if (signature.length <= TIME_BYTES) return undefined;
  const time = signature.readBigUInt64BE();
  if (time > TIME_MAX) return undefined;
  const message = cosigned(key, { text, time });
  if (message === undefined) return undefined;
  const isTrue = verify(null, message, key.keyObject, signature.subarray(TIME_BYTES));
  return isTrue ? { key, time: Number(time) } : undefined;
}

/** Signs a note's text. `time`, in seconds since 1970, is what cosignatures state; the plain kind has none. */
export function makeSignature(key: SigningKey, text: string, time: number): NoteSignature {
  const { verifier, keyObject } = key;
  const { name, keyId, kind } = verifier;
  if (kind === "ed25519") return { name, keyId, signature: sign(null, Buffer.from(text), keyObject) };
  const statement = { text, time: BigInt(Math.floor(time)) };
  const message = cosigned(verifier, statement);
  if (message === undefined)
    throw new EvidenceError("ESO_INVALID_EVIDENCE", "only checkpoints are cosigned", {
      details: { what: "checkpoint" },
    });
  const signature = Buffer.concat([u64(statement.time), sign(null, message, keyObject)]);
  return { name, keyId, signature };
}

/** The bytes behind a cosignature, by C2SP tlog-cosignature. */
function cosigned(key: VerifierKey, { text, time }: Statement): Buffer | undefined {
  if (key.kind === "cosignature/v1") return Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);
  try {
    const { origin, size, root } = parseCheckpoint(text);
    return Buffer.concat([
      Buffer.from("subtree/v1\n\0"),
      shortText(key.name),
      u64(time),
      shortText(origin),
      u64(0n),
      u64(BigInt(size)),
      root,
    ]);
  } catch (error) {
    if (error instanceof EvidenceError) return undefined;
    throw error;
  }
}

/** TLS presentation: one byte of length, then the text. */
function shortText(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > 255)
    throw new EvidenceError("ESO_INVALID_EVIDENCE", "a name of over 255 bytes cannot be cosigned", {
      details: { what: "key name" },
    });
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(TIME_BYTES);
  bytes.writeBigUInt64BE(value);
  return bytes;
}
