import { aalenJohansen, type CompetingSpell, incidenceAt } from "../statistics/aalen-johansen.ts";

const HOUR_MS = 3_600_000;

/** When shares are told. */
export const HORIZONS = [
  { label: "1 h", ms: HOUR_MS },
  { label: "1 d", ms: 24 * HOUR_MS },
  { label: "7 d", ms: 168 * HOUR_MS },
] as const;

/** Where ends compete: how many ended how, and which share has ended how after a while. */
export interface EndFigures {
  readonly n: number;
  /** Not ended yet. */
  readonly open: number;
  readonly ends: Readonly<Record<string, number>>;
  /** Aalen and Johansen's cumulative incidence; those still open are taken into account. */
  readonly within: readonly {
    readonly horizon: string;
    readonly shares: Readonly<Record<string, number>>;
    /** The record follows none of them that long, so the shares are of a shorter time. */
    readonly beyond: boolean;
  }[];
}

/** The figures of durations in milliseconds. */
export function endsOf(spells: readonly CompetingSpell[]): EndFigures {
  const curve = aalenJohansen(spells);
  const ends = new Map<string, number>();
  for (const { cause } of spells) if (cause !== null) ends.set(cause, (ends.get(cause) ?? 0) + 1);
  const causes = [...ends.keys()].sort();
  const longest = spells.reduce((max, { duration }) => Math.max(max, duration), 0);
  const isOpenAtLast = spells.some(({ cause }) => cause === null);
  return {
    n: spells.length,
    open: spells.filter(({ cause }) => cause === null).length,
    ends: Object.fromEntries(causes.map((cause) => [cause, ends.get(cause) ?? 0])),
    within: HORIZONS.map(({ label, ms }) => ({
      horizon: label,
      shares: Object.fromEntries(causes.map((cause) => [cause, incidenceAt(curve, cause, ms)])),
      beyond: isOpenAtLast && longest < ms,
    })),
  };
}
