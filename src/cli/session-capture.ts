import { existsSync } from "node:fs";

import type { MappingRules } from "../capture/claude-code/mapping.ts";
import type { SessionOutline } from "../capture/claude-code/outline.ts";
import { commitFinder, type FindCommits, withWholeShas } from "../capture/claude-code/resolve-commits.ts";
import { Runs, type RunStep } from "../capture/claude-code/runs.ts";
import { sessionEvents } from "../capture/claude-code/session-events.ts";
import type { PassedOver } from "../capture/claude-code/transcript-file.ts";
import { findGitDir, gitSetting } from "../capture/git-dir.ts";
import { naturalKey } from "../capture/natural-keys.ts";
import { type DrainReport, drainSpool } from "../capture/spool.ts";
import { hasSpooled } from "../capture/spool-files.ts";
import type { Config } from "../config/config.ts";
import type { EventInput, StoredEvent } from "../event/envelope.ts";
import { issueKeyRule } from "../event/issue-key.ts";
import { type ImportEntry, importEvents, type ImportReport, knownKeys } from "../store/import-events.ts";
import type { EventStore } from "../store/event-store.ts";

/** How sessions are understood: by the configuration, and by the repository that they worked in, where it is here. */
export async function mappingRules(config: Config, folder?: string): Promise<MappingRules> {
  const { pattern } = config.issue_key;
  const fault = await issueKeyRule(pattern);
  const accepts = (key: string): boolean => fault(key) === undefined;
  return {
    keys: { projects: config.projects, deny: config.projects_deny, pattern, accepts },
    phases: config.phases,
    repo: folder === undefined ? undefined : originOf(folder),
  };
}

/** `owner/name` of the remote `origin`. */
function originOf(folder: string): string | undefined {
  const found = findGitDir(folder);
  const url = found === undefined ? undefined : gitSetting(found.commonDir, "remote.origin", "url");
  return /^(?:(?:https?|ssh|git):\/\/[^/]+\/|[^/:]+:)([^\s]+?)(?:\.git)?\/?$/.exec(url ?? "")?.[1];
}

const STEPS: Readonly<Record<string, RunStep["type"]>> = {
  OrchestrationStarted: "started",
  OrchestrationPaused: "paused",
  OrchestrationResumed: "resumed",
  OrchestrationCompleted: "ended",
  OrchestrationFailed: "ended",
  PhaseStarted: "phase",
};

/** What the record knows of an issue's orchestrations. */
export async function stepsOf(store: EventStore, issueKey: string): Promise<RunStep[]> {
  const steps: RunStep[] = [];
  for await (const event of store.queryEvents({ issueKey, eventTypes: Object.keys(STEPS) })) {
    const step = stepOf(event);
    if (step !== undefined) steps.push(step);
  }
  return steps;
}

function stepOf(event: StoredEvent): RunStep | undefined {
  const type = STEPS[event.event_type];
  if (type === undefined) return undefined;
  const {
    timestamp: at,
    event_id,
    correlation_id: correlation = event_id,
    idempotency_key: key,
    metadata,
  } = event;
  const phase = metadata["phase"] ?? metadata["initial_phase"];
  return { at, type, correlation, key, phase: typeof phase === "string" ? phase : undefined };
}

/**
 * Finds commits in the repositories, else in the record itself. A commit that was recorded under its short SHA, when
 * its repository was away, stays the fact that it is.
 */
export function findCommits(store: EventStore | undefined, folders: readonly string[]): FindCommits {
  const inRepositories = commitFinder(folders.filter((folder) => existsSync(folder)));
  let recorded: Promise<ReadonlySet<string>> | undefined;
  return async (shas) => {
    const keys = shas.map(naturalKey.commit);
    const known = store === undefined ? new Set<string>() : await knownKeys(store.log, keys);
    const open = shas.filter((sha) => !known.has(naturalKey.commit(sha)));
    if (open.length === 0) return new Map();
    const found = new Map(await inRepositories(open));
    const missing = open.filter((sha) => !found.has(sha));
    if (missing.length === 0 || store === undefined) return found;
    recorded ??= wholeShas(store);
    for (const sha of await recorded) {
      const short = missing.find((one) => sha.startsWith(one));
      if (short !== undefined) found.set(short, sha);
    }
    return found;
  };
}

