import type { NoteSignature } from "./note.ts";
import type { SigningKey, VerifierKey } from "./note-key.ts";
import { makeSignature } from "./signature.ts";

/** Whoever signs: a key at hand, or a command that has one. */
export interface Signer {
  readonly key: VerifierKey;
  /** Signs a note's text; `time` in seconds since 1970, for cosignatures. */
  sign(text: string, time: number): Promise<NoteSignature>;
}

/** A signer with its private key in this process. */
export function signerOf(key: SigningKey): Signer {
  return { key: key.verifier, sign: (text, time) => Promise.resolve(makeSignature(key, text, time)) };
}
