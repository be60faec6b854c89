import { RolledBackError } from "../../errors.ts";
import type { EventLogReader } from "../../log/event-log.ts";
import { originFamily } from "../../proof/checkpoint.ts";
import { sameHash } from "../../proof/hash-tree.ts";
import type { Seal } from "../../proof/seal.ts";
import type { SealShelf } from "../../proof/seal-shelf.ts";

/**
 * Refuses a store that holds less than its newest seal says: an older backup was put in its place, or events were
 * cut off. Called at open, before anything is written.
 * @throws RolledBackError naming what was sealed and what is there.
 */
export async function refuseRolledBack(
  shelf: Pick<SealShelf, "known" | "origin">,
  log: Pick<EventLogReader, "head">,
): Promise<void> {
  // In this order: what is sealed was in the log before, and stays.
  const known = familySeals(shelf);
  if (known.length === 0) return;
  checkLength(known, (await log.head()).position);
}

/** The newest seals that are known of this store, and of those that it was copied from. */
export function familySeals(shelf: Pick<SealShelf, "known" | "origin">): readonly Seal[] {
  const { local, second } = shelf.known();
  const origin = shelf.origin();
  return [...local, ...(second === undefined ? [] : [second])].filter((seal) => isOfFamily(seal, origin));
}

/** @throws RolledBackError when a log of `held` events has fewer than a seal says. */
export function checkLength(known: readonly Seal[], held: number): void {
  for (const seal of known) {
    // Of two copies that differ in the size alone, one is damaged; the shorter one is there.
    const isMisread = known.some((other) => other.size <= held && sameHash(other.root, seal.root));
    if (seal.size > held && !isMisread) throw rolledBack(seal, held);
  }
}

/** Whether the seal is of this store, or of one that it was copied from. */
function isOfFamily(seal: Seal, origin: string): boolean {
  return originFamily(seal.origin) === originFamily(origin);
}

function rolledBack({ origin, size }: Seal, held: number): RolledBackError {
  return new RolledBackError(
    "ESO_ROLLED_BACK",
    `the store holds ${held} events, but ${size} are sealed: ${size - held} are missing at the end`,
    {
      hint:
        "Bring the missing events back: put a newer backup in its place. If this older state is what you want, " +
        "eso restore opens it as a new incarnation. Nothing was written.",
      details: { origin, sealed: size, held },
    },
  );
}

export function forked({ origin, size }: Seal, held: number): RolledBackError {
  return new RolledBackError(
    "ESO_ROLLED_BACK",
    `the store's first ${size} events are not those that were sealed: events were changed, or cut off and written anew`,
    {
      hint: "eso verify names the first line that differs. Nothing is sealed until the sealed events are back.",
      details: { origin, sealed: size, held },
    },
  );
}
