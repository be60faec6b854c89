import { EsoError } from "../errors.ts";
import type { StoredEvent } from "./envelope.ts";
import { migrated, type Migration, type Newest, stepsByType, stepsFrom } from "./migration.ts";
import { MIGRATIONS } from "./migrations.ts";
import { definitionOf } from "./registry.ts";
import { isNewer } from "./semver.ts";

/** What a reader does with types, or versions of them, that it does not know. */
export type UnknownEvents = "fail" | "warn" | "ignore";

/** What is known of types and of the ways between their versions. */
export interface ReadPathOptions {
  /** Steps of types that are not built in, in any order; the steps of one type must not overlap. */
  readonly migrations?: readonly Migration[];
  /** Newest version of types that are not built in. */
  readonly customVersions?: ReadonlyMap<string, string>;
}

export interface UpcasterOptions extends ReadPathOptions {
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
  const { newest, steps } = readPath(options);
  const report = unknownReporter(options.unknownEvents ?? "warn", options.onWarning);
  return (event) => {
    const version = newest(event.event_type);
    if (event.event_version === version) return event;
    if (version === undefined || isNewer(event.event_version, version)) {
      report(event, version);
      return event;
    }
    const due = stepsFrom(event.event_version, steps.get(event.event_type));
    return { ...event, event_version: version, metadata: due.reduce(migrated, event.metadata) };
  };
}

/** What reading makes of a stored version of a type. */
export type ReadPlan =
  | { readonly read: "as-is"; readonly newest: string }
  | { readonly read: "migrated"; readonly newest: string; readonly steps: number }
  /** Written by a newer version of this package, or by a schema that is gone from `schemas/custom/`. */
  | { readonly read: "newer"; readonly newest: string }
  | { readonly read: "unknown" };

/**
 * Says what an upcaster with the same options does with a type's version.
 * @throws ConfigError as `createUpcaster`.
 */
export function createReadPlanner(
  options: ReadPathOptions = {},
): (type: string, version: string) => ReadPlan {
  const { newest: newestOf, steps } = readPath(options);
  return (type, version) => {
    const newest = newestOf(type);
    if (newest === undefined) return { read: "unknown" };
    if (isNewer(version, newest)) return { read: "newer", newest };
    const due = stepsFrom(version, steps.get(type)).length;
    return due === 0 ? { read: "as-is", newest } : { read: "migrated", newest, steps: due };
  };
}

function readPath({ migrations = [], customVersions }: ReadPathOptions) {
  const newest: Newest = (type) => definitionOf(type)?.version ?? customVersions?.get(type);
  return { newest, steps: stepsByType([...MIGRATIONS, ...migrations], newest) };
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
        hint:
          "Update event-sourcing-orchestrator, register the custom type, or let readers go on: " +
          "validation.unknown_events: ignore.",
      });
    }
    const key = `${event.event_type}@${event.event_version}`;
    if (told.has(key)) return;
    told.add(key);
    onWarning?.(message);
  };
}
