/** How long something took and what it ended with; null while it goes on. */
export interface CompetingSpell {
  readonly duration: number;
  readonly cause: string | null;
}

/** The shares that have ended by a time, by what they ended with. */
export interface IncidenceStep {
  readonly time: number;
  readonly at_risk: number;
  /** Cumulative incidence by cause. */
  readonly incidence: Readonly<Record<string, number>>;
  /** Share that has not ended. */
  readonly survival: number;
}

/**
 * Aalen and Johansen's cumulative incidence where ends compete: a gap is resolved or escalated, a pull request merged
 * or closed. Treating the other end as "still open" would promise too much.
 */
export function aalenJohansen(spells: readonly CompetingSpell[]): readonly IncidenceStep[] {
  const sorted = [...spells].sort((a, b) => a.duration - b.duration);
  const causes = new Set(sorted.flatMap(({ cause }) => (cause === null ? [] : [cause])));
  const incidence = new Map([...causes].sort().map((cause) => [cause, 0]));
  const steps: IncidenceStep[] = [];
  let survival = 1;
  for (let index = 0; index < sorted.length;) {
    const time = (sorted[index] as CompetingSpell).duration;
    const at_risk = sorted.length - index;
    const ended: string[] = [];
    for (; sorted[index]?.duration === time; index++) {
      const cause = sorted[index]?.cause;
      if (cause !== null && cause !== undefined) ended.push(cause);
    }
    if (ended.length === 0) continue;
    for (const cause of ended) incidence.set(cause, (incidence.get(cause) ?? 0) + survival / at_risk);
    survival *= 1 - ended.length / at_risk;
    steps.push({ time, at_risk, incidence: Object.fromEntries(incidence), survival });
  }
  return steps;
}

/** The share that has ended with `cause` by a time. */
export function incidenceAt(curve: readonly IncidenceStep[], cause: string, time: number): number {
  return curve.findLast((step) => step.time <= time)?.incidence[cause] ?? 0;
}
