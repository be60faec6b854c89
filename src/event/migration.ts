import { ConfigError } from "../errors.ts";
import type { JsonObject } from "./envelope.ts";
import { isNewer } from "./semver.ts";

/**
 * One step from an older stored shape of a type to a newer one. Pure: the same metadata in, the same out, and
 * the input left as it is. Runs when an event is read; stored bytes never change.
 *
 * @example
 * ```ts
 * const step: Migration = {
 *   type: "DeploymentFinished",
 *   from: "1.0.0",
 *   to: "2.0.0",
 *   renames: { env: "environment" },
 *   migrate: (metadata) => ({ ...metadata, region: metadata["region"] ?? "eu" }),
 * };
 * ```
 */
export interface Migration {
  readonly type: string;
  /** The stored version that this step reads; also the compatible ones between the step before it and this. */
  readonly from: string;
  /** The version that it makes of it. */
  readonly to: string;
  /** Fields that only change their name, old name to new; done before `migrate`, and named in the documentation. */
  readonly renames?: Readonly<Record<string, string>>;
  readonly migrate?: (metadata: JsonObject) => JsonObject;
}

/** Newest version of a type; undefined for unknown ones. */
export type Newest = (type: string) => string | undefined;

/** The steps of each type, oldest first. */
export type MigrationSteps = ReadonlyMap<string, readonly Migration[]>;

/** @throws ConfigError when steps contradict each other or lead past a type's newest version. */
export function stepsByType(migrations: readonly Migration[], newest: Newest): MigrationSteps {
  const byType = Map.groupBy(migrations, (step) => step.type);
  for (const steps of byType.values()) {
    steps.sort((a, b) => (isNewer(a.from, b.from) ? 1 : -1));
    for (const [index, step] of steps.entries()) checkStep(step, steps[index + 1], newest(step.type));
  }
  return byType;
}

/** The steps between a stored version and the newest one. */
export function stepsFrom(version: string, steps: readonly Migration[] = []): readonly Migration[] {
  return steps.filter((step) => isNewer(step.to, version));
}

/** The metadata after a step. */
export function migrated(metadata: JsonObject, { renames, migrate }: Migration): JsonObject {
  const named = renames === undefined ? metadata : renamed(metadata, renames);
  return migrate === undefined ? named : migrate(named);
}

function renamed(metadata: JsonObject, renames: Readonly<Record<string, string>>): JsonObject {
  const kept = Object.entries(metadata).filter(([name]) => !Object.hasOwn(renames, name));
  const moved = Object.entries(renames).flatMap(([from, to]) => {
    const value = Object.hasOwn(metadata, from) ? metadata[from] : undefined;
    return value === undefined ? [] : [[to, value] as const];
  });
  return Object.fromEntries([...kept, ...moved]);
}

function checkStep(step: Migration, next: Migration | undefined, latest: string | undefined): void {
  if (latest === undefined) throw migrationError(step, "the type is unknown");
  if (!isNewer(step.to, step.from)) throw migrationError(step, "a step must lead to a newer version");
  if (isNewer(step.to, latest)) throw migrationError(step, `the type's newest version is ${latest}`);
  if (next !== undefined && isNewer(step.to, next.from)) {
    throw migrationError(step, `it overlaps with the step from ${next.from} to ${next.to}`);
  }
}

function migrationError(step: Migration, why: string): ConfigError {
  const name = `migration of ${step.type} from ${step.from} to ${step.to}`;
  return new ConfigError("ESO_INVALID_CONFIG", `${name} cannot be used: ${why}`);
}
