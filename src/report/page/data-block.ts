import type { ReportEvent } from "../audit-report.ts";

/** Up to so much text is put down as it is, so that people can read it too. */
const PLAIN_MAX = 200_000;
/** Base64 takes three bytes at a time. */
const BASE64_UNIT = 3 * 8_192;

/**
 * The events of a report as text that no browser runs: a JSON array with, in turn, an event's line as it is stored and
 * `[text, tone, late]`, each on a line of its own. Small ones as JSON, `<` written as \u003c; large ones compressed.
 */
export class DataBlock {
  readonly #pieces: string[] = [];
  #length = 0;
  #events = 0;
  #packer: Packer | undefined;

  /** Takes an event; waits until it is taken in. */
  async add({ line, text, tone, late }: ReportEvent): Promise<void> {
    const piece = `${line},\n${JSON.stringify([text, tone, late ? 1 : 0])},\n`;
    this.#events++;
    if (this.#packer !== undefined) return this.#packer.add(piece);
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#length <= PLAIN_MAX) return;
    this.#packer = new Packer();
    await this.#packer.add(`[\n${this.#pieces.join("")}`);
    this.#pieces.length = 0;
  }

  /** The element that holds them. */
  async *pieces(): AsyncGenerator<string, void, undefined> {
    const events = `data-events="${this.#events}"`;
    if (this.#packer === undefined) {
      const json = `[\n${this.#pieces.join("")}null]`.replaceAll("<", "\\u003c");
      yield `<script type="application/json" id="eso-data" ${events}>${json}</script>\n`;
      return;
    }
    yield `<script type="application/octet-stream" id="eso-data" data-encoding="gzip-base64" ${events}>`;
    yield* await this.#packer.finish("null]");
    yield "</script>\n";
  }
}

/** Compresses text as it comes, and keeps only what comes out. */
class Packer {
  readonly #stream = new CompressionStream("gzip");
  readonly #writer = this.#stream.writable.getWriter();
  readonly #encoder = new TextEncoder();
  readonly #packed: Promise<string[]>;

  constructor() {
    this.#packed = packed(this.#stream.readable);
  }

  async add(text: string): Promise<void> {
    await this.#writer.ready;
    await this.#writer.write(this.#encoder.encode(text));
  }

  async finish(text: string): Promise<readonly string[]> {
    await this.add(text);
    await this.#writer.close();
    return this.#packed;
  }
}

async function packed(readable: ReadableStream<Uint8Array>): Promise<string[]> {
  const texts: string[] = [];
  let rest = new Uint8Array(0);
  for await (const chunk of readable) {
    const bytes = new Uint8Array(rest.length + chunk.length);
    bytes.set(rest);
    bytes.set(chunk, rest.length);
    const whole = bytes.length - (bytes.length % BASE64_UNIT);
    for (let at = 0; at < whole; at += BASE64_UNIT) texts.push(base64(bytes.subarray(at, at + BASE64_UNIT)));
    rest = bytes.slice(whole);
  }
  texts.push(base64(rest));
  return texts;
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
