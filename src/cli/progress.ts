import { escaped } from "./text.ts";

const FIRST_MS = 400;
const EVERY_MS = 100;
const ERASE_LINE = "\r\u001b[2K";

/** Where progress is shown. */
interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string, done: () => void): boolean;
}

/** What long work is about. */
export interface ProgressOptions {
  /** What is being done: `verifying`. */
  readonly label: string;
  /** What is counted: `events`. */
  readonly unit: string;
  /** How many there will be, when that is known. */
  readonly total?: number;
  /** Milliseconds; default the process's clock. */
  readonly clock?: () => number;
}

/**
 * Count, rate and time left on a terminal's last line, for work that takes longer than 0.4 s; at most ten
 * times a second. Silent where nobody looks. Made by `Output.progress`.
 */
export class Progress {
  readonly #stream: ProgressStream;
  readonly #options: ProgressOptions;
  readonly #clock: () => number;
  readonly #began: number;
  #drawn = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(stream: ProgressStream, options: ProgressOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    this.#began = this.#clock();
  }

  /** Counts what was done since the last call. */
  add(count: number): void {
    this.#count += count;
    if (this.#stream.isTTY !== true) return;
    const now = this.#clock();
    if (now - this.#began < FIRST_MS || now - this.#drawn < EVERY_MS) return;
    this.#drawn = now;
    this.#write(ERASE_LINE + progressLine(this.#count, now - this.#began, this.#options));
  }

  /** Takes the line away. */
  [Symbol.dispose](): void {
    if (this.#drawn !== Number.NEGATIVE_INFINITY) this.#write(ERASE_LINE);
    this.#drawn = Number.NEGATIVE_INFINITY;
  }

  #write(text: string): void {
    this.#stream.write(text, () => undefined);
  }
}

/** `verifying 412,000/1,873,000 events  22%  38,000/s  40 s left`. */
export function progressLine(count: number, elapsed_ms: number, options: ProgressOptions): string {
  const { label, unit, total } = options;
  const perSecond = (count * 1000) / Math.max(1, elapsed_ms);
  const counted = `${escaped(label)} ${grouped(count)}${total === undefined ? "" : `/${grouped(total)}`} ${unit}`;
  const rate = `${grouped(perSecond < 10 ? Math.round(perSecond * 10) / 10 : Math.round(perSecond))}/s`;
  if (total === undefined || total <= 0 || count <= 0) return `${counted}  ${rate}`;
  const left_s = Math.max(0, Math.ceil((total - count) / perSecond));
  return `${counted}  ${Math.min(100, Math.floor((count / total) * 100))}%  ${rate}  ${left_s} s left`;
}

/** A number with separators, the same everywhere: `1,873,000`. */
export function grouped(value: number): string {
  const [whole = "", fraction] = String(value).split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (fraction === undefined ? "" : `.${fraction}`);
}
