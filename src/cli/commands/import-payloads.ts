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
  readonly #waiting: { readonly where: string; readonly file: File; readonly saved: SavedPayload }[] = [];

  constructor(parts: PayloadsParts) {
    this.#parts = parts;
  }

  get learned(): readonly IssueFacts[] {
    return [...this.#issues.values()];
  }

  async *entries(onFile: () => void, signal: AbortSignal): AsyncGenerator<ImportEntry[]> {
    for (const file of this.#parts.files) {
      signal.throwIfAborted();
      yield* this.#ofFile(file);
      onFile();
    }
    // What named its issue by number only may have become clear by a later file.
    for (const { where, file, saved } of this.#waiting) yield this.#ofPayload(where, this.#map(file, saved));
  }

  async *#ofFile(file: File): AsyncGenerator<ImportEntry[]> {
    const parsed = parsedFile(file);
    let chunk: ImportEntry[] = [];
    for (const { value, where, error } of parsed) {
      if (error !== undefined) chunk.push({ where, error });
      for (const saved of error === undefined ? savedPayloads(value) : []) {
        const name = `${where}${saved.place}`;
        const found = this.#map(file, saved);
        if (found.waitsFor === undefined) chunk.push(...(await this.#withIssues(found.events, name)));
        else this.#waiting.push({ where: name, file, saved });
        if (found.waitsFor === undefined && found.unmapped !== undefined) this.#count(found.unmapped);
      }
      if (chunk.length < CHUNK) continue;
      yield chunk;
      chunk = [];
    }
    if (chunk.length > 0) yield chunk;
  }

  #ofPayload(where: string, { events, unmapped }: Mapped): ImportEntry[] {
    if (unmapped !== undefined) this.#count(unmapped);
    return events.map(({ input }) => ({ where, input }));
  }

  async #withIssues(events: readonly MappedEvent[], where: string): Promise<ImportEntry[]> {
    const entries: ImportEntry[] = [];
    for (const event of events) entries.push({ where, input: await withIssue(this.#parts.store, event) });
    return entries;
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

  #count(why: string): void {
    this.unmapped[why] = (this.unmapped[why] ?? 0) + 1;
  }
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
