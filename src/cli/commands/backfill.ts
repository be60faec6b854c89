import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";

import { findSessions, type SessionFiles } from "../../capture/claude-code/find-sessions.ts";
import { projectFolders } from "../../capture/claude-code/project-folders.ts";
import { findGitDir } from "../../capture/git-dir.ts";
import { gitEvents } from "../../capture/git-import.ts";
import { naturalKey } from "../../capture/natural-keys.ts";
import { NotFoundError } from "../../errors.ts";
import type { EventStore } from "../../store/event-store.ts";
import { type ImportEntry, type ImportReport, knownKeys } from "../../store/import-events.ts";
import { printCapture } from "../capture-report.ts";
import type { Call } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { Progress } from "../progress.ts";
import { drainHooks, mappingRules, recordFacts } from "../session-capture.ts";
import { importSessions } from "../session-import.ts";

/** `eso backfill`: records what transcripts and git history tell of the past. */
export async function backfill(call: Call): Promise<ExitCode> {
  const { given, context } = call;
  const dryRun = given.flag("dry-run");
  const files = sessionFiles(call);
  await using store = await openFor(call, dryRun);
  const path = await context.storePath();
  const { config } = await context.config();
  // What hooks saw comes first: a transcript only adds to it.
  const hooks =
    store === undefined || dryRun
      ? { hooks: 0, quarantined: 0 }
      : await drainHooks(store, { path, config, folders: [context.cwd] });
  const found = await importSessions(call, files, {
    store,
    dryRun,
    elsewhere: given.flag("all") || given.text("from") !== undefined,
  });
  const repository = repositoryOf(call);
  const history =
    repository === undefined || store === undefined
      ? undefined
      : await importHistory(call, { repository, store, dryRun });
  return printCapture(call, { ...found, history, ...hooks, dryRun });
}

/** A dry run makes no store. */
async function openFor({ context }: Call, dryRun: boolean): Promise<EventStore | undefined> {
  try {
    return await context.plain({ create: !dryRun });
  } catch (error) {
    if (dryRun && error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** The named place, else this project's part of what Claude Code keeps. */
function sessionFiles({ given, context }: Call): SessionFiles[] {
  const named = given.text("from");
  if (named !== undefined) {
    const place = resolve(context.cwd, named);
    if (!existsSync(place)) throw noPlace(named);
    return findSessions(place);
  }
  const home = context.env["CLAUDE_CONFIG_DIR"] || join(context.env["HOME"] || homedir(), ".claude");
  const place = join(home, "projects");
  if (!existsSync(place)) return [];
  return findSessions(place, given.flag("all") ? undefined : projectFolders(context.cwd));
}

function noPlace(path: string): NotFoundError {
  return new NotFoundError("ESO_NOT_FOUND", `there is nothing at ${path}`, {
    hint: "Claude Code keeps transcripts in ~/.claude/projects; that is the default.",
    details: { what: path },
  });
}

/** Transcripts from elsewhere say nothing about the repository here. */
function repositoryOf({ given, context }: Call): string | undefined {
  const named = given.text("git");
  if (named !== undefined) return resolve(context.cwd, named);
  if (given.flag("no-git") || given.text("from") !== undefined) return undefined;
  return findGitDir(context.cwd) === undefined ? undefined : context.cwd;
}

interface History {
  readonly repository: string;
  readonly store: EventStore;
  readonly dryRun: boolean;
}

async function importHistory(call: Call, { repository, store, dryRun }: History): Promise<ImportReport> {
  const { config } = await call.context.config();
  const { keys } = await mappingRules(config);
  let known = 0;
  const isKnown = async (shas: readonly string[]): Promise<ReadonlySet<string>> => {
    const found = await knownKeys(store.log, shas.map(naturalKey.commit));
    // A commit that only a session has told of is worth asking git about; it costs one look a commit, once.
    known += found.size;
    return new Set([...found].map((key) => key.slice("commit:".length)));
  };
  using progress = new Progress(process.stderr, { label: "reading git history", unit: "commits" });
  const entries = async function* (): AsyncGenerator<ImportEntry[]> {
    for await (const events of gitEvents(repository, { ...keys, isKnown, signal: call.signal })) {
      progress.add(events.length);
      yield events.map((input) => ({ where: `commit ${input.git_sha}`, input }));
    }
  };
  const report = await recordFacts(store, entries(), { dryRun });
  return { ...report, known: report.known + known };
}
