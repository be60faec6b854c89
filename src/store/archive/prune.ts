import { ConfigError } from "../../errors.ts";
import type { ClosedDayFile } from "../../log/archive-shelf.ts";
import {
  type ArchiveParts,
  isOfIssue,
  isOlderThan,
  lastMoves,
  record,
  withArchiveLock,
} from "./archive-records.ts";
import { holdOf } from "./hold.ts";
import { contentsOf } from "./run-archive.ts";

/** What pruning works with. */
export interface PruneParts extends ArchiveParts {
  /** Keeps the state of a stream as it is, so that it can be told when its first events are gone. */
  snapshot(stream: string): Promise<unknown>;
  /** Makes derived data forget what is gone. */
  resetIndex(): Promise<void>;
}

/** The policy that asks for it. */
export interface PruneOptions {
  readonly olderThanDays: number;
  /** Whether the configuration or somebody's command says so. */
  readonly by: "configuration" | "command";
  /** Nothing younger may go, whatever is asked for: the floor of compliance mode; else 0. */
  readonly floorDays: number;
  readonly issue?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A file that is gone, or is kept all the same. */
export interface PruneFinding {
  readonly stream: string;
  readonly day: string;
  readonly file: string;
  readonly events: number;
  readonly bytes: number;
  /** Why it is still there. `journal`: the write-ahead journal still has its lines; a later run removes it. */
  readonly kept?: "held" | "earlier days are kept" | "not archived" | "journal";
}

/** Seven years, leap days included. */
export const COMPLIANCE_FLOOR_DAYS = 2_557;

/**
 * Records, for every archived file that the policy names, that it is pruned, and keeps the hashes of its lines. The
 * files themselves go with `removePruned`, when the journal has let go of their lines.
 * @throws ConfigError when the policy reaches below the floor; nothing is done.
 */
export async function recordPruned(
  parts: PruneParts,
  options: PruneOptions,
): Promise<readonly PruneFinding[]> {
  const { olderThanDays, floorDays } = options;
  if (olderThanDays < floorDays) throw belowFloor(olderThanDays, floorDays);
  if (options.dryRun === true) return (await dueFiles(parts, options)).map(findingOf);
  return withArchiveLock(parts.shelf, async () => {
    const findings: PruneFinding[] = [];
    for (const due of await dueFiles(parts, options)) {
      options.signal?.throwIfAborted();
      if (due.kept === undefined && !due.recorded) await recordFile(parts, due, options);
      findings.push(findingOf(due));
    }
    return findings;
  });
}

interface DueFile {
  readonly file: ClosedDayFile;
  readonly kept?: PruneFinding["kept"];
  readonly events: number;
  readonly bytes: number;
  /** An earlier run was interrupted behind its record. */
  readonly recorded: boolean;
}

async function dueFiles(parts: PruneParts, options: PruneOptions): Promise<DueFile[]> {
  const now = parts.clock();
  const due: DueFile[] = [];
  const files = parts.shelf.files().filter((file) => isOfIssue(file, options.issue));
  for (const [stream, own] of Map.groupBy(files, (file) => file.stream)) {
    const wanted = own.filter(
      (file) => file.place !== "pruned" && isOlderThan(file.day, options.olderThanDays, now),
    );
    if (wanted.length === 0) continue;
    const moves = await lastMoves(parts, stream);
    const held = (await holdOf(parts, stream))?.held === true;
    let kept: PruneFinding["kept"];
    for (const file of wanted) {
      const recorded = moves.get(file.file)?.event_type === "StorePruned";
      // From the first day on, without holes: else a stream's past could not be told.
      if (kept !== undefined) kept = kept === "held" ? kept : "earlier days are kept";
      else if (held) kept = "held";
      else if (file.place !== "archived") kept = "not archived";
      const { events, bytes } = kept === undefined ? parts.shelf.contents(file) : NOTHING;
      due.push({ file, events, bytes, recorded, ...(kept === undefined ? {} : { kept }) });
    }
  }
  return due;
}

const NOTHING = { events: 0, bytes: 0 };

function findingOf({ file, kept, events, bytes }: DueFile): PruneFinding {
  const { stream, day } = file;
  return { stream, day, file: file.file, events, bytes, ...(kept === undefined ? {} : { kept }) };
}

async function recordFile(parts: PruneParts, { file }: DueFile, options: PruneOptions): Promise<void> {
  const { shelf } = parts;
  const contents = shelf.contents(file);
  const leaves = shelf.keepLeaves(file, contents);
  const policy = { prune_after_days: options.olderThanDays, by: options.by };
  await record(parts, {
    type: "StorePruned",
    stream: file.stream,
    metadata: { file: file.file, ...contentsOf(file, contents), ...leaves, policy },
  });
  // Derived: the record stands without it.
  await parts.snapshot(file.stream).catch(() => undefined);
}

/**
 * Removes the files that are recorded as pruned. Those whose lines the journal still has stay for a later run: from
 * there they would come back.
 */
export async function removePruned(
  parts: PruneParts,
  options: { readonly issue?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly PruneFinding[]> {
  return withArchiveLock(parts.shelf, async () => {
    const findings: PruneFinding[] = [];
    const files = parts.shelf.files().filter((file) => isOfIssue(file, options.issue));
    const there = files.filter(({ place }) => place === "archived");
    for (const [stream, own] of Map.groupBy(there, (file) => file.stream)) {
      const moves = await lastMoves(parts, stream);
      const gone = own.filter((one) => moves.get(one.file)?.event_type === "StorePruned");
      // A hold that came meanwhile counts.
      const held = gone.length > 0 && (await holdOf(parts, stream))?.held === true;
      for (const file of gone) {
        options.signal?.throwIfAborted();
        findings.push(
          held ? findingOf({ file, kept: "held", recorded: true, ...NOTHING }) : remove(parts, file),
        );
      }
    }
    if (findings.some(({ kept }) => kept === undefined)) await parts.resetIndex();
    return findings;
  });
}

function remove({ shelf }: PruneParts, file: ClosedDayFile): PruneFinding {
  const { events, bytes, last_position } = shelf.contents(file);
  const finding = { stream: file.stream, day: file.day, file: file.file, events, bytes };
  if (shelf.isInJournal(last_position)) return { ...finding, kept: "journal" };
  shelf.removeArchive(file);
  return finding;
}

function belowFloor(asked: number, floor: number): ConfigError {
  return new ConfigError(
    "ESO_INVALID_CONFIG",
    `nothing younger than ${floor} days is pruned in compliance mode, and ${asked} days were asked for; nothing was done`,
    { hint: `Give ${floor} days or more; the archive takes little room meanwhile.` },
  );
}
