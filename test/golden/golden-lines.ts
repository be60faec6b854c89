import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { StoredEvent } from "../../src/event/envelope.ts";
import { STORE_EVENT_TYPES } from "../../src/event/registry.ts";
import type { VersionHistory } from "../../scripts/released-schemas.ts";

/** Lines as stores hold them, one for each released version of each type. A line that stands here never changes. */
export const STORED = join(import.meta.dirname, "stored.jsonl");
/** What reading makes of those whose version is not the newest; has none until a type gets its second version. */
export const MIGRATED = join(import.meta.dirname, "migrated.jsonl");

export const linesOf = (path: string): string[] =>
  existsSync(path)
    ? readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => line !== "")
    : [];

export const eventOf = (line: string): StoredEvent => JSON.parse(line) as StoredEvent;

/** `AgentFailed@1.0.0`. */
export const nameOf = ({ event_type, event_version }: StoredEvent): string =>
  `${event_type}@${event_version}`;

/** Every type and version that a store may hold, the store's own types included. */
export function releasedNames(): string[] {
  const text = readFileSync(join(import.meta.dirname, "../../schemas/version-history.json"), "utf8");
  const { types } = JSON.parse(text) as { readonly types: VersionHistory };
  const released = Object.entries(types).flatMap(([type, releases]) =>
    releases.map(({ version }) => `${type}@${version}`),
  );
  const own = Object.values(STORE_EVENT_TYPES).flatMap(({ type, version, ...more }) =>
    Object.keys(changesOf(more) ?? { [version]: "" }).map((released) => `${type}@${released}`),
  );
  return [...released, ...own];
}

/** Only there once a type has more than one version. */
function changesOf(definition: object): Readonly<Record<string, string>> | undefined {
  return "changes" in definition ? (definition.changes as Readonly<Record<string, string>>) : undefined;
}
