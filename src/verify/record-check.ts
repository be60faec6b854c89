import { createHash } from "node:crypto";
import { closeSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";

import { filedLines, findEventFiles } from "./event-files.ts";
import { Findings } from "./finding.ts";
import { appliedMark, isBefore, journalEnd, type Journals, readJournals } from "./journal-scan.ts";
import { openRegular } from "./line-scan.ts";
import { idMark, StoreTally } from "./store-tally.ts";
import { type LineFields, type LineSeen, StreamCheck } from "./stream-check.ts";

const READ_BYTES = 1024 * 1024;
const EVENT_ID_AT = '{"event_id":"'.length;
const UUID_LENGTH = 36;

/** Who a store says it is. */
export interface StoreIdentity {
  readonly store_id: string;
  readonly origin: string;
}

export interface RecordCheckOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((events: number) => void) | undefined;
  readonly seen?: LineSeen | undefined;
}

/** What the record itself says, before any seal is asked. */
export interface RecordCheck {
  readonly tally: StoreTally;
  readonly findings: Findings;
  readonly streams: number;
  /** The position up to which everything had been acknowledged when the check began. */
  readonly last: number;
}

/**
 * Reads every line of a store and checks that they are one whole record: nothing but the bytes counts, and writers
 * may go on meanwhile. The journals are read before the files, so that each acknowledged line is met in one of them.
 */
export async function checkRecord(
  base: string,
  identity: StoreIdentity,
  options: RecordCheckOptions,
): Promise<RecordCheck> {
  const findings = new Findings();
  const tally = new StoreTally(findings);
  // First: what had been brought to the files by now must be found there.
  const applied = appliedMark(join(base, ".store"));
  using journalled = readJournals(join(base, ".store"));
  const files = findEventFiles(base, findings);
  const streams = new Set([...files.keys(), ...journalled.byStream.keys()]);
  const blobs = new BlobCheck(base, findings);
  const seen: LineSeen = (fields, place) => {
    blobs.look(fields, place);
    options.seen?.(fields, place);
    if (tally.events % 1024 === 0) options.onProgress?.(tally.events);
  };
  for (const stream of streams) {
    options.signal?.throwIfAborted();
    const check = new StreamCheck(stream, { storeId: identity.store_id, findings, tally, seen });
    for (const file of files.get(stream) ?? []) check.file(file);
    for (const line of journalled.byStream.get(stream) ?? [])
      check.journalled(line, applied !== undefined && isBefore(line, applied));
    // Others get their turn: a check may run beside a server.
    await Promise.resolve();
  }
  // While others write, files gain lines behind the check; once nobody does, every position has its event.
  const still = journalEnd(join(base, ".store")) === journalled.last;
  const last = still ? Math.max(journalled.last, tally.leaves.greatest) : journalled.last;
  tally.finish(last);
  compareJournals(journalled, tally, findings);
  checkClosedDays(base, findings);
  checkDuplicates(base, tally, findings);
  return { tally, findings, streams: streams.size, last };
}

/** A line that lies in its file and still in the journal must be the same in both. */
function compareJournals({ byStream, leaves }: Journals, tally: StoreTally, findings: Findings): void {
  for (const [stream, lines] of byStream) {
    for (const { position } of lines) {
      const found = tally.leaves.get(position);
      const held = leaves.get(position);
      if (found === undefined || held === undefined || found.equals(held)) continue;
      const message = "the line in the file is not the one that the journal holds";
      findings.add({ code: "journal", message, position, stream });
    }
  }
}

/** Days that are over have a digest of each file. */
function checkClosedDays(base: string, findings: Findings): void {
  const folder = join(base, ".store", "closed");
  for (const name of namesIn(folder).filter((one) => one.endsWith(".json"))) {
    for (const { file, bytes, sha256 } of closedFiles(join(folder, name))) {
      const now = digestOf(join(base, file));
      if (now === undefined)
        findings.add({ code: "missing", message: "a file of a closed day has gone", file });
      else if (now.bytes !== bytes || now.sha256 !== sha256)
        findings.add({
          code: "closed-file",
          message: "a file of a closed day is not what it was when the day was closed",
          file,
        });
    }
  }
}

interface ClosedFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

function closedFiles(path: string): readonly ClosedFile[] {
  try {
    const { files } = JSON.parse(readFileSync(path, "utf8")) as { files?: readonly ClosedFile[] };
    return (files ?? []).filter(({ file }) => typeof file === "string" && !file.split("/").includes(".."));
  } catch (error) {
    // A record of what was; its loss is not the loss of an event.
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

function digestOf(path: string): { bytes: number; sha256: string } | undefined {
  const file = openRegular(path);
  if (file === undefined) return undefined;
  try {
    const sum = createHash("sha256");
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    let bytes = 0;
    for (let got = readSync(file, buffer); got > 0; got = readSync(file, buffer)) {
      sum.update(buffer.subarray(0, got));
      bytes += got;
    }
    return { bytes, sha256: sum.digest("hex") };
  } finally {
    closeSync(file);
  }
}

/** Compares in full the ids whose marks are shared; hardly ever is there any. */
function checkDuplicates(base: string, tally: StoreTally, findings: Findings): void {
  const shared = tally.sharedIdMarks();
  if (shared.size === 0) return;
  const met = new Set<string>();
  for (const { bytes, number: line, offset, stream, file } of filedLines(base)) {
    const event_id = bytes.toString("latin1", EVENT_ID_AT, EVENT_ID_AT + UUID_LENGTH);
    if (!shared.has(idMark(event_id))) continue;
    const message = "the event_id was given before";
    if (met.has(event_id)) findings.add({ code: "duplicate", message, file, line, offset, stream, event_id });
    met.add(event_id);
  }
}

/** Attachments must be there, and be what their reference says. */
class BlobCheck {
  readonly #folder: string;
  readonly #findings: Findings;
  readonly #known = new Set<string>();

  constructor(base: string, findings: Findings) {
    this.#folder = join(base, ".store", "blobs");
    this.#findings = findings;
  }

  look({ metadata, event_id }: LineFields, { stream, file }: { stream: string; file: string }): void {
    for (const value of Object.values(metadata)) {
      const sha256 = referenceOf(value);
      if (sha256 === undefined || this.#known.has(sha256)) continue;
      this.#known.add(sha256);
      const problem = this.#problemOf(sha256);
      if (problem !== undefined)
        this.#findings.add({ code: "attachment", message: problem, stream, file, event_id });
    }
  }

  #problemOf(sha256: string): string | undefined {
    const digest = /^[0-9a-f]{64}$/.test(sha256) ? digestOf(join(this.#folder, sha256)) : undefined;
    if (digest === undefined) return `attachment ${sha256} has gone`;
    return digest.sha256 === sha256 ? undefined : `attachment ${sha256} is not what was attached`;
  }
}

function referenceOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !("$blob" in value)) return undefined;
  return typeof value.$blob === "string" ? value.$blob : undefined;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
