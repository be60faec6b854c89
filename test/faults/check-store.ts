import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * Reads a store's plain files again with nothing of the engine, and says everything that is wrong with them.
 * The store must have been drained: opened and closed by a process that could write.
 */

/** An acknowledgement, as the process that got it wrote it down. */
export interface Acknowledged {
  readonly event_id: string;
  readonly stream: string;
  readonly event_sequence: number;
  readonly position: number;
  readonly recorded_at: string;
}

/** One stored line, found in its file. */
export interface FoundEvent extends Acknowledged {
  readonly event_type: string;
  readonly file: string;
  readonly offset: number;
  readonly line: string;
  readonly prev_hash: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface CheckOptions {
  readonly acknowledged?: readonly Acknowledged[];
  /** Ids that were rejected and never tried again: they must not be there. */
  readonly rejected?: readonly string[];
  /** Every id that was ever tried; when given, nothing else may be there but the store's own events. */
  readonly tried?: readonly string[];
}

export interface CheckedStore {
  readonly problems: readonly string[];
  /** In order of position. */
  readonly events: readonly FoundEvent[];
  readonly streams: ReadonlyMap<string, readonly FoundEvent[]>;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const LINE_BYTES_MAX = 65_535;

interface EventFile {
  readonly stream: string;
  /** Undefined for the open `global/events.jsonl`. */
  readonly day: string | undefined;
  readonly path: string;
}

/** Checks the whole store; `problems` is empty when everything is as it must be. */
export function checkStore(base: string, options: CheckOptions = {}): CheckedStore {
  const problems: string[] = [];
  const { store_id: storeId } = JSON.parse(readFileSync(join(base, ".store", "store.json"), "utf8")) as {
    store_id: string;
  };
  const streams = new Map<string, FoundEvent[]>();
  for (const file of eventFiles(base)) {
    const found = readEvents(base, file, problems);
    const held = streams.get(file.stream);
    if (held === undefined) streams.set(file.stream, found);
    else held.push(...found);
  }
  for (const [stream, events] of streams) checkStream(storeId, stream, { events, problems });
  const events = [...streams.values()].flat().sort((a, b) => a.position - b.position);
  checkOrder(events, problems);
  checkIds(events, options, problems);
  return { problems, events, streams };
}

/** Like `checkStore`, and throws when anything is wrong. */
export function mustBeWhole(base: string, options: CheckOptions = {}): CheckedStore {
  const checked = checkStore(base, options);
  if (checked.problems.length > 0) {
    const shown = checked.problems.slice(0, 12).join("\n  ");
    throw new Error(`${base} has ${checked.problems.length} problems:\n  ${shown}`);
  }
  return checked;
}

function eventFiles(base: string): EventFile[] {
  const files: EventFile[] = [];
  for (const day of readdirSync(base)
    .filter((name) => DAY.test(name))
    .sort()) {
    for (const stream of readdirSync(join(base, day)).sort()) {
      const path = join(base, day, stream, "events.jsonl");
      if (existsSync(path)) files.push({ stream, day, path });
    }
  }
  const global = join(base, "global");
  if (!existsSync(global)) return files;
  for (const day of readdirSync(global)
    .filter((name) => DAY.test(name))
    .sort()) {
    const path = join(global, day, "events.jsonl");
    if (existsSync(path)) files.push({ stream: "global", day, path });
  }
  const open = join(global, "events.jsonl");
  if (existsSync(open) && statSync(open).size > 0)
    files.push({ stream: "global", day: undefined, path: open });
  return files;
}

function readEvents(base: string, file: EventFile, problems: string[]): FoundEvent[] {
  const bytes = readFileSync(file.path);
  const name = file.path.slice(base.length + 1);
  const events: FoundEvent[] = [];
  const days = new Set<string>();
  let start = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    const event = parseLine(bytes.subarray(start, end), { name, offset: start, file }, problems);
    if (event !== undefined) {
      events.push(event);
      days.add(event.recorded_at.slice(0, 10));
    }
    start = end + 1;
  }
  if (start !== bytes.length)
    problems.push(`${name}: ${bytes.length - start} bytes without LF behind byte ${start}`);
  for (const day of days) {
    if (file.day !== undefined && day !== file.day)
      problems.push(`${name}: holds an event recorded on ${day}`);
  }
  if (days.size > 1) problems.push(`${name}: holds events of ${[...days].join(", ")}`);
  return events;
}

function parseLine(
  bytes: Buffer,
  place: { name: string; offset: number; file: EventFile },
  problems: string[],
): FoundEvent | undefined {
  const where = `${place.name} at byte ${place.offset}`;
  const line = bytes.toString("utf8");
  if (bytes.length > LINE_BYTES_MAX) problems.push(`${where}: a line of ${bytes.length} bytes`);
  if (!Buffer.from(line).equals(bytes)) problems.push(`${where}: not UTF-8`);
  try {
    const event = JSON.parse(line) as Omit<FoundEvent, "stream" | "file" | "offset" | "line"> & {
      issue_key?: string;
    };
    const stream = event.issue_key ?? "global";
    if (stream !== place.file.stream) problems.push(`${where}: an event of ${stream}`);
    return { ...event, stream, file: place.file.path, offset: place.offset, line };
  } catch {
    problems.push(`${where}: not JSON: ${line.slice(0, 80)}`);
    return undefined;
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function checkStream(
  storeId: string,
  stream: string,
  given: { events: FoundEvent[]; problems: string[] },
): void {
  let hash = sha256(`eso-stream-genesis/v1\n${storeId}\n${stream}\n`);
  given.events.forEach((event, index) => {
    const where = `${stream} line ${index + 1} (${event.file}, byte ${event.offset})`;
    if (event.event_sequence !== index + 1) given.problems.push(`${where}: sequence ${event.event_sequence}`);
    if (event.prev_hash !== hash) given.problems.push(`${where}: does not chain to the line before`);
    hash = sha256(`\0${event.line}`);
  });
}

function checkOrder(events: readonly FoundEvent[], problems: string[]): void {
  let before = "";
  events.forEach((event, index) => {
    if (event.position !== index + 1)
      problems.push(`position ${event.position} (${event.event_id}) stands at place ${index + 1}`);
    if (event.recorded_at < before)
      problems.push(`position ${event.position} was recorded before the one it follows`);
    before = event.recorded_at;
  });
}

function checkIds(events: readonly FoundEvent[], options: CheckOptions, problems: string[]): void {
  const byId = new Map<string, FoundEvent>();
  for (const event of events) {
    if (byId.has(event.event_id)) problems.push(`${event.event_id} is there twice`);
    byId.set(event.event_id, event);
  }
  for (const ack of options.acknowledged ?? []) {
    const found = byId.get(ack.event_id);
    if (found === undefined) {
      problems.push(`acknowledged ${ack.event_id} (${ack.stream} ${ack.event_sequence}) is not there`);
      continue;
    }
    for (const field of ["stream", "event_sequence", "position", "recorded_at"] as const) {
      if (found[field] !== ack[field]) {
        problems.push(
          `${ack.event_id} was acknowledged with ${field} ${ack[field]}, but has ${found[field]}`,
        );
      }
    }
  }
  for (const id of options.rejected ?? []) {
    if (byId.has(id)) problems.push(`rejected ${id} is there`);
  }
  if (options.tried === undefined) return;
  const tried = new Set(options.tried);
  for (const event of events) {
    if (!event.event_type.startsWith("Store") && !tried.has(event.event_id))
      problems.push(`nobody wrote ${event.event_id}`);
  }
}
