import { createPrivateKey, createPublicKey, hash, type KeyObject, randomBytes } from "node:crypto";

import { decodeBase64, encodeBase64 } from "./base64.ts";
import { invalid } from "./invalid.ts";
import { isKeyName } from "./note.ts";

/**
 * What a key signs: `ed25519` a note's text; the others cosignatures with a time, of which ML-DSA-44 withstands
 * quantum computers.
 */
export type KeyKind = "ed25519" | "cosignature/v1" | "ml-dsa-44";

/** A public key as verifiers pin it. */
export interface VerifierKey {
  readonly name: string;
  /** 8 hex digits. */
  readonly keyId: string;
  readonly kind: KeyKind;
  readonly publicKey: Buffer;
  /** C2SP vkey: `name+id+base64`. */
  readonly vkey: string;
  readonly keyObject: KeyObject;
}

/** A private key, which never lies in a store. */
export interface SigningKey {
  readonly verifier: VerifierKey;
  /** 32 bytes. */
  readonly seed: Buffer;
  readonly keyObject: KeyObject;
}

interface Algorithm {
  readonly type: number;
  readonly publicBytes: number;
  /** What stands before the raw key in DER. */
  readonly spki: string;
  readonly pkcs8: string;
}

const SEED_BYTES = 32;
const PRIVATE_PREFIX = "PRIVATE+KEY+";
const KEY_ID = /^[0-9a-f]{8}$/;
const ED25519 = {
  publicBytes: 32,
  spki: "302a300506032b6570032100",
  pkcs8: "302e020100300506032b657004220420",
} as const;

const ALGORITHMS: Readonly<Record<KeyKind, Algorithm>> = {
  ed25519: { type: 0x01, ...ED25519 },
  "cosignature/v1": { type: 0x04, ...ED25519 },
  "ml-dsa-44": {
    type: 0x06,
    publicBytes: 1312,
    spki: "30820532300b06096086480165030403110382052100",
    pkcs8: "3034020100300b060960864801650304031104228020",
  },
};

/** The names of all kinds. */
export const KEY_KINDS = Object.keys(ALGORITHMS) as readonly KeyKind[];

/**
 * Reads a vkey, `name+id+base64`, strictly: the id must be that of the key.
 * @throws EvidenceError when it is none, or of a kind that is not known.
 */
export function parseVerifierKey(vkey: string): VerifierKey {
  const { name, keyId, kind, material } = parts(vkey, "verifier key");
  const verifier = verifierKey(name, kind, material);
  if (verifier.keyId !== keyId)
    throw invalid("verifier key", `its id is ${keyId}, but that of the key is ${verifier.keyId}`);
  return verifier;
}

/**
 * Reads a private key, `PRIVATE+KEY+name+id+base64` as golang.org/x/mod/sumdb/note has it. No error repeats it.
 * @throws EvidenceError when it is none.
 */
export function parseSigningKey(text: string): SigningKey {
  if (!text.startsWith(PRIVATE_PREFIX)) throw invalid("signing key", `it does not begin ${PRIVATE_PREFIX}`);
  const { name, keyId, kind, material } = parts(text.slice(PRIVATE_PREFIX.length), "signing key");
  if (material.length !== SEED_BYTES) throw invalid("signing key", "the secret part has another length");
  const key = signingKey(name, kind, material);
  if (key.verifier.keyId !== keyId) throw invalid("signing key", "its id is not that of the key");
  return key;
}

interface Parts {
  readonly name: string;
  readonly keyId: string;
  readonly kind: KeyKind;
  readonly material: Buffer;
}

/** Base64 holds `+` too, so only the first two split. */
function parts(text: string, what: string): Parts {
  const first = text.indexOf("+");
  const second = text.indexOf("+", first + 1);
  if (first === -1 || second === -1) throw invalid(what, "it is not name+id+base64");
  const [name, keyId] = [text.slice(0, first), text.slice(first + 1, second)];
  if (!isKeyName(name)) throw invalid(what, "a name is not empty and holds no spaces");
  if (!KEY_ID.test(keyId)) throw invalid(what, "the id is not 8 hex digits");
  const bytes = decodeBase64(text.slice(second + 1));
  if (bytes === undefined) throw invalid(what, "the key is not base64");
  const kind = KEY_KINDS.find((one) => ALGORITHMS[one].type === bytes[0]);
  if (kind === undefined) throw invalid(what, "it is of a kind that is not known here");
  return { name, keyId, kind, material: bytes.subarray(1) };
}

/** @throws EvidenceError when the bytes are no public key of this kind. */
export function verifierKey(name: string, kind: KeyKind, publicKey: Buffer): VerifierKey {
  const { type, publicBytes, spki } = ALGORITHMS[kind];
  if (publicKey.length !== publicBytes) throw invalid("verifier key", "the key has another length");
  const typed = Buffer.concat([Buffer.from([type]), publicKey]);
  const keyId = hash("sha256", Buffer.concat([Buffer.from(`${name}\n`), typed])).slice(0, 8);
  const vkey = `${name}+${keyId}+${encodeBase64(typed)}`;
  const der = Buffer.concat([Buffer.from(spki, "hex"), publicKey]);
  const keyObject = createPublicKey({ key: der, format: "der", type: "spki" });
  return { name, keyId, kind, publicKey, vkey, keyObject };
}

/** A private key from its seed. */
export function signingKey(name: string, kind: KeyKind, seed: Buffer): SigningKey {
  if (!isKeyName(name)) throw invalid("key name", "a name is not empty and holds neither spaces nor +");
  const { pkcs8, publicBytes } = ALGORITHMS[kind];
  const der = Buffer.concat([Buffer.from(pkcs8, "hex"), seed]);
  const keyObject = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const spki = createPublicKey(keyObject).export({ format: "der", type: "spki" });
  return { verifier: verifierKey(name, kind, spki.subarray(-publicBytes)), seed, keyObject };
}

/** A new private key. */
export function newSigningKey(name: string, kind: KeyKind): SigningKey {
  return signingKey(name, kind, randomBytes(SEED_BYTES));
}

/** The private key as text, for a file of mode 0600 or a secret store. */
export function formatSigningKey({ verifier, seed }: SigningKey): string {
  const typed = Buffer.concat([Buffer.from([ALGORITHMS[verifier.kind].type]), seed]);
  return `${PRIVATE_PREFIX}${verifier.name}+${verifier.keyId}+${encodeBase64(typed)}`;
}
