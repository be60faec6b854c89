import { loadCustomTypes, type CustomType, type CustomTypeFile } from "./custom-types.ts";
import { createDecoder, type EventDecoder } from "./decode.ts";
import { ConfigError } from "../errors.ts";
import { DEFAULT_PHASES } from "./phases.ts";
import { issueKeyRule } from "./issue-key.ts";
import { TEXT_LIMITS } from "./envelope-rules.ts";
import type { PreparedEvent } from "./prepared.ts";
import type { PrepareOptions } from "./prepare.ts";
import type { Migration } from "./migration.ts";
import type { UnknownEvents } from "./upcast.ts";

export interface CodecOptions {
  /** Session of events that name none and belong to no open run. */
  readonly defaultSessionId: string;
  /** Session of events that name none, before that of an open run; such as `ESO_SESSION`. */
  readonly session?: string | undefined;
  /** Issue of events that name none; without it they go to the `global` stream. */
  readonly defaultIssueKey?: string | undefined;
  /** What phase fields may say; default EXPLORE, PLAN, CODE, TEST, FIX, DOCUMENT. */
  readonly phases?: readonly string[] | undefined;
  /** RE2 expression that a whole issue key must match. */
  readonly issueKeyPattern?: string | undefined;
  /** The store's `schemas/custom/` folder, or the files that lie there. */
  readonly customTypes?: string | readonly CustomTypeFile[] | undefined;
  /** Steps from older shapes of the user's own types. */
  readonly migrations?: readonly Migration[] | undefined;
  readonly unknownEvents?: UnknownEvents | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** The door in both directions: checks and renders what comes in, reads what is stored. */
export interface EventCodec extends EventDecoder {
  /**
   * Checks everything that can be checked before an event has its place, and renders it.
   *
   * @throws ValidationError whose issues name the JSON path of everything that is wrong.
   */
  prepare(input: unknown, options?: PrepareOptions): PreparedEvent;
  /** The registered types of the user's own. */
  readonly customTypes: readonly CustomType[];
}

/**
 * Loads what validation needs and makes a codec. Only writers need one: `createDecoder` reads without it.
 *
 * @throws ConfigError when a pattern, custom type, migration or default cannot be used.
 * @example
 * ```ts
 * const codec = await createCodec({ defaultSessionId: randomUUID() });
 * const prepared = codec.prepare({ event_type: "PhaseStarted", issue_key: "PROJ-1", actor, metadata: { phase: "PLAN" } });
 * ```
 */
export async function createCodec(options: CodecOptions): Promise<EventCodec> {
  const customTypes = await loadCustomTypes(await customTypeFiles(options.customTypes ?? []));
  const issueKeyFault = await issueKeyRule(options.issueKeyPattern);
  checkDefaults(options, issueKeyFault);
  const { createPreparer } = await import("./prepare.ts");
  const prepare = createPreparer({
    phases: options.phases ?? DEFAULT_PHASES,
    issueKeyFault,
    customTypes,
    defaultSessionId: options.defaultSessionId,
    defaultIssueKey: options.defaultIssueKey,
    session: options.session,
  });
  const decoder = createDecoder({
    migrations: [...(options.migrations ?? []), ...customTypes.flatMap(({ migrations }) => migrations)],
    ...(options.unknownEvents && { unknownEvents: options.unknownEvents }),
    ...(options.onWarning && { onWarning: options.onWarning }),
    customVersions: new Map(customTypes.map(({ type, version }) => [type, version])),
  });
  return { ...decoder, prepare, customTypes };
}

async function customTypeFiles(
  given: string | readonly CustomTypeFile[],
): Promise<readonly CustomTypeFile[]> {
  if (typeof given !== "string") return given;
  const { readCustomTypeFolder } = await import("./custom-type-folder.ts");
  return readCustomTypeFolder(given);
}

function checkDefaults(options: CodecOptions, issueKeyFault: (key: string) => string | undefined): void {
  const { defaultIssueKey, defaultSessionId, phases } = options;
  const keyFault = defaultIssueKey === undefined ? undefined : issueKeyFault(defaultIssueKey);
  if (keyFault !== undefined) {
    throw new ConfigError("ESO_INVALID_CONFIG", `the default issue key ${defaultIssueKey ?? ""} ${keyFault}`);
  }
  for (const session of [defaultSessionId, options.session ?? defaultSessionId]) {
    if (session.length > 0 && session.length <= TEXT_LIMITS.session_id && session.isWellFormed()) continue;
    throw new ConfigError("ESO_INVALID_CONFIG", "a default session id has 1 to 128 characters");
  }
  if (phases?.length === 0 || phases?.includes("") === true) {
    throw new ConfigError("ESO_INVALID_CONFIG", "there must be at least one phase, and none may be empty");
  }
}
