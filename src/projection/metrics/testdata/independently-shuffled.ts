import type { StoredEvent } from "../../../event/envelope.ts";
import type { SeededRandom } from "../../../testing/seeded-random.ts";
import { marksOf } from "../marks.ts";

/** The events in another order of record: neighbours change places, many times, where they concern different things. */
export function independentlyShuffled(events: readonly StoredEvent[], random: SeededRandom): StoredEvent[] {
  const order = [...events];
  for (let round = 0; round < 40; round++) {
    for (let index = 1; index < order.length; index++) {
      const [a, b] = [order[index - 1]!, order[index]!];
      if (random.chance(0.5) && areIndependent(a, b)) [order[index - 1], order[index]] = [b, a];
    }
  }
  return order.map((event, index) => ({ ...event, event_sequence: index + 1 }));
}

function areIndependent(a: StoredEvent, b: StoredEvent): boolean {
  const names = new Set(marksOf(a).map(keyOf));
  return !marksOf(b).some((mark) => names.has(keyOf(mark)));
}

/** Phases are looked at together: which of them came last decides about an announced one. */
function keyOf({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return kind === "phase" ? kind : `${kind} ${name}`;
}