async function wholeShas(store: EventStore): Promise<ReadonlySet<string>> {
  const shas = new Set<string>();
  for await (const { metadata } of store.queryEvents({ eventTypes: "CommitCreated" })) {
    const sha = metadata["commit_sha"];
    if (typeof sha === "string" && sha.length === 40) shas.add(sha);
  }
  return shas;
}

/** How to read a session. */
export interface SessionImport {
  /** Absent for a look without a store. */
  readonly store: EventStore | undefined;
  readonly rules: MappingRules;
  readonly runs: Runs;
  readonly find: FindCommits;
  readonly now: number;
  readonly ended?: boolean;
  readonly signal: AbortSignal;
  readonly passedOver: PassedOver;
  readonly onBytes?: (bytes: number) => void;
  /** Sees every event. */
  readonly onEvents: (events: readonly EventInput[]) => void;
}

/** A session's events, as entries to import. */
export async function* sessionEntries(
  outline: SessionOutline,
  how: SessionImport,
): AsyncGenerator<ImportEntry[]> {
  const { store, find, onEvents, ...reading } = how;
  const known = async (issue: string) => (store === undefined ? [] : stepsOf(store, issue));
  for await (const chunk of sessionEvents(outline, { ...reading, stepsOf: known })) {
    const events = await withWholeShas(chunk, find);
    onEvents(events);
    yield entriesOf(events, `session ${outline.files.session}`);
  }
}

function entriesOf(events: readonly EventInput[], where: string): ImportEntry[] {
  return events.map((input) => ({ where: `${where}, ${input.event_type} ${input.timestamp ?? ""}`, input }));
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

/** Records what was seen, each fact once; another sighting that says it otherwise adds what it knows more. */
export async function recordFacts(
  store: EventStore,
  chunks: AsyncIterable<readonly ImportEntry[]>,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Promise<ImportReport> {
  if (dryRun) return wouldRecord(store, chunks);
  const report = await importEvents(store, chunks, { onDuplicate: "same-fact", keepGoing: true });
  // An agent that a hook saw end well may have no end in its transcript: whoever came first has said it.
  const rejections = report.rejections.filter(({ error }) => error.code !== "ESO_CONFLICT");
  const conflicts = report.rejections.length - rejections.length;
  return { ...report, known: report.known + conflicts, rejected: report.rejected - conflicts, rejections };
}

/** How many facts are new, by their natural keys. */
async function wouldRecord(
  store: EventStore,
  chunks: AsyncIterable<readonly ImportEntry[]>,
): Promise<ImportReport> {
  const seen = new Set<string>();
  let [added, all] = [0, 0];
  for await (const chunk of chunks) {
    const keys = chunk.map((entry) => ("input" in entry ? (entry.input.idempotency_key ?? "") : ""));
    const known = await knownKeys(store.log, keys);
    for (const key of keys) {
      all += 1;
      if (!known.has(key) && !seen.has(key)) added += 1;
      seen.add(key);
    }
  }
  return { added, known: all - added, skipped: {}, rejected: 0, rejections: [] };
}

/**
 * Makes events of what hooks have written into a store's spool. Costs one look at a folder when there is nothing.
 *
 * @example
 * await drainHooks(store, { path: await context.storePath(), config });
 */
export async function drainHooks(
  store: EventStore,
  {
    path,
    config,
    folders = [],
  }: { readonly path: string; readonly config: Config; readonly folders?: readonly string[] },
): Promise<DrainReport> {
  if (!hasSpooled(path)) return { busy: false, hooks: 0, events: 0, quarantined: 0 };
  const find = findCommits(store, folders);
  return drainSpool({
    store: path,
    rules: await mappingRules(config, folders[0]),
    stepsOf: (issue) => stepsOf(store, issue),
    now: Date.now(),
    deliver: async (events) => {
      const whole = await withWholeShas(events, find);
      const { rejections } = await recordFacts(store, once(entriesOf(whole, "hook")));
      return rejections.map(({ where, error }) => ({ reason: `${where}: ${error.message}` }));
    },
  });
}
