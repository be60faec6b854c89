import process from "node:process";

import { type SessionFiles } from "../capture/claude-code/find-sessions.ts";
import { outlineOf, type SessionOutline } from "../capture/claude-code/outline.ts";
import { Runs } from "../capture/claude-code/runs.ts";
import type { PassedOver } from "../capture/claude-code/transcript-file.ts";
import type { ImportReport } from "../store/import-events.ts";
import type { EventStore } from "../store/event-store.ts";
import { type CaptureFigures, CaptureCounts } from "./capture-counts.ts";
import type { Call } from "./command.ts";
import { Progress } from "./progress.ts";
import { findCommits, mappingRules, recordFacts, sessionEntries } from "./session-capture.ts";

export interface SessionImportOptions {
  /** Absent for a look without a store. */
  readonly store: EventStore | undefined;
  readonly dryRun?: boolean;
  /** The sessions may have worked in other repositories than the one here. */
  readonly elsewhere?: boolean;
  /** Sessions that are known to have ended. */
  readonly ended?: (session: string) => boolean;
}

/** What was found in sessions, and what of it was new. */
export interface SessionsImported {
  readonly report: ImportReport;
  readonly figures: CaptureFigures;
  readonly sessions: number;
  readonly passedOver: PassedOver;
}

export const NOTHING_IMPORTED: ImportReport = {
  added: 0,
  known: 0,
  skipped: {},
  rejected: 0,
  rejections: [],
};

/** Records what sessions tell, the oldest session first. */
export async function importSessions(
  { context, signal }: Pick<Call, "context" | "signal">,
  files: readonly SessionFiles[],
  options: SessionImportOptions,
): Promise<SessionsImported> {
  const { store, dryRun = false, ended = () => false } = options;
  const { config } = await context.config();
  const kilobytes = Math.ceil(files.reduce((sum, { bytes }) => sum + bytes, 0) / 1_024);
  const outlines = await outlinesOf(files, kilobytes, signal);
  const passedOver: PassedOver = { lines: 0, kinds: new Map() };
  const counts = new CaptureCounts();
  using progress = new Progress(process.stderr, {
    label: "recording sessions",
    unit: "kB",
    total: kilobytes,
  });
  const folders = [...outlines.map(({ cwd }) => cwd).filter((cwd) => cwd !== undefined), context.cwd];
  const how = {
    store,
    rules: await mappingRules(config, options.elsewhere === true ? undefined : context.cwd),
    runs: new Runs(),
    find: findCommits(store, folders),
    now: Date.now(),
    signal,
    passedOver,
    onBytes: (bytes: number) => progress.add(Math.ceil(bytes / 1_024)),
    onEvents: (events: Parameters<CaptureCounts["add"]>[0]) => counts.add(events),
  };
  let report = NOTHING_IMPORTED;
  for (const outline of outlines) {
    const entries = sessionEntries(outline, { ...how, ended: ended(outline.files.session) });
    if (store !== undefined) report = bothReports(report, await recordFacts(store, entries, { dryRun }));
    else for await (const chunk of entries) report = { ...report, added: report.added + chunk.length };
  }
  return { report, figures: counts.figures, sessions: outlines.length, passedOver };
}

/** A first look at each session. Orchestrations are continued in order, so the oldest session comes first. */
async function outlinesOf(
  files: readonly SessionFiles[],
  kilobytes: number,
  signal: AbortSignal,
): Promise<SessionOutline[]> {
  using progress = new Progress(process.stderr, {
    label: "looking through sessions",
    unit: "kB",
    total: kilobytes,
  });
  const outlines: SessionOutline[] = [];
  for (const one of files) {
    outlines.push(await outlineOf(one, signal));
    progress.add(Math.ceil(one.bytes / 1_024));
  }
  return outlines
    .filter(({ first }) => first !== undefined)
    .sort((one, other) => compare(one.first, other.first) || compare(one.files.session, other.files.session));
}

function compare(one = "", other = ""): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

export function bothReports(one: ImportReport, other: ImportReport): ImportReport {
  return {
    added: one.added + other.added,
    known: one.known + other.known,
    skipped: { ...one.skipped, ...other.skipped },
    rejected: one.rejected + other.rejected,
    rejections: [...one.rejections, ...other.rejections],
  };
}
