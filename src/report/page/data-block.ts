import { once } from "node:events";
import { createGzip } from "node:zlib";

import type { ReportEvent } from "../audit-report.ts";

/** Up to so much text is put down as it is, so that people can read it too. */
const PLAIN_MAX = 200_000;
const PLAIN_EVENTS_MAX = 300;
const CHAINED = '"prev_hash":"~"';

/**
 * The events of a report as text that no browser runs: a JSON array with, in turn, an event's line as it is stored and
 * `[text, tone, late]`, each on a line of its own. Small ones as JSON, `<` written as \u003c; large ones compressed, and
 * with `"prev_hash":"~"` where it is the hash of the line before it in its stream: hashes do not compress, and this one
 * can be computed from what is there.
 */
export class DataBlock {
  readonly #pieces: string[] = [];
  #length = 0;
  #events = 0;
  #packer: Packer | undefined;
  readonly #large: boolean;

  /** For so many events. */
  constructor(events: number) {
    this.#large = events > PLAIN_EVENTS_MAX;
  }

  /** Takes an event; waits until it is taken in. */
  async add({ line, text, tone, late, chained, event }: ReportEvent): Promise<void> {
    const stored = this.#large && chained ? line.replace(`"prev_hash":"${event.prev_hash}"`, CHAINED) : line;
    const piece = `${stored},\n${JSON.stringify([text, tone, late ? 1 : 0])},\n`;
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
  readonly #gzip = createGzip({ level: 9 });
  readonly #packed = packed(this.#gzip);

  async add(text: string): Promise<void> {
    if (!this.#gzip.write(text)) await once(this.#gzip, "drain");
  }

  async finish(text: string): Promise<readonly string[]> {
    this.#gzip.end(text);
    return this.#packed;
  }
}

async function packed(chunks: AsyncIterable<Buffer>): Promise<string[]> {
  const texts: string[] = [];
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk]);
    // Three bytes are four characters; what is left waits for more.
    const whole = bytes.length - (bytes.length % 3);
    texts.push(bytes.toString("base64", 0, whole));
    rest = bytes.subarray(whole);
  }
  texts.push(rest.toString("base64"));
  return texts;
}
