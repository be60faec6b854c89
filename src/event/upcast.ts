import { ConfigError, EsoError } from "../errors.ts";
import type { JsonObject, StoredEvent } from "./envelope.ts";
import { definitionOf } from "./registry.ts";
import { compareSemver, parseSemver } from "./semver.ts";

/** What a reader does with types, or versions of them, that it does not know. */
export type UnknownEvents = "fail" | "warn" | "ignore";

/**
 * One step from an older stored shape of a type to a newer one. Pure: the same metadata in, the same out,
 * and the input left as it is.
 */
export interface Migration {
  readonly type: string;
  /** The stored version that this step reads. */
  readonly from: string;
  /** The version that it makes of it. */
  readonly to: string;
  migrate(metadata: JsonObject): JsonObject;
}

export interface UpcasterOptions {
  /** In any order; the steps of one type must not overlap. */
  readonly migrations?: readonly Migration[];
  /** Newest version of types that are not built in. */
  readonly customVersions?: ReadonlyMap<string, string>;
  /** Default `warn`. */
  readonly unknownEvents?: UnknownEvents;
  /** Told once for each unknown type and version when `unknownEvents` is `warn`. */
  readonly onWarning?: (message: string) => void;
}

/** Brings a stored event to the newest shape of its type; the stored bytes stay as they are. */
export type Upcaster = (event: StoredEvent) => StoredEvent;

/**
 * @throws ConfigError when migrations contradict each other or lead past a type's newest version.
 */
export function createUpcaster(options: UpcasterOptions = {}): Upcaster {
  const newest: Newest = (type) => definitionOf(type)?.version ?? options.customVersions?.get(type);
  const steps = stepsByType(options.migrations ?? [], newest);
  const report = unknownReporter(options.unknownEvents ?? "warn", options.onWarning);
  return (event) => {
    const version = newest(event.event_type);
    if (event.event_version === version) return event;
    if (version === undefined || isNewer(event.event_version, version)) {
      report(event, version);
      return event;
    }
    return { ...event, event_version: version, metadata: migrated(event, steps.get(event.event_type) ?? []) };
  };
}

/** A step also reads the compatible versions between the step before it and its own `from`. */
function migrated(event: StoredEvent, steps: readonly Migration[]): JsonObject {
  return steps
    .filter((step) => isNewer(step.to, event.event_version))
    .reduce((metadata, step) => step.migrate(metadata), event.metadata);
}

type Newest = (type: string) => string | undefined;

function stepsByType(migrations: readonly Migration[], newest: Newest): ReadonlyMap<string, Migration[]> {
  const byType = Map.groupBy(migrations, (step) => step.type);
  for (const steps of byType.values()) {
    steps.sort((a, b) => (isNewer(a.from, b.from) ? 1 : -1));
    for (const [index, step] of steps.entries()) checkStep(step, steps[index + 1], newest(step.type));
  }
  return byType;
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

function unknownReporter(policy: UnknownEvents, onWarning?: (message: string) => void) {
  const told = new Set<string>();
  return (event: StoredEvent, newest: string | undefined): void => {
    if (policy === "ignore") return;
    const what =
      newest === undefined ? "is not in the catalogue" : `is newer than ${newest}, the newest version known`;
    const message = `${event.event_type} ${event.event_version} (event ${event.event_id}) ${what}`;
    if (policy === "fail") {
      throw new EsoError("ESO_UNKNOWN_EVENT_TYPE", message, {
        hint: 'Update event-sourcing-orchestrator, register the custom type, or read with unknownEvents: "ignore".',
      });
    }
    const key = `${event.event_type}@${event.event_version}`;
    if (told.has(key)) return;
    told.add(key);
    onWarning?.(message);
  };
}

/** A version that cannot be read is treated as newer: nothing is known about it. */
function isNewer(version: string, than: string): boolean {
  const [a, b] = [parseSemver(version), parseSemver(than)];
  return a === undefined || b === undefined || compareSemver(a, b) > 0;
}
