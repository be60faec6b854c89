import { hasColour, type ColourEnvironment, type Paint, painter } from "./colour.ts";
import { Progress, type ProgressOptions } from "./progress.ts";
import { escapedJson, printable, type Text } from "./text.ts";

const BUFFER_CHARACTERS = 65_536;
const COLUMNS_DEFAULT = 80;
const COLUMNS_MIN = 40;
const CLOSED = new Set(["EPIPE", "ERR_STREAM_DESTROYED", "ERR_STREAM_WRITE_AFTER_END", "ECONNRESET"]);

/** The reader of our output went away, as `head` does; the command stops, and that is a success. */
export class ClosedPipe extends Error {}

/** A stream as `process.stdout` and `process.stderr` are. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string, done: (error?: Error | null) => void): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/**
 * One of the two standard streams. Whatever is printed is escaped unless it is `SafeText`; every call waits
 * until the reader keeps up.
 */
export class Output {
  /** Somebody is looking: tables are aligned, times are local. */
  readonly terminal: boolean;
  /** Styles text where colour is wanted. */
  readonly paint: Paint;
  readonly #stream: OutputStream;
  #buffer = "";

  constructor(stream: OutputStream, env: ColourEnvironment) {
    this.#stream = stream;
    this.terminal = stream.isTTY === true;
    this.paint = painter(hasColour(stream, env));
    // The write's callback gets the same error; without a listener the process would end.
    stream.on("error", () => undefined);
  }

  /** Columns to fill on a terminal; without one, lines are as long as they are. */
  get columns(): number {
    if (!this.terminal) return Number.POSITIVE_INFINITY;
    return Math.max(COLUMNS_MIN, this.#stream.columns || COLUMNS_DEFAULT);
  }

  /** Prints one line. */
  async line(text: Text = ""): Promise<void> {
    await this.raw(`${printable(text)}\n`);
  }

  /** Prints lines. */
  async lines(texts: Iterable<Text>): Promise<void> {
    for (const text of texts) await this.line(text);
  }

  /** Prints one JSON document. */
  async json(value: unknown): Promise<void> {
    await this.#jsonText(JSON.stringify(value, undefined, 2));
  }

  /** Prints a JSON value on a line of its own. */
  async jsonLine(value: unknown): Promise<void> {
    await this.#jsonText(JSON.stringify(value));
  }

  #jsonText(json: string): Promise<void> {
    return this.raw(`${this.terminal ? escapedJson(json) : json}\n`);
  }

  /** Prints text that is known to be harmless, such as a generated script. */
  async raw(text: string): Promise<void> {
    this.#buffer += text;
    if (this.terminal || this.#buffer.length >= BUFFER_CHARACTERS) await this.flush();
  }

  /**
   * Shows how long work gets on; silent without a terminal. For stderr.
   *
   * @example
   * ```ts
   * using progress = err.progress({ label: "importing", unit: "commits", total: 412 });
   * progress.add(1);
   * ```
   */
  progress(options: ProgressOptions): Progress {
    return new Progress(this.#stream, options);
  }

  /**
   * Hands everything to the reader and waits until it was taken.
   * @throws ClosedPipe when nobody reads any more.
   */
  async flush(): Promise<void> {
    if (this.#buffer === "") return;
    const text = this.#buffer;
    this.#buffer = "";
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(text, (error) => {
        if (error === undefined || error === null) resolve();
        else reject("code" in error && CLOSED.has(String(error.code)) ? new ClosedPipe() : error);
      });
    });
  }
}
