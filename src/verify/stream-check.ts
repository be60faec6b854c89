import { closeSync } from "node:fs";
import { hash } from "node:crypto";

import type { EventFile } from "./event-files.ts";
import type { Finding, FindingCode, Findings } from "./finding.ts";
import { type JournalledLine, journalledText } from "./journal-scan.ts";
import { openRegular, scanFile, type ScanEnd } from "./line-scan.ts";
import type { StoreTally } from "./store-tally.ts";

const GLOBAL = "global";

/** What a line says of itself, as far as checking needs it. */
export interface LineFields {
  readonly event_id: string;
  readonly event_type: string;
  readonly event_sequence: number;
  readonly issue_key?: string;
  readonly recorded_at: string;
  readonly position: number;
  readonly prev_hash: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Where a line was found, for findings. */
interface Where {
  readonly file: string;
  readonly line?: number;
  readonly offset: number;
}

/** A line's text, its leaf hash, and the day that it should be of. */
interface FoundText {
  readonly text: string;
  readonly leaf: string;
  readonly day: string | undefined;
}

/** Told of every line that holds together, for checks beyond one stream. */
export type LineSeen = (
  fields: LineFields,
  place: { readonly stream: string; readonly file: string },
) => void;

export interface StreamCheckParts {
  /** Undefined for a file on its own: its first line is then taken as it is. */
  readonly storeId: string | undefined;
  readonly findings: Findings;
  readonly tally: StoreTally;
  readonly seen: LineSeen;
}

/**
 * One stream, line by line from its first on: whole lines, of this stream, dense sequences, rising positions, and
 * each line chained to the bytes of the one before.
 */
export class StreamCheck {
  readonly #stream: string;
  readonly #findings: Findings;
  readonly #tally: StoreTally;
  readonly #seen: LineSeen;
  /** Leaf hash of the line before; undefined when nothing is known of it. */
  #leaf: string | undefined;
  #sequence: number | undefined = 0;
  #position = 0;
  #last: Where | undefined;
  /** Behind a line that cannot be read, what comes next cannot be chained. */
  #broken = false;

  constructor(stream: string, parts: StreamCheckParts) {
    this.#stream = stream;
    this.#findings = parts.findings;
    this.#tally = parts.tally;
    this.#seen = parts.seen;
    if (parts.storeId === undefined) this.#sequence = undefined;
    else this.#leaf = hash("sha256", `eso-stream-genesis/v1\n${parts.storeId}\n${stream}\n`);
  }

  /** A file of the stream; `growing` when its last line may still be on its way. */
  file({ path, name, day }: EventFile): void {
    const file = openRegular(path);
    if (file === undefined) {
      this.#findings.add({ code: "missing", message: "the file has gone", file: name, stream: this.#stream });
      return;
    }
    try {
      const scan = scanFile(file);
      let next = scan.next();
      while (next.done !== true) {
        const { bytes, leaf, number, offset } = next.value;
        this.#line({ text: bytes.toString(), leaf, day }, { file: name, line: number, offset });
        this.#tally.bytes += bytes.length + 1;
        next = scan.next();
      }
      this.#end(next.value, name);
      this.#tally.files++;
    } finally {
      closeSync(file);
    }
  }

  #end({ endless, bytes, unfinished }: ScanEnd, name: string): void {
    if (endless !== undefined)
      this.#add("not-a-line", "a line is longer than any line may be", { file: name, offset: endless });
    if (unfinished > 0)
      this.#tally.unfinished.push({ file: name, offset: bytes - unfinished, bytes: unfinished });
  }

  /** A line that the journal still holds for its file; `lost` when the file had it already. */
  journalled(line: JournalledLine, lost = false): void {
    if (line.sequence <= (this.#sequence ?? 0)) return;
    const text = journalledText(line);
    const where = { file: line.journal.name, offset: line.offset };
    this.#line({ text, leaf: hash("sha256", `\0${text}`), day: undefined }, where);
    if (!lost) return;
    const message = "the file has lost this line; the journal still holds it";
    this.#add("journal", message, { ...where, sequence: line.sequence, position: line.position });
  }

  #line({ text, leaf, day }: FoundText, where: Where): void {
    const fields = fieldsOf(text);
    if (fields === undefined) {
      this.#add("not-a-line", "the line is not an event", where);
      this.#broken = true;
      return;
    }
    this.#place(fields, where, day);
    this.#chain(fields, where);
    this.#tally.note(fields, leaf, { ...this.#labels(fields), ...where });
    this.#seen(fields, { stream: this.#stream, file: where.file });
    this.#leaf = leaf;
    this.#sequence = fields.event_sequence;
    this.#position = fields.position;
    this.#last = where;
    this.#broken = false;
  }

  #place(fields: LineFields, where: Where, day: string | undefined): void {
    const labels = this.#labels(fields);
    const said = fields.issue_key ?? GLOBAL;
    if (said !== this.#stream)
      this.#add("wrong-stream", `the line belongs to ${said}`, { ...where, ...labels });
    if (day !== undefined && !fields.recorded_at.startsWith(day))
      this.#add("wrong-day", `recorded at ${fields.recorded_at}, but it lies under ${day}`, {
        ...where,
        ...labels,
      });
    const expected = this.#sequence === undefined ? fields.event_sequence : this.#sequence + 1;
    if (fields.event_sequence !== expected && !this.#broken) {
      const gap = fields.event_sequence > expected;
      const missing = gap
        ? `events ${expected} to ${fields.event_sequence - 1} are missing before it`
        : `event ${expected} belongs here`;
      this.#add("sequence", `the line is event ${fields.event_sequence}: ${missing}`, {
        ...where,
        ...labels,
      });
    }
    if (fields.position <= this.#position)
      this.#add("position", `position ${fields.position} does not follow ${this.#position}`, {
        ...where,
        ...labels,
      });
  }

  /** A broken link means that the line before is not the one that was recorded, or that this one is not. */
  #chain(fields: LineFields, where: Where): void {
    if (this.#leaf === undefined || fields.prev_hash === this.#leaf || this.#broken) return;
    const before = this.#last;
    const first =
      before === undefined
        ? "it does not begin this stream of this store"
        : "one of the two is not what was recorded";
    const named =
      before === undefined
        ? ""
        : ` the line before it (${before.file}${before.line === undefined ? "" : `, line ${before.line}`});`;
    this.#add("chain", `the line is not chained to${named} ${first}`, { ...where, ...this.#labels(fields) });
  }

  #labels({ event_id, event_sequence, position }: LineFields): Partial<Finding> {
    return { event_id, sequence: event_sequence, position };
  }

  #add(code: FindingCode, message: string, where: Partial<Finding>): void {
    this.#findings.add({ code, message, stream: this.#stream, ...where });
  }
}

function fieldsOf(text: string): LineFields | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return isEvent(value) ? value : undefined;
}

function isEvent(value: unknown): value is LineFields {
  if (typeof value !== "object" || value === null) return false;
  const { event_id, event_type, event_sequence, recorded_at, position, prev_hash, metadata } =
    value as Record<string, unknown>;
  return (
    typeof event_id === "string" &&
    typeof event_type === "string" &&
    Number.isSafeInteger(event_sequence) &&
    typeof recorded_at === "string" &&
    Number.isSafeInteger(position) &&
    (position as number) > 0 &&
    typeof prev_hash === "string" &&
    typeof metadata === "object" &&
    metadata !== null
  );
}
