import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";

import { type ExportedEvent, type JsonlLine, readJsonlEvents, toInput } from "../../capture/jsonl.ts";
import { EsoError, NotFoundError, ValidationError } from "../../errors.ts";
import { isObject } from "../../event/envelope-rules.ts";
import { parseStrictJson } from "../../event/strict-json.ts";
import { type ImportEntry, type ImportReport, importEvents } from "../../store/import-events.ts";
import type { EventStore } from "../../store/event-store.ts";
import type { Call } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { Progress } from "../progress.ts";
import { standardInput } from "../read-input.ts";
import { printReport } from "./import-report.ts";

const CHUNK_EVENTS = 500;
const CHUNK_CHARACTERS = 1_048_576;
const ATTACHMENTS_NOTED_MAX = 10_000;

/** `eso import jsonl`: records the events of a file. */
export async function importJsonl(call: Call): Promise<ExitCode> {
  const { given, context, signal } = call;
  const file = given.required("file");
  const dryRun = given.flag("dry-run");
  const source = sourceOf(file, context.cwd);
  await using store = await context.plain({ create: !dryRun });
  const attachments = new Set<string>();
  const report = await withProgress((onProgress) =>
    importEvents(store, entriesOf(source, { signal, attachments }), {
      dryRun,
      keepGoing: given.flag("keep-going"),
      onProgress,
    }),
  );
  await noteMissing(store, attachments, call.err);
  return printReport(call, report, { source: file, dryRun });
}

/** Lines carry references, not the attached files. */
async function noteMissing(store: EventStore, attachments: ReadonlySet<string>, err: Output): Promise<void> {
  const missing = [...attachments].filter((digest) => !holds(store, digest)).length;
  if (missing === 0) return;
  await err.line(
    `note: ${missing} attached files are not in this store; copy them from the other's .store/blobs`,
  );
}

function holds(store: EventStore, $blob: string): boolean {
  try {
    store.attachment({ $blob, bytes: 0, media_type: "" });
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}

async function withProgress(
  work: (onProgress: (entries: number) => void) => Promise<ImportReport>,
): Promise<ImportReport> {
  using progress = new Progress(process.stderr, { label: "importing", unit: "lines" });
  let before = 0;
  return await work((entries) => {
    progress.add(entries - before);
    before = entries;
  });
}

/** Lines to read, and what messages call them. */
export interface LineSource {
  readonly name: string;
  readonly from: string | AsyncIterable<Uint8Array>;
}

/**
 * A file, or standard input for `-`.
 * @throws NotFoundError when there is no such file.
 */
export function sourceOf(file: string, cwd: string): LineSource {
  if (file === "-") return { name: "standard input", from: standardInput() };
  const from = resolve(cwd, file);
  if (!existsSync(from)) {
    throw new NotFoundError("ESO_NOT_FOUND", `there is no file ${file}`, { details: { what: file } });
  }
  return { name: file, from };
}

/** What to do while reading lines. */
interface ReadingOptions {
  readonly signal?: AbortSignal;
  /** Takes the digests of the attachments that the lines refer to. */
  readonly attachments?: Set<string>;
}

/** The lines of a source as entries to import, in chunks. */
export async function* entriesOf(
  { name, from }: LineSource,
  { signal, attachments }: ReadingOptions = {},
): AsyncGenerator<ImportEntry[]> {
  const ids = new LineIds();
  let chunk: ImportEntry[] = [];
  let characters = 0;
  const options = { name, ...(signal === undefined ? {} : { signal }) };
  const lines = endingInError(readJsonlEvents(from, options));
  for await (const line of lines) {
    chunk.push(line instanceof EsoError ? { where: name, error: line } : entryOf(line, name, ids));
    if (!(line instanceof EsoError)) {
      characters += line.text.length;
      if (line.text.includes('"$blob"')) noteAttachments(line.text, attachments);
    }
    if (chunk.length < CHUNK_EVENTS && characters < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = [];
    characters = 0;
  }
  if (chunk.length > 0) yield chunk;
}

function noteAttachments(text: string, attachments: Set<string> | undefined): void {
  if (attachments === undefined || attachments.size >= ATTACHMENTS_NOTED_MAX) return;
  for (const [, digest = ""] of text.matchAll(/"\$blob":"([0-9a-f]{64})"/g)) attachments.add(digest);
}

/** What cannot be a line ends the file, but the lines before it are whole. */
async function* endingInError(lines: AsyncIterable<JsonlLine>): AsyncGenerator<JsonlLine | ValidationError> {
  try {
    yield* lines;
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    yield error;
  }
}

function entryOf({ lineNumber, text }: JsonlLine, name: string, ids: LineIds): ImportEntry {
  const where = `${name}:${lineNumber}`;
  try {
    const event = parseStrictJson(text);
    if (!isObject(event)) throw notAnObject();
    const input = toInput(event as unknown as ExportedEvent);
    const hasName = input.event_id !== undefined || input.idempotency_key !== undefined;
    return { where, input: hasName ? input : { ...input, event_id: ids.idOf(text) } };
  } catch (error) {
    if (error instanceof EsoError) return { where, error };
    throw error;
  }
}

function notAnObject(): ValidationError {
  return new ValidationError("ESO_INVALID_EVENT", "$ must be an object", {
    details: { issues: [{ path: "$", message: "must be an object" }] },
  });
}

/** Ids made from the lines' texts, so that the same file gives the same events; repeated lines are told apart. */
class LineIds {
  readonly #seen = new Map<string, number>();

  idOf(text: string): string {
    const digest = createHash("sha256").update(text).digest("hex");
    const seen = this.#seen.get(digest) ?? 0;
    this.#seen.set(digest, seen + 1);
    const hex = seen === 0 ? digest : createHash("sha256").update(`${digest}#${seen}`).digest("hex");
    // UUID version 8: made by a rule of our own.
    const variant = "89ab"[Number.parseInt(hex[16] ?? "0", 16) & 3];
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }
}
