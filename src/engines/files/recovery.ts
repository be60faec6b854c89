import { IntegrityError } from "../../errors.ts";
import { reapplyFrames } from "./applier.ts";
import type { EngineCore } from "./core.ts";
import { HEADER_BYTES } from "./frame.ts";
import { type ChainEnd, JournalFile, type JournalFrame, listJournals } from "./journal.ts";
import { dayOf, journalPath } from "./layout.ts";
import { positionOf } from "./line-fields.ts";
import { splitLines } from "./partition-scan.ts";
import type { Partitions } from "./partitions.ts";
import { type Fragment, keepFragment } from "./quarantine.ts";

/** Frames are brought to their files in portions of this many bytes. */
const PORTION_BYTES = 4 * 1024 * 1024;

/** What recovery found and did; all zero and empty when nothing was wrong. */
export interface RecoveryReport {
  /** Where the oldest journal begins. */
  readonly start: ChainEnd;
  readonly end: ChainEnd;
  readonly position: number;
  readonly recordedMs: number;
  readonly fragments: readonly Fragment[];
  /** Files that missed bytes which the journal had. */
  readonly files_restored: number;
  /** Files that have lost lines which only they held: damage, not a crash. They were left as they are. */
  readonly files_short: readonly string[];
}

/** What recovery is told of the store. */
export interface RecoveryOptions {
  /** Rewrite even what reads back well: a flush has failed, so the page cache may show more than the device has. */
  readonly force: boolean;
  /** A journal and how far it is known to have been on disk: a break before this is damage, not a torn end. */
  readonly synced: { readonly journal: number; readonly end: number };
}

interface State {
  end: ChainEnd;
  position: number;
  recordedMs: number;
  restored: Map<string, { stream: string; day: string }>;
  short: Map<string, { stream: string; day: string }>;
  fragments: Fragment[];
  /** Where the journal says that each touched file ends. */
  ends: Map<string, { stream: string; day: string; end: number }>;
}

/**
 * Brings journal and files back to the last whole frame, under the lock. Idempotent: a second run finds
 * nothing to do. Undefined when there is no journal at all.
 * @throws IntegrityError when the journal is damaged rather than torn.
 */
export function recoverFiles(
  core: EngineCore,
  partitions: Partitions,
  options: RecoveryOptions,
): RecoveryReport | undefined {
  const { force } = options;
  const numbers = listJournals(core.disk, core.layout);
  const [oldest] = numbers;
  if (oldest === undefined || (numbers.length === 1 && isHalfMade(core, oldest))) return undefined;
  // Files may have been replaced by others while they were held open.
  partitions.close();
  const state = startOf(core, oldest);
  const start = state.end;
  for (const number of numbers) {
    if (number > oldest && number === numbers.at(-1) && dropUnused(core, number, state.end)) break;
    recoverJournal({ core, partitions, force, state }, number);
  }
  const { journal, end } = options.synced;
  if (journal === state.end.journal && state.end.end < end)
    throw journalDamaged(core, journal, state.end.end);
  cutSurplus(core, partitions, state);
  cleanTail(core, state);
  syncFiles(core, partitions, force ? state.ends : state.restored);
  return {
    start,
    end: state.end,
    position: state.position,
    recordedMs: state.recordedMs,
    fragments: state.fragments,
    files_restored: state.restored.size,
    files_short: [...state.short.keys()],
  };
}

/** Whether a journal's maker was killed before its first line was written. */
function isHalfMade(core: EngineCore, number: number): boolean {
  const journal = openJournal(core, number);
  try {
    return journal.start() === undefined && journal.isBare();
  } finally {
    journal.close();
  }
}

/**
 * Removes the newest journal when its maker was killed before the head named it, and the one before it has
 * grown since, or its first line was never finished.
 */
function dropUnused(core: EngineCore, number: number, end: ChainEnd): boolean {
  const journal = openJournal(core, number);
  try {
    const start = journal.start();
    if (!journal.isBare() || (start?.frame === end.frame && start.crc === end.crc)) return false;
  } finally {
    journal.close();
  }
  core.disk.remove(journalPath(core.layout, number));
  core.disk.syncFolder(core.layout.journals);
  return true;
}

function startOf(core: EngineCore, number: number): State {
  const journal = openJournal(core, number);
  try {
    const start = journal.start();
    if (start === undefined || start.storeId !== core.storeId) throw journalDamaged(core, number, 0);
    const end = { journal: number, end: HEADER_BYTES, frame: start.frame, crc: start.crc };
    const { position, recordedMs } = start;
    return {
      end,
      position,
      recordedMs,
      restored: new Map(),
      short: new Map(),
      fragments: [],
      ends: new Map(),
    };
  } finally {
    journal.close();
  }
}

interface Work {
  readonly core: EngineCore;
  readonly partitions: Partitions;
  readonly force: boolean;
  readonly state: State;
}

