import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import process from "node:process";

import { IssueCache } from "../../capture/jira/issue-cache.ts";
import type { Provider } from "../../capture/webhook/delivery.ts";
import type { IssueFacts, Mapped, MappedEvent, MappingRules } from "../../capture/webhook/mapping.ts";
import { mapSaved, type SavedPayload, savedPayloads } from "../../capture/webhook/saved-payloads.ts";
import { EsoError, NotFoundError, ValidationError } from "../../errors.ts";
import { withIssue } from "../../server/log-mapped.ts";
import type { EventStore } from "../../store/event-store.ts";
import type { ImportEntry } from "../../store/import-events.ts";
import type { Call } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { payloadRules } from "../payload-rules.ts";
import { Progress } from "../progress.ts";
import { recordFacts } from "../session-capture.ts";
import { printReport } from "./import-report.ts";

const FILE_BYTES_MAX = 268_435_456;
const CHUNK = 500;

/** `eso import github`: records saved webhooks and records of GitHub. */
export const importGithub = (call: Call): Promise<ExitCode> => importPayloads(call, "github");

/** `eso import jira`: records saved webhooks and exports of Jira. */
export const importJira = (call: Call): Promise<ExitCode> => importPayloads(call, "jira");

async function importPayloads(call: Call, provider: Provider): Promise<ExitCode> {
  const { given, context } = call;
  const dryRun = given.flag("dry-run");
  const place = given.required("path");
  const files = filesAt(resolve(context.cwd, place), place);
  const { config } = await context.config();
  await using store = await context.plain({ create: !dryRun });
  const cache = new IssueCache(join(await context.storePath(), ".store"));
  const payloads = new Payloads({ provider, files, store, cache, rules: await payloadRules(config) });
  using progress = new Progress(process.stderr, { label: "importing", unit: "files", total: files.length });
  const entries = payloads.entries(() => progress.add(1), call.signal);
  const report = await recordFacts(store, entries, { dryRun });
  if (!dryRun) cache.learn(payloads.learned);
  return printReport(call, report, { source: place, dryRun, unmapped: payloads.unmapped });
}

interface File {
  readonly path: string;
  /** In messages. */
  readonly name: string;
}

/** The file, or the JSON files of a folder and those below it, in order of their names. */
function filesAt(path: string, named: string): File[] {
  if (!existsSync(path))
    throw new NotFoundError("ESO_NOT_FOUND", `there is nothing at ${named}`, { details: { what: named } });
  if (!statSync(path).isDirectory()) return [{ path, name: named }];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(?:json|jsonl|ndjson)$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({ path: file, name: join(named, relative(path, file)) }));
}

interface PayloadsParts {
  readonly provider: Provider;
  readonly files: readonly File[];
  readonly store: EventStore;
  readonly cache: IssueCache;
  readonly rules: MappingRules;
}

/** The payloads of files as entries to import, and what came of the others. */
class Payloads {
  /** Reasons why payloads gave no event, and how often. */
  readonly unmapped: Record<string, number> = {};
  readonly #parts: PayloadsParts;
  readonly #issues = new Map<string, IssueFacts>();
  /** Payloads whose issue has a number, and no key yet. */
  readonly #waiting: Place[] = [];
  /** Events whose issue another fact may tell, which may be in a later file. */
  readonly #later: { readonly where: string; readonly event: MappedEvent }[] = [];

  constructor(parts: PayloadsParts) {
    this.#parts = parts;
  }

  get learned(): readonly IssueFacts[] {
    return [...this.#issues.values()];
  }

  /** In chunks; what could not be told at first comes last. */
  async *entries(onFile: () => void, signal: AbortSignal): AsyncGenerator<ImportEntry[]> {
    for (const file of this.#parts.files) {
      signal.throwIfAborted();
      yield* chunked(this.#ofFile(file));
      onFile();
    }
    yield* chunked(this.#ofWaiting());
    yield* this.#withIssues();
  }

  async *#withIssues(): AsyncGenerator<ImportEntry[]> {
    for (let at = 0; at < this.#later.length; at += CHUNK) {
      const chunk: ImportEntry[] = [];
      for (const { where, event } of this.#later.slice(at, at + CHUNK))
        chunk.push({ where, input: await withIssue(this.#parts.store, event) });
      yield chunk;
    }
  }

  *#ofFile(file: File): Generator<ImportEntry> {
    for (const { value, where, error } of parsedFile(file)) {
      if (error !== undefined) yield { where, error };
      for (const saved of error === undefined ? savedPayloads(value) : []) {
        const place = { where: `${where}${saved.place}`, file, saved };
        const found = this.#map(file, saved);
        if (found.waitsFor === undefined) yield* this.#entriesOf(found, place.where);
        else this.#waiting.push(place);
      }
    }
  }

  *#ofWaiting(): Generator<ImportEntry> {
    for (const { where, file, saved } of this.#waiting) yield* this.#entriesOf(this.#map(file, saved), where);
  }

  *#entriesOf({ events, unmapped }: Mapped, where: string): Generator<ImportEntry> {
    if (unmapped !== undefined) this.unmapped[unmapped] = (this.unmapped[unmapped] ?? 0) + 1;
    for (const event of events) {
      if (event.sameIssueAs === undefined) yield { where, input: event.input };
      else this.#later.push({ where, event });
    }
  }

  #map({ path }: File, saved: SavedPayload): Mapped {
    const { provider, cache, rules } = this.#parts;
    const issueOf = (host: string, id: string) =>
      (this.#issues.get(`${host}\n${id}`) ?? cache.issue(host, id))?.key;
    const received_at = new Date(statSync(path).mtimeMs).toISOString();
    const found = mapSaved(saved, { provider, received_at, rules: { ...rules, issueOf } });
    for (const facts of found.learned) this.#issues.set(`${facts.host}\n${facts.id}`, facts);
    return found;
  }
}

interface Place {
  readonly where: string;
  readonly file: File;
  readonly saved: SavedPayload;
}

function* chunked(entries: Iterable<ImportEntry>): Generator<ImportEntry[]> {
  let chunk: ImportEntry[] = [];
  for (const entry of entries) {
    chunk.push(entry);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

interface Parsed {
  readonly where: string;
  readonly value?: unknown;
  readonly error?: EsoError;
}

/** A file's JSON, or that of each of its lines. */
function* parsedFile({ path, name }: File): Generator<Parsed> {
  if (statSync(path).size > FILE_BYTES_MAX) {
    yield { where: name, error: unreadable(`it is longer than ${FILE_BYTES_MAX} bytes`) };
    return;
  }
  const text = readFileSync(path, "utf8");
  const isLines = /\.(?:jsonl|ndjson)$/i.test(path);
  for (const [at, line] of (isLines ? text.split("\n") : [text]).entries())
    if (line.trim() !== "" || !isLines) yield parsedText(line, isLines ? `${name}:${at + 1}` : name);
}

function parsedText(text: string, where: string): Parsed {
  try {
    return { where, value: JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return { where, error: unreadable("it is not JSON") };
    throw error;
  }
}

function unreadable(why: string): ValidationError {
  return new ValidationError("ESO_INVALID_EVENT", `the file cannot be read: ${why}`, {
    details: { issues: [{ path: "$", message: why }] },
  });
}
