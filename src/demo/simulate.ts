import type { EventInput } from "../event/envelope.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { type SimulatedEvent, SimulatedWork } from "./simulated-work.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** So many pieces of work lie between two on the same issue. */
const AGAIN_AFTER = 40;

export interface SimulationOptions {
  /** The same seed and end give the same events. */
  readonly seed?: number;
  readonly orchestrations?: number;
  readonly days?: number;
  /** Epoch ms; what would happen later is not there yet. */
  readonly until: number;
  readonly project?: string;
}

/**
 * A quarter of a team's work as events, in the order in which they would have been recorded. What the team is really
 * like is told by `TRUTH`.
 */
export function simulate(options: SimulationOptions): EventInput[] {
  const { seed = 1, orchestrations = 200, days = 90, until, project = "SHOP" } = options;
  const random = new SeededRandom(seed);
  const all: SimulatedEvent[] = [];
  const starts = Array.from({ length: orchestrations }, () =>
    workingHour(until - days * DAY_MS + random.next() * days * DAY_MS, random),
  ).sort((one, other) => one - other);
  for (const [index, start] of starts.entries()) {
    const number = index + 1;
    // One in ten issues is one that was worked on before, some time ago.
    const again = index > AGAIN_AFTER && random.chance(0.1);
    const issue = `${project}-${again ? 1 + random.below(index - AGAIN_AFTER) : number}`;
    all.push(...new SimulatedWork(random, { issue, number, start }).run());
  }
  return all
    .filter(({ recorded_ms }) => recorded_ms <= until)
    .sort((a, b) => a.recorded_ms - b.recorded_ms)
    .map(({ input }) => input);
}

/** On a weekday between 8 and 18 o'clock UTC. */
function workingHour(ms: number, random: SeededRandom): number {
  const day = Math.floor(ms / DAY_MS) * DAY_MS;
  const weekday = new Date(day).getUTCDay();
  const shift = weekday === 0 ? 1 : weekday === 6 ? -1 : 0;
  return day + shift * DAY_MS + (8 + random.next() * 10) * HOUR_MS;
}
