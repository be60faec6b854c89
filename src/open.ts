import { randomUUID } from "node:crypto";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { emitWarning } from "node:process";

import { type Config, DEFAULT_CONFIG } from "./config/config.ts";
import { createCodec } from "./event/codec.ts";
import { ConfigError } from "./errors.ts";
import type { Companions } from "./log/companions.ts";
import type { EventInput } from "./event/envelope.ts";
import type { EventLog } from "./log/event-log.ts";
import { EventStore } from "./store/event-store.ts";
import type { StoreParts } from "./store/record-store.ts";
import { memoryReplays } from "./log/replay-journal.ts";
import { effectRules } from "./projection/effects.ts";
import { memorySnapshots } from "./log/snapshot-shelf.ts";
import { memoryBlobs } from "./store/blobs.ts";
import { memoryCursors } from "./log/consumer-cursors.ts";
import { summaryCompanions } from "./store/summaries.ts";

/** How to open a store. Everything but the place has a default. */
export interface OpenStoreOptions {
  /** The store's folder, such as `./sessions/events`. Made when it is not there. */
  readonly path?: string;
  /** A store elsewhere, such as `postgres://…`; no engine for it is part of this version. */
  readonly url?: string;
  /** `memory` keeps events in this process only, for tests. Default `files`. */
  readonly engine?: "files" | "memory";
  /** A configuration as `loadConfig` gives it. Default: every key at its default. */
  readonly config?: Config;
  /** Overrides `storage.durability`. */
  readonly durability?: "group" | "sync" | "os";
  /** The session of events that name none; comes before the open run's session. */
  readonly session?: string;
  /** The issue of events that name none. */
  readonly issueKey?: string;
  /** `read` never writes to the folder, not even to recover. Default `write`. */
  readonly access?: "write" | "read";
  /** Make the store when it is not there. Default true. */
  readonly create?: boolean;
  /** Epoch ms; default the machine's clock. */
  readonly clock?: () => number;
  /** Told of what need not stop a reader: an unknown event, a damaged snapshot. Default: a Node.js warning. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Opens a store, making it when it is not there. Recovers by itself what a killed process left.
 * @throws ConfigError for a folder that cannot be a store, a newer format, or a network file system.
 * @throws StoreLockedError when recovery must wait for another process for too long.
 *
 * @example
 * ```ts
 * await using store = await openStore({ path: "./sessions/events" });
 * for await (const event of store.queryEvents({ issueKey: "PROJ-123" })) console.log(event.event_type);
 * ```
 */
export async function openStore(options: OpenStoreOptions): Promise<EventStore> {
  const config = options.config ?? DEFAULT_CONFIG;
  if (options.url !== undefined) throw noEngine(options.url);
  if (options.engine === "memory") return openMemory(options, config);
  const path = options.path ?? config.storage.base_path;
  if (path === null || path === undefined) throw noPlace();
  return openFiles(options, config, resolve(path));
}

async function openMemory(options: OpenStoreOptions, config: Config): Promise<EventStore> {
  const { openMemoryLog } = await import("./engines/memory/memory-log.ts");
  const clock = options.clock ?? Date.now;
  const none = { hot_bytes: 0, archived_bytes: 0, journal_bytes: 0, snapshots: 0 };
  return new EventStore({
    ...(await common(options, config, undefined)),
    log: openMemoryLog({ clock, companions: companionsOf(config) }),
    index: undefined,
    cursors: memoryCursors(),
    blobs: memoryBlobs(),
    counters: undefined,
    snapshotShelf: memorySnapshots(),
    subjects: undefined,
    removeReports: () => Promise.resolve(0),
    replays: memoryReplays(),
    storageFigures: () => Promise.resolve(none),
  });
}

async function openFiles(options: OpenStoreOptions, config: Config, path: string): Promise<EventStore> {
  const { openFilesLog } = await import("./engines/files/open-files-log.ts");
  const { filesOptionsOf } = await import("./engines/files/core.ts");
  const { filesParts } = await import("./engines/files/files-parts.ts");
  const log: EventLog = await openFilesLog({
    path,
    access: options.access ?? "write",
    create: options.create ?? true,
    ...filesOptionsOf(config),
    ...(options.durability === undefined ? {} : { durability: options.durability }),
    allowNetworkFileSystem: config.storage.allow_network_file_system,
    companions: companionsOf(config),
    onWarning: options.onWarning ?? emitWarning,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  if (options.access !== "read") await explainStore(path);
  const parts = await common(options, config, join(path, "schemas", "custom"));
  const personal = await personalData(config, log.storeId);
  return new EventStore({
    ...parts,
    ...personal?.around(parts.codec),
    log,
    subjects: personal?.keys,
    removeReports: async () =>
      (await import("./engines/files/report-files.ts")).removeReports(join(path, "reports")),
    ...filesParts(path, log, { index: config.indexing.enabled, access: options.access ?? "write" }),
  });
}

/** Encryption of the fields that are declared personal; nothing of it is loaded where there are none. */
async function personalData({ personal }: Config, storeId: string) {
  if (personal.fields.length === 0) return undefined;
  const [{ fileSubjectKeys }, { personalFields }, { PersonalData }] = await Promise.all([
    import("./engines/files/file-subject-keys.ts"),
    import("./personal/personal-fields.ts"),
    import("./personal/personal-data.ts"),
  ]);
  const folder = personal.keys_folder ?? join(homedir(), ".config", "eso", "subjects", storeId);
  const keys = fileSubjectKeys(folder);
  const data = new PersonalData(personalFields(personal.fields), keys);
  const around = (codec: StoreParts["codec"]): Pick<StoreParts, "codec"> => ({
    codec: {
      prepare: (input) => codec.prepare(isInput(input) ? data.protect(input) : input),
      decode: (bytes) => data.reveal(codec.decode(bytes)),
    },
  });
  return { keys, around };
}

/** Whether an input is far enough an event for its personal fields to be looked for. */
function isInput(input: unknown): input is EventInput {
  return (
    typeof input === "object" &&
    input !== null &&
    "event_type" in input &&
    typeof input.event_type === "string"
  );
}

/** What the store writes along with its callers' events. */
function companionsOf({ summaries }: Config): Companions | undefined {
  const { enabled, phase_every: phase, orchestration_every: run } = summaries;
  return enabled && phase + run > 0 ? summaryCompanions({ phase, run }) : undefined;
}

/** A new store explains itself to whoever finds its folder. */
async function explainStore(path: string): Promise<void> {
  const { hasStoreTexts, offerStoreTexts } = await import("./engines/files/store-texts.ts");
  if (hasStoreTexts(path)) return;
  const { storeTexts } = await import("./store/store-readme.ts");
  await offerStoreTexts(path, storeTexts);
}

type CommonPart =
  | "codec"
  | "limits"
  | "maxBatchEvents"
  | "clock"
  | "warn"
  | "snapshotHabits"
  | "replayRules"
  | "mayWrite";

async function common(
  options: OpenStoreOptions,
  config: Config,
  customTypes: string | undefined,
): Promise<Pick<StoreParts, CommonPart>> {
  const issueKey = options.issueKey ?? config.issue_key.default ?? undefined;
  const { session, onWarning: warn = emitWarning } = options;
  const codec = await createCodec({
    phases: config.phases,
    issueKeyPattern: config.issue_key.pattern,
    defaultSessionId: config.session.default ?? randomUUID(),
    unknownEvents: config.validation.unknown_events,
    onWarning: warn,
    ...(issueKey === undefined ? {} : { defaultIssueKey: issueKey }),
    ...(session === undefined ? {} : { session }),
    ...(customTypes === undefined ? {} : { customTypes }),
  });
  return {
    codec,
    limits: config.query,
    maxBatchEvents: config.validation.max_batch_events,
    clock: options.clock ?? Date.now,
    warn,
    snapshotHabits: config.snapshots,
    replayRules: {
      effectOf: effectRules(config.replay),
      maxEvents: config.replay.max_replay_events,
      skipNonIdempotent: config.replay.skip_non_idempotent,
    },
    mayWrite: options.access !== "read",
  };
}

function noEngine(url: string): ConfigError {
  const scheme = url.slice(0, url.indexOf(":"));
  return new ConfigError("ESO_INVALID_CONFIG", `there is no engine for ${scheme}: stores in this version`, {
    hint: 'Give a folder: openStore({ path: "./sessions/events" }).',
  });
}

function noPlace(): ConfigError {
  return new ConfigError("ESO_INVALID_CONFIG", "openStore was not told where the store is", {
    hint: 'Give a folder: openStore({ path: "./sessions/events" }), or set storage.base_path.',
  });
}
