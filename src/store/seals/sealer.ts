import { setTimeout as sleep } from "node:timers/promises";

import { RolledBackError, StoreLockedError } from "../../errors.ts";
import type { EventLogReader } from "../../log/event-log.ts";
import { sameHash } from "../../proof/hash-tree.ts";
import type { NoteSignature } from "../../proof/note.ts";
import { type Seal, sealOf } from "../../proof/seal.ts";
import type { SealShelf } from "../../proof/seal-shelf.ts";
import type { Signer } from "../../proof/signer.ts";
import { type GrowOptions, LogTree } from "./log-tree.ts";
import { checkLength, familySeals, forked } from "./rolled-back.ts";

export interface SealerParts {
  readonly log: EventLogReader;
  readonly shelf: SealShelf;
  /** Who signs; nobody for unsigned tree heads. Asked once, when the first seal is made. */
  readonly signers: () => Promise<readonly Signer[]>;
  readonly clock: () => number;
  readonly warn: (message: string) => void;
}

export interface SealOptions {
  readonly signal?: AbortSignal | undefined;
  /** Sign with these too, as a rotation does with the old key. */
  readonly also?: readonly Signer[];
  /** Wait this long for another process that is sealing. */
  readonly waitMs?: number;
  /** Seal only if no more lines than this have to be read. */
  readonly most?: number;
}

/** The newest seal, and whether this call made it. */
export interface Sealed {
  /** Undefined for a log without events. */
  readonly seal: Seal | undefined;
  readonly made: boolean;
}

const LOCK_WAIT_MS = 10_000;
const LOCK_NAP_MS = 5;
const SECOND_MS = 1_000;

/** Seals a log: reads what is new, and signs the head of the tree over all that is on disk. */
export class Sealer {
  readonly #parts: SealerParts;
  readonly #tree: LogTree;
  #signers: Promise<readonly Signer[]> | undefined;

  constructor(parts: SealerParts) {
    this.#parts = parts;
    this.#tree = new LogTree({ log: parts.log, tiles: parts.shelf.tiles });
  }

  /**
   * Seals now, if there is anything new: events, a day without a seal, or a key that has not signed yet.
   * @throws RolledBackError when the log does not continue what was sealed before; nothing is signed.
   * @throws TooMuch when more than `most` lines would have to be read.
   * @throws StoreLockedError when another process is sealing for too long.
   */
  async seal(options: SealOptions = {}): Promise<Sealed> {
    const release = await this.#lock(options);
    try {
      return await this.#seal(options);
    } finally {
      release();
    }
  }

  async #lock({ waitMs = LOCK_WAIT_MS, signal }: SealOptions): Promise<() => void> {
    const began = performance.now();
    for (;;) {
      const release = await this.#parts.shelf.tryLock();
      if (release !== undefined) return release;
      const waited_ms = Math.round(performance.now() - began);
      if (waited_ms >= waitMs) throw sealing(waited_ms);
      await sleep(LOCK_NAP_MS, undefined, signal === undefined ? {} : { signal });
    }
  }

  async #seal({ signal, most, also = [] }: SealOptions): Promise<Sealed> {
    const { log, shelf, clock } = this.#parts;
    const known = familySeals(shelf);
    // Only what is on disk is shown, so no seal covers what a power loss may take.
    const { position } = await log.head();
    checkLength(known, position);
    if (position === 0) return { seal: undefined, made: false };
    const local = shelf.known().local.filter(({ size }) => size <= position);
    const newest = local.reduce<Seal | undefined>(
      (one, two) => (one && one.size >= two.size ? one : two),
      undefined,
    );
    const day = new Date(clock()).toISOString().slice(0, 10);
    const signers = [...(await this.#whoSigns()), ...also];
    const origin = shelf.origin();
    if (newest !== undefined && newest.size === position && newest.origin === origin) {
      const isSigned = signers.every(({ key }) => newest.signatures.some(({ keyId }) => keyId === key.keyId));
      if (isSigned && shelf.days().at(-1) === day) return { seal: newest, made: false };
    }
    const root = await this.#rootAt(position, { newest, local, known, how: { signal, most } });
    const head = sealOf({ origin, size: position, root });
    const time = clock() / SECOND_MS;
    const signatures: NoteSignature[] = [];
    for (const signer of signers) signatures.push(await signer.sign(head.text, time));
    const seal: Seal = { ...head, signatures };
    shelf.keep(seal, day);
    return { seal, made: true };
  }

  /** The root of the log, which must begin with all that is known to be sealed. */
  async #rootAt(
    position: number,
    given: {
      readonly newest: Seal | undefined;
      readonly local: readonly Seal[];
      readonly known: readonly Seal[];
      readonly how: GrowOptions;
    },
  ): Promise<Buffer> {
    const { local, known, how } = given;
    const newest = await this.#grown(position, given);
    for (const seal of known) {
      if (seal === newest || isMisread(seal, newest, local)) continue;
      let holds = this.#tree.extends(seal);
      if (holds === undefined) {
        this.#tree.forget();
        await this.#tree.grow(newest, position, how);
        holds = this.#tree.extends(seal);
      }
      if (holds !== true) throw forked(seal, position);
    }
    return this.#tree.root();
  }

  /** Of two copies of the newest seal that differ one is damaged; the tree says which. Gives the one that holds. */
  async #grown(
    position: number,
    { newest, local, how }: { newest: Seal | undefined; local: readonly Seal[]; how: GrowOptions },
  ): Promise<Seal | undefined> {
    try {
      await this.#tree.grow(newest, position, how);
      return newest;
    } catch (error) {
      const twin = local.find((other) => other !== newest && isTwin(other, newest));
      if (!(error instanceof RolledBackError) || twin === undefined) throw error;
      await this.#tree.grow(twin, position, how);
      return twin;
    }
  }

  #whoSigns(): Promise<readonly Signer[]> {
    this.#signers ??= this.#parts.signers();
    return this.#signers;
  }
}

/** Whether two seals are the same one but for damage: the same size or the same root. */
function isTwin(one: Seal, other: Seal | undefined): boolean {
  return other !== undefined && (one.size === other.size) !== sameHash(one.root, other.root);
}

/** A copy in the store that differs from the seal that holds is passed over: the next one replaces it. */
function isMisread(seal: Seal, newest: Seal | undefined, local: readonly Seal[]): boolean {
  if (newest === undefined || !local.includes(seal)) return false;
  return isTwin(seal, newest) || (seal.size === newest.size && sameHash(seal.root, newest.root));
}

function sealing(waited_ms: number): StoreLockedError {
  return new StoreLockedError(
    "ESO_STORE_LOCKED",
    `another process has been sealing for ${(waited_ms / SECOND_MS).toFixed(1)} s; no seal was made here`,
    {
      hint: "A first seal of a large store takes a while: try again. The kernel frees the lock when its holder ends.",
      details: { waited_ms },
    },
  );
}
