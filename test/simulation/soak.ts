import { type Figures, noFigures } from "./audit.ts";
import { loadCatalogSchema } from "./simulated-catalog.ts";
import { Simulation } from "./simulation.ts";

/** How long histories are in a soak, and how often they are looked into. */
const STEPS = 4000;
const AUDIT_EVERY = 80;

export interface SimulationSoakOptions {
  readonly seconds: number;
  /** The first history's seed; each further history has the next. A failure names the seed to run again. */
  readonly seed: number;
  readonly log?: (line: string) => void;
}

/**
 * Simulates one seeded history after the other for a while.
 * @throws SimulationFailure naming seed and step of the first violation.
 */
export async function runSimulationSoak(options: SimulationSoakOptions): Promise<Figures> {
  const log = options.log ?? console.log;
  await loadCatalogSchema();
  const figures = noFigures();
  const end = performance.now() + options.seconds * 1000;
  for (let seed = options.seed; performance.now() < end; seed++) {
    await new Simulation({ seed, steps: STEPS, auditEvery: AUDIT_EVERY }, figures).run();
    if ((seed - options.seed) % 10 === 9)
      log(`simulation, seeds ${options.seed} to ${seed}: ${JSON.stringify(figures)}`);
  }
  log(`simulation: ${JSON.stringify(figures)}`);
  return figures;
}