function recoverJournal(work: Work, number: number): void {
  const { core, state } = work;
  const journal = openJournal(core, number);
  try {
    const start = journal.start();
    // A journal is begun only when the one before it is wholly on disk, so a broken link is damage.
    if (start === undefined || start.frame !== state.end.frame || start.crc !== state.end.crc) {
      throw journalDamaged(core, number, 0);
    }
    state.end = { ...state.end, journal: number, end: HEADER_BYTES };
    // The frames must be on the device before any of their lines may go to a file.
    if (work.force) rewrite(journal, endOfFrames(journal, state.end));
    journal.sync();
    let portion: JournalFrame[] = [];
    let bytes = 0;
    for (const frame of journal.frames(state.end)) {
      portion.push(frame);
      bytes += frame.bytes.length;
      if (bytes < PORTION_BYTES) continue;
      takeIn(work, portion);
      portion = [];
      bytes = 0;
    }
    takeIn(work, portion);
  } finally {
    journal.close();
  }
}

function takeIn(work: Work, frames: readonly JournalFrame[]): void {
  const { state } = work;
  const { changed, short } = reapplyFrames(frames, work.partitions, work.force);
  for (const file of changed) state.restored.set(`${file.day}/${file.stream}`, file);
  for (const file of short) state.short.set(`${file.day}/${file.stream}`, file);
  for (const frame of frames) {
    const day = dayOf(frame.header.recordedMs);
    for (const { stream, fileOffset, length } of frame.events) {
      state.ends.set(`${day}/${stream}`, { stream, day, end: fileOffset + length + 1 });
    }
    state.end = { journal: frame.journal, end: frame.end, frame: frame.header.frame, crc: frame.header.crc };
    state.position = frame.header.firstPosition + frame.header.count - 1;
    state.recordedMs = frame.header.recordedMs;
  }
}

function endOfFrames(journal: JournalFile, from: ChainEnd): number {
  let { end } = from;
  for (const frame of journal.frames(from)) ({ end } = frame);
  return end;
}

const REWRITE_BYTES = 1024 * 1024;

/** Writes the journal's own bytes again, so that a flush has to bring them to the device. */
function rewrite(journal: JournalFile, end: number): void {
  for (let at = 0; at < end; at += REWRITE_BYTES) {
    journal.write(journal.readAt(at, Math.min(REWRITE_BYTES, end - at)), at);
  }
}

/** Keeps what a dying writer left behind the last whole frame, then erases it. */
function cleanTail(core: EngineCore, state: State): void {
  const { end } = state.end;
  const journal = openJournal(core, state.end.journal);
  try {
    const size = journal.size();
    let used = 0;
    for (let at = end; at < size; at += REWRITE_BYTES) {
      const bytes = journal.readAt(at, Math.min(REWRITE_BYTES, size - at));
      const last = bytes.findLastIndex((byte) => byte !== 0);
      if (last >= 0) used = at - end + last + 1;
    }
    if (used === 0) return;
    const file = journalPath(core.layout, journal.number);
    state.fragments.push(keepFragment(core, { file, offset: end, bytes: journal.readAt(end, used) }));
    journal.truncate(end);
    journal.sync();
  } finally {
    journal.close();
  }
}

/** Cuts what stands in a file behind the last line that the journal knows; it was never acknowledged. */
function cutSurplus(core: EngineCore, partitions: Partitions, state: State): void {
  for (const [key, { stream, day, end }] of state.ends) {
    if (state.short.has(key)) continue;
    const size = partitions.size(stream, day);
    if (size <= end) continue;
    const surplus = partitions.read({ stream, day }, end, size - end);
    // A line goes to its file only after its frame is on disk: one that the journal lacks was once there.
    if (holdsStoredLine(surplus, state.position))
      throw journalDamaged(core, state.end.journal, state.end.end);
    state.fragments.push(
      keepFragment(core, { file: partitions.pathOf(stream, day), offset: end, bytes: surplus }),
    );
    partitions.cut({ stream, day }, end);
  }
}

function holdsStoredLine(surplus: Buffer, position: number): boolean {
  const { lines } = splitLines(surplus, 0);
  return lines.some(({ bytes }) => (positionOf(bytes) ?? 0) > position);
}

function syncFiles(
  core: EngineCore,
  partitions: Partitions,
  files: ReadonlyMap<string, { stream: string; day: string }>,
): void {
  for (const { stream, day } of files.values()) {
    const path = partitions.pathOf(stream, day);
    const file = core.disk.open(path, "read");
    try {
      core.disk.sync(file);
    } finally {
      core.disk.close(file);
    }
    partitions.syncFolders(path);
  }
}

function openJournal(core: EngineCore, number: number): JournalFile {
  const journal = JournalFile.open(core, number, "write");
  if (journal === undefined) throw journalDamaged(core, number, 0);
  return journal;
}

/** The error for a journal that is gone, or broken where it was whole. */
export function journalDamaged(core: EngineCore, number: number, offset: number): IntegrityError {
  const file = journalPath(core.layout, number);
  return new IntegrityError("ESO_LOG_DAMAGED", `${file} does not continue the journal before it`, {
    hint: "The events in the streams' files stay readable. Bring .store/journal back from a backup before writing.",
    details: { file, offset },
  });
}
