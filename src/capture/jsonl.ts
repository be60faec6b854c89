import { createReadStream } from "node:fs";
import { type EventInput, STORE_FIELDS } from "../event/envelope.ts";
import { ConfigError, NotFoundError, ValidationError } from "../errors.ts";
import { errorCode } from "./error-code.ts";

/** One line of a JSONL file, its line end not counted. */
export interface JsonlLine {
  /** Counts from 1, blank lines included. */
  readonly lineNumber: number;
  readonly text: string;
}

export interface JsonlOptions {
  /** What errors call the source; default its path, else `input`. */
  readonly name?: string;
  readonly signal?: AbortSignal;
}

/** Far above any event; a file without line ends must not fill the memory. */
export const MAX_JSONL_LINE_BYTES = 1_048_576;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * The lines of a JSONL file or stream, read as they come in bounded memory. LF and CRLF end a line, blank lines
 * are skipped, and the last line needs no end.
 *
 * @throws ValidationError naming `file:line` for a line over 1 MiB, a byte order mark, or bytes that are not UTF-8.
 * @throws NotFoundError when the path leads to no file.
 * @example
 * for await (const { lineNumber, text } of readJsonlEvents("events.jsonl")) console.log(lineNumber, JSON.parse(text));
 */
export async function* readJsonlEvents(
  source: string | AsyncIterable<Uint8Array>,
  options: JsonlOptions = {},
): AsyncGenerator<JsonlLine, void> {
  const lines = new LineSplitter(options.name ?? (typeof source === "string" ? source : "input"));
  const chunks = typeof source === "string" ? fileChunks(source) : source;
  for await (const chunk of chunks) {
    options.signal?.throwIfAborted();
    yield* lines.push(chunk);
  }
  yield* lines.finish();
}

async function* fileChunks(path: string): AsyncGenerator<Uint8Array, void> {
  try {
    const bytes: AsyncIterable<Buffer> = createReadStream(path);
    yield* bytes;
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new NotFoundError("ESO_NOT_FOUND", `There is no file ${path}`, {
        details: { what: path },
        cause: error,
      });
    }
    const reason = code === "EISDIR" ? "it is a folder" : String(error);
    const message = `${path} cannot be read: ${reason}`;
    throw new ConfigError("ESO_INVALID_CONFIG", message, { details: { path }, cause: error });
  }
}

class LineSplitter {
  readonly #name: string;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #pieces: Uint8Array[] = [];
  #size = 0;
  #line = 1;
  #offset = 0;

  constructor(name: string) {
    this.#name = name;
  }

  *push(chunk: Uint8Array): Generator<JsonlLine, void> {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      this.#keep(chunk.subarray(start, end));
      yield* this.#take();
      this.#offset += 1;
      start = end + 1;
    }
    // A copy, since a stream may use its buffer again; Buffer's own slice() would not copy.
    this.#keep(new Uint8Array(chunk.subarray(start)));
  }

  *finish(): Generator<JsonlLine, void> {
    if (this.#size > 0) yield* this.#take();
  }

  #keep(piece: Uint8Array): void {
    if (this.#size + piece.length > MAX_JSONL_LINE_BYTES) {
      throw this.#problem(`the line is longer than ${MAX_JSONL_LINE_BYTES} bytes`);
    }
    if (piece.length > 0) this.#pieces.push(piece);
    this.#size += piece.length;
  }

  *#take(): Generator<JsonlLine, void> {
    const text = this.#text(this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces));
    const lineNumber = this.#line;
    this.#pieces = [];
    this.#offset += this.#size;
    this.#size = 0;
    this.#line += 1;
    if (text.trim() !== "") yield { lineNumber, text };
  }

  #text(bytes: Uint8Array): string {
    if (this.#line === 1 && isMarked(bytes)) {
      throw this.#problem("the file begins with a byte order mark; save it as UTF-8 without one");
    }
    try {
      return this.#decoder.decode(bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes);
    } catch {
      throw this.#problem("the line is not UTF-8");
    }
  }

  #problem(message: string): ValidationError {
    const where = `${this.#name}:${this.#line} (byte ${this.#offset})`;
    return new ValidationError("ESO_INVALID_EVENT", `${where}: ${message}`, {
      details: { issues: [{ path: "$", message }] },
    });
  }
}

/** UTF-8's byte order mark, or that of UTF-16, which no line end can be found in. */
function isMarked(bytes: Uint8Array): boolean {
  const [first, second, third] = bytes;
  if (first === 0xef) return second === 0xbb && third === 0xbf;
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

/** A line of an export: an event with what the store set, read from JSON. */
export type ExportedEvent = EventInput & { readonly [F in (typeof STORE_FIELDS)[number]]?: unknown };

/**
 * What a caller would have given to log a stored event: the line without what only the store sets. `event_id` and
 * times stay, so that importing an export twice is one import.
 *
 * @example
 * const input = toInput(JSON.parse(line));
 */
export function toInput(event: ExportedEvent): EventInput {
  const input: { -readonly [F in keyof ExportedEvent]: ExportedEvent[F] } = { ...event };
  for (const field of STORE_FIELDS) delete input[field];
  return input;
}
